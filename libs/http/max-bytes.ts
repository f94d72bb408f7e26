import { ValidateBy, type ValidationOptions } from 'class-validator';

/** A text of at most so many bytes of UTF-8: what is bounded is what is stored. */
export function MaxBytes(most: number, options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'maxBytes',
      validator: {
        validate: (value: unknown) => typeof value === 'string' && Buffer.byteLength(value) <= most,
        defaultMessage: () => `$property must have at most ${most} bytes of UTF-8`,
      },
    },
    options,
  );
}
