import { SecretVersionNotFound } from './secrets.errors.js';

/** Largest `integer` of PostgreSQL. */
const largest = 2_147_483_647;

/**
 * The version that the text in a path names. It is no pipe: the pipe of all parameters, which comes before, would turn a
 * parameter declared as a number into one, and `01` and `1.0` would name version 1.
 *
 * @throws SecretVersionNotFound when the text is no number as `String(number)` writes it
 */
export function versionNumber(text: string): number {
  const version = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : NaN;
  if (!(version <= largest)) throw new SecretVersionNotFound();
  return version;
}
