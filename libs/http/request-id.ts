import { randomFillSync } from 'node:crypto';

/** The header that carries the request id on every answer. What a client sends under this name is ignored. */
export const requestIdHeader = 'x-request-id';

/** Crockford's base32, as TypeIDs use it: no letter that is taken for a digit. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** The form of a TypeID: 26 digits, the first of 3 bits and the others of 5, so 128 random bits. */
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
  const bytes = pool.subarray(used, used + digits);
  used += digits;
  let id = `req_${alphabet.charAt((bytes[0] ?? 0) & 7)}`;
  for (let index = 1; index < digits; index++) id += alphabet.charAt((bytes[index] ?? 0) & 31);
  return id;
}
