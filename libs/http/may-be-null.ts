import { ValidateIf } from 'class-validator';

/** The property may be left out, which leaves things as they are, or be null, which takes a bound away. */
export function MayBeNull(): PropertyDecorator {
  return ValidateIf((_object: object, value: unknown) => value !== undefined && value !== null);
}
