/** The longest secret key, in Unicode characters (code points, as PostgreSQL and JSON Schema count them). */
export const SECRET_KEY_MAX_LENGTH = 255;

/** What a secret key may be, for error messages and the API document. */
export const SECRET_KEY_DESCRIPTION =
  `1 to ${SECRET_KEY_MAX_LENGTH} characters, without control characters or line separators, ` +
  'and without white space at either end';

/** Cc: control characters, Zl and Zp: line and paragraph separators, Cs: halves of a broken surrogate pair. */
const SECRET_KEY = new RegExp(
  `^(?!\\s)[^\\p{Cc}\\p{Zl}\\p{Zp}\\p{Cs}]{1,${SECRET_KEY_MAX_LENGTH}}(?<!\\s)$`,
  'u',
);

/** Whether a string may name a secret (see {@link SECRET_KEY_DESCRIPTION}). */
export function isSecretKey(key: unknown): key is string {
  return typeof key === 'string' && SECRET_KEY.test(key);
}
