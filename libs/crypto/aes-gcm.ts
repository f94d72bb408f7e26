import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';

/** Bytes of an AES-256 key. */
export const KEY_BYTES = 32;

/** Bytes of an IV: 96 bits, the length NIST SP 800-38D recommends (section 5.2.1.1). */
const IV_BYTES = 12;

/**
 * Bytes of an authentication tag: the full 128 bits, named in every call. Without `authTagLength`, Node accepts tags as
 * short as 4 bytes on decryption, which an attacker who writes to the database could forge.
 */
const TAG_BYTES = 16;

/** Bytes that `encrypt` adds to a plaintext. */
export const OVERHEAD_BYTES = IV_BYTES + TAG_BYTES;

/**
 * A ciphertext did not open: it was damaged, moved from its place, made with another key or in an unknown format. The
 * message tells which kind of refusal it was and never holds a key, a plaintext or a ciphertext.
 */
export class DecryptionError extends Error {
  override readonly name = 'DecryptionError';
}

/**
 * AES-256-GCM with a random IV (NIST SP 800-38D, section 8.2.2): `12-byte IV | ciphertext | 16-byte tag`.
 * Throws RangeError when the key is not 32 bytes.
 */
export function encrypt(key: Buffer, additionalData: Buffer, plaintext: Buffer): Buffer {
  assertKey(key);
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES }).setAAD(additionalData);
  return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/**
 * The plaintext of what `encrypt` made with the same key and additional data. Throws DecryptionError for anything else,
 * RangeError when the key is not 32 bytes.
 */
export function decrypt(key: Buffer, additionalData: Buffer, encrypted: Buffer): Buffer {
  assertKey(key);
  if (encrypted.length < OVERHEAD_BYTES) throw new DecryptionError('The ciphertext is too short.');
  const iv = encrypted.subarray(0, IV_BYTES);
  const tag = encrypted.subarray(encrypted.length - TAG_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES })
    .setAAD(additionalData)
    .setAuthTag(tag);
  const plaintext = decipher.update(encrypted.subarray(IV_BYTES, encrypted.length - TAG_BYTES));
  try {
    // Only final() compares the tag; the text above is worth nothing before it.
    return Buffer.concat([plaintext, decipher.final()]);
  } catch {
    throw new DecryptionError('The ciphertext does not belong to this key and place, or was changed.');
  }
}

function assertKey(key: Buffer): void {
  if (key.length !== KEY_BYTES) throw new RangeError(`An AES-256 key has ${KEY_BYTES} bytes.`);
}
