import { ValidateIf } from 'class-validator';

/**
 * The property may be left out, but not be null. (class-validator's `IsOptional` lets null pass every other check, and null
 * then reaches a column that must not hold it.)
 */
export function MayBeAbsent(): PropertyDecorator {
  return ValidateIf((_object: object, value: unknown) => value !== undefined);
}
