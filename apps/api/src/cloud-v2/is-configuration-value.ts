import { ValidateBy } from 'class-validator';

/** Largest value, in bytes of its JSON. */
export const valueBytes = 8192;

/** Any JSON value that is not too large. */
export function IsConfigurationValue(): PropertyDecorator {
  return ValidateBy({
    name: 'isConfigurationValue',
    validator: {
      validate: (value: unknown) =>
        value !== undefined && Buffer.byteLength(JSON.stringify(value)) <= valueBytes,
      defaultMessage: () => `$property must be at most ${valueBytes} bytes of JSON`,
    },
  });
}
