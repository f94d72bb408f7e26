import { randomBytes } from 'node:crypto';

/** How many codes a person gets at a time. */
const count = 10;
/** 16 digits of 5 bits each: 80 bits, beyond guessing even where nothing limited it. */
const digits = 16;
const group = /.{4}(?=.)/g;
/** Crockford's base32: without letters that are taken for others. 32 divides 256, so every digit is as likely. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** New recovery codes such as `7kq2-m9xa-0vtr-c4de`. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: count }, () => newDigits().replace(group, '$&-'));
}

/** A recovery code without what people add and mistake when they copy one: hyphens, blanks, capitals, o, i and l. */
export function plainRecoveryCode(text: string): string {
  return text.toLowerCase().replace(/[-\s]/g, '').replace(/o/g, '0').replace(/[il]/g, '1');
}

function newDigits(): string {
  return Array.from(randomBytes(digits), (byte) => alphabet.charAt(byte % alphabet.length)).join('');
}
