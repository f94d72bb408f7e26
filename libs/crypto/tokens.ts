import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/*
 * Every token has one form: `<prefix><43 base62 digits><6 base62 digits>`.
 * The 43 digits are 256 random bits (62^43 > 2^256), the 6 digits the CRC-32 of all that stands before them
 * (62^6 > 2^32). The prefix says what the token is, also to scanners that look for leaked credentials. The CRC lets
 * garbage be refused without a lookup; it proves nothing.
 */

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_BYTES = 32;
const RANDOM_DIGITS = 43;
const CHECK_DIGITS = 6;
const HINT_DIGITS = 4;

/**
 * What a token is: `ck_live_` personal API token, `cv_` API key, `cvs_` session, `cvr_` session refresh, `cvsetup_` for
 * the first account, `cvinv_` invitation, `cvreset_` password reset, `cvemail_` change of e-mail address, `cvmfa_` a sign-in
 * that waits for its second factor, `cvsso_` one that waits for the provider of an organization.
 */
export type TokenPrefix = (typeof PREFIXES)[number];

const PREFIXES = [
  'ck_live_',
  'cv_',
  'cvs_',
  'cvr_',
  'cvsetup_',
  'cvinv_',
  'cvreset_',
  'cvemail_',
  'cvmfa_',
  'cvsso_',
] as const;

/** No digit is an underscore and every prefix ends in one, so a text fits one prefix at most. */
const TOKEN = new RegExp(
  `^(${PREFIXES.join('|')})([0-9A-Za-z]{${RANDOM_DIGITS}})([0-9A-Za-z]{${CHECK_DIGITS}})$`,
);
/** A token anywhere in a text. */
const ANY_TOKEN = new RegExp(`(?:${PREFIXES.join('|')})[0-9A-Za-z]{${RANDOM_DIGITS + CHECK_DIGITS}}`, 'g');
const LONGEST_TOKEN = Math.max(...PREFIXES.map(({ length }) => length)) + RANDOM_DIGITS + CHECK_DIGITS;

/** A text that has the form of a token; whether it is anyone's is for the lookup to say. */
export interface ParsedToken {
  prefix: TokenPrefix;
  token: string;
}

/** A new token with 256 bits of the operating system's randomness. It is shown once and stored only as a digest. */
export function mintToken(prefix: TokenPrefix): string {
  const random = BigInt(`0x${randomBytes(RANDOM_BYTES).toString('hex')}`);
  const body = prefix + base62(random, RANDOM_DIGITS);
  return body + checkDigits(body);
}

/** The token in a text, or null where prefix, length, alphabet or check digits are not a token's. Never throws. */
export function parseToken(text: string): ParsedToken | null {
  if (text.length > LONGEST_TOKEN) return null;
  const [, foundPrefix, random, check] = TOKEN.exec(text) ?? [];
  const prefix = PREFIXES.find((known) => known === foundPrefix);
  if (!prefix || random === undefined || checkDigits(prefix + random) !== check) return null;
  return { prefix, token: text };
}

/**
 * What may be stored and shown to tell one token from another: its prefix and the first 4 of its 43 random digits, which
 * leaves an attacker 232 of the 256 bits to guess. Throws TypeError when the text is not a token.
 */
export function tokenHint(token: string): string {
  const parsed = parseToken(token);
  if (!parsed) throw new TypeError('not a token');
  return token.slice(0, parsed.prefix.length + HINT_DIGITS);
}

/** A text with every token in it cut out. */
export function withoutTokens(text: string): string {
  return text.replace(ANY_TOKEN, '[token]');
}

function checkDigits(body: string): string {
  return base62(BigInt(crc32(body)), CHECK_DIGITS);
}

/** A number below 62^width in exactly `width` digits, so that all tokens of a kind are equally long. */
function base62(value: bigint, width: number): string {
  let digits = '';
  for (let rest = value; digits.length < width; rest /= 62n)
    digits = DIGITS.charAt(Number(rest % 62n)) + digits;
  return digits;
}
