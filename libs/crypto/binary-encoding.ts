const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const UINT32_MAX = 0xffff_ffff;

/**
 * The 16 bytes of a uuid in its text form (RFC 9562, section 4), so that upper and lower case are the same identity.
 * Throws TypeError for anything else.
 */
export function uuidBytes(uuid: string): Buffer {
  if (!UUID.test(uuid)) throw new TypeError('not a uuid');
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

/** Four bytes, big-endian. Throws RangeError unless the number is a whole one in 0 to 2^32 - 1. */
export function uint32(value: number): Buffer {
  if (!Number.isInteger(value) || value < 0 || value > UINT32_MAX) throw new RangeError('not a uint32');
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A uint32 length in bytes, then the bytes (of a string: its UTF-8): neighbouring fields cannot run into each other. */
export function lengthPrefixed(part: string | Uint8Array): Buffer {
  const bytes = typeof part === 'string' ? Buffer.from(part, 'utf8') : part;
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** One byte 0 for null or undefined; otherwise one byte 1, then the encoded value. */
export function optional<Value>(value: Value | null | undefined, encode: (value: Value) => Buffer): Buffer {
  if (value === null || value === undefined) return Buffer.of(0);
  return Buffer.concat([Buffer.of(1), encode(value)]);
}
