import { randomFillSync } from 'node:crypto';

/** The header that carries the request id on every answer. What a client sends under this name is ignored. */
export const requestIdHeader = 'x-request-id';

/** Crockford's base32, as TypeIDs use it: no letter that is taken for a digit. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** 26 digits of 5 bits: 130 random bits, so an id is neither guessed nor met twice. */
const digits = 26;

/** Random bytes are drawn for many ids at once, because one draw costs as much as ten ids. */
const pool = Buffer.alloc(digits * 128);
let used = pool.length;

/** A new request id, such as `req_7zq4m0xk...`; clients cannot choose it. */
export function genReqId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  let id = 'req_';
  for (const byte of pool.subarray(used, used + digits)) id += alphabet.charAt(byte & 31);
  used += digits;
  return id;
}
