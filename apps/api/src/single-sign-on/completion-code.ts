import { randomBytes } from 'node:crypto';

/** Digits of Crockford's base32 without those that look alike: what people read from one screen and type at another. */
const digits = '0123456789abcdefghjkmnpqrstvwxyz';
const length = 8;

/** A code of 40 random bits, as people see it: `k3f9-2mzq`. Five tries find it once in 200 billion sign-ins. */
export function newCompletionCode(): string {
  const code = [...randomBytes(length)].map((byte) => digits.charAt(byte & 31)).join('');
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}

/** A code as it was typed, in the one spelling that is compared. */
export function spelledCode(typed: string): string {
  return typed.toLowerCase().replace(/[\s-]/g, '').replace(/o/g, '0').replace(/[il]/g, '1');
}
