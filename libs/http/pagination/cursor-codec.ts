import { createHmac, timingSafeEqual } from 'node:crypto';

import { DomainError } from '../domain-error.js';

/** A value of a sort column as a cursor carries it: text, number, boolean; times as RFC 3339 with milliseconds. */
export type CursorValue = string | number | boolean;

/** HMAC-SHA-256 cut to its left half, the least that RFC 2104 §5 allows. */
const tagBytes = 16;
const keyBytes = 32;

/** Names the format in the signed text, so that a later format cannot be taken for this one. */
const format = 'credvault.cursor.v1';

/**
 * Makes and reads cursors: the sort values of the last row of a page, as base64url of a 16-byte tag and a JSON array.
 * The tag covers the list and its sorting too, so a cursor works nowhere else. The values are signed, not hidden:
 * sort only by what the reader of the list sees.
 */
export class CursorCodec {
  /** @param key 32 random bytes, the same for every process. */
  constructor(private readonly key: Buffer) {
    if (key.length !== keyBytes) throw new Error(`A cursor key has ${keyBytes} bytes, not ${key.length}.`);
  }

  /**
   * @param list names the list and its parent (`secrets:<vault id>`)
   * @param sortSpec names the columns and directions, as `sortSpec()` writes them
   */
  encode(list: string, sortSpec: string, values: CursorValue[]): string {
    const payload = Buffer.from(JSON.stringify(values));
    return Buffer.concat([this.tag(list, sortSpec, payload), payload]).toString('base64url');
  }

  /** Gives the values back; throws BAD_REQUEST for a cursor that was changed, or made for another list or sorting. */
  decode(list: string, sortSpec: string, cursor: string): CursorValue[] {
    const bytes = Buffer.from(cursor, 'base64url');
    const tag = bytes.subarray(0, tagBytes);
    const payload = bytes.subarray(tagBytes);
    const isOurs = tag.length === tagBytes && timingSafeEqual(tag, this.tag(list, sortSpec, payload));
    if (!isOurs || bytes.toString('base64url') !== cursor) throw invalidCursor();
    return JSON.parse(payload.toString()) as CursorValue[];
  }

  private tag(list: string, sortSpec: string, payload: Buffer): Buffer {
    const place = JSON.stringify([format, list, sortSpec]);
    const hmac = createHmac('sha256', this.key).update(place).update('\0').update(payload);
    return hmac.digest().subarray(0, tagBytes);
  }
}

function invalidCursor(): DomainError {
  const message = 'must be the nextCursor of this list, with the same sort';
  return new DomainError('BAD_REQUEST', 'The cursor is not valid for this list.', {
    details: [{ path: 'cursor', code: 'invalidCursor', message }],
  });
}
