import { ValidateBy, type ValidationOptions, buildMessage } from 'class-validator';
import { isSecretKey, SECRET_KEY_DESCRIPTION } from './secret-key.js';

/** Demands that a DTO property is a name that a secret may have. */
export function IsSecretKey(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isSecretKey',
      validator: {
        validate: isSecretKey,
        defaultMessage: buildMessage((each) => `${each}$property must be ${SECRET_KEY_DESCRIPTION}`, options),
      },
    },
    options,
  );
}
