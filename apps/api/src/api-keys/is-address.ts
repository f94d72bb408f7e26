import { isIP, ValidateBy } from 'class-validator';

/** An IPv4 or IPv6 address. One with a zone (RFC 4007 §11) means something on one machine only, and is none here. */
export function IsAddress(): PropertyDecorator {
  return ValidateBy({
    name: 'isAddress',
    validator: {
      validate: (value: unknown) => isIP(value) && !String(value).includes('%'),
      defaultMessage: () => '$property must be an IPv4 or IPv6 address',
    },
  });
}
