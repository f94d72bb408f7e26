import { Transform } from 'class-transformer';
import { ValidateBy, type ValidationOptions } from 'class-validator';

import { parseRfc3339 } from './rfc3339.js';

/** Digits as JSON writes an integer, at most 15 of them, so that every one is exact in a double. */
const integer = /^-?(?:0|[1-9]\d{0,14})$/;

/**
 * Reads a query parameter as an integer, only as JSON would write it: `1e3`, `0x10`, `+1` and nothing at all stay
 * text, which `@IsInt()` then refuses.
 */
export function QueryInteger(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && integer.test(value) ? Number(value) : value,
  );
}

/** Reads a query parameter as a boolean: `true` or `false`, nothing else; `@IsBoolean()` refuses the rest. */
export function QueryBoolean(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => {
    if (value === 'true') return true;
    return value === 'false' ? false : value;
  });
}

/** Reads an RFC 3339 date-time with offset into a `Date`, and refuses everything else. */
export function Rfc3339Time(options?: ValidationOptions): PropertyDecorator {
  const transform = Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? (parseRfc3339(value) ?? value) : value,
  );
  const validate = ValidateBy(
    {
      name: 'isRfc3339Time',
      validator: {
        validate: (value: unknown) => value instanceof Date && !Number.isNaN(value.getTime()),
        defaultMessage: () =>
          '$property must be a date-time with offset, such as 2025-06-11T09:15:00Z (RFC 3339)',
      },
    },
    options,
  );
  return (target, property) => {
    transform(target, property);
    validate(target, property);
  };
}
