import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { lengthPrefixed } from './binary-encoding.js';

/** Bytes of a pepper: as many as HMAC-SHA-256 gives out (RFC 2104, section 3: shorter keys weaken it). */
const PEPPER_BYTES = 32;

/**
 * Makes the one form in which tokens are stored: HMAC-SHA-256 with a server-wide pepper. A stolen table without the pepper
 * can neither be used nor tested against guesses. A fast hash is enough because a token has 256 random bits.
 */
export class TokenDigester {
  readonly #pepper: KeyObject;

  /** Takes the 32-byte pepper, which is a system key wrapped by the root key. Throws RangeError for another size. */
  constructor(pepper: Buffer) {
    if (pepper.length !== PEPPER_BYTES) throw new RangeError(`The token pepper has ${PEPPER_BYTES} bytes.`);
    this.#pepper = createSecretKey(pepper);
  }

  /** 32 bytes, the same for the same token: what the database is searched by. */
  digest(token: string): Buffer {
    return createHmac('sha256', this.#pepper).update(token, 'utf8').digest();
  }
}

/**
 * HMAC-SHA-256 (32 bytes) over parts, each after its length, so that `('ab', 'c')` and `('a', 'bc')` differ. Tells whether
 * a retried request is the same as the first one without keeping its body, which may hold a secret; the key keeps short
 * bodies from being guessed out of the database.
 */
export function bodyDigest(key: Buffer, ...parts: readonly (string | Uint8Array)[]): Buffer {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(lengthPrefixed(part));
  return hmac.digest();
}
