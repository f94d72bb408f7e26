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

/** A telephone number as people write it: digits, with a plus at the start and separators between them. */
export const phonePattern = /^\+?[0-9][0-9 ()./-]*$/;

/** Two capital letters; which of them name a country, ISO 3166-1 says. */
export const countryPattern = /^[A-Z]{2}$/;

/** The kind of a tax number in the spelling of billing services, such as `eu_vat`. */
export const taxIdTypePattern = /^[a-z][a-z0-9_]*$/;
