import { applyDecorators } from '@nestjs/common';
import { IsISO31661Alpha2, IsString, Matches } from 'class-validator';

/** Bounds of what stands on a bill, in characters. */
export const customerBounds = {
  name: 200,
  /** RFC 5321 §4.5.3.1.3: a path has 256 octets, two of which are its angle brackets. */
  email: 254,
  /** E.164 has 15 digits; the rest is for how people write them. */
  phone: 40,
  city: 200,
  line: 200,
  postalCode: 20,
  taxId: 50,
  taxIdType: 32,
} as const;

// What both APIs check alike. `@Length` stands beside each of them, because the API document reads it at the property.

/** A telephone number as people write it: digits, with a plus at the start and separators between them. */
export function IsPhone(): PropertyDecorator {
  return applyDecorators(IsString(), Matches(/^\+?[0-9][0-9 ()./-]*$/));
}

/** Two capital letters that name a country (ISO 3166-1 alpha-2). */
export function IsCountry(): PropertyDecorator {
  const message = '$property must be a country of ISO 3166-1 alpha-2';
  return applyDecorators(IsString(), Matches(/^[A-Z]{2}$/), IsISO31661Alpha2({ message }));
}

/** The kind of a tax number in the spelling of billing services, such as `eu_vat`. */
export function IsTaxIdType(): PropertyDecorator {
  return applyDecorators(IsString(), Matches(/^[a-z][a-z0-9_]*$/));
}
