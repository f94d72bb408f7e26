import { decrypt, DecryptionError, encrypt, KEY_BYTES } from './aes-gcm.js';
import { uuidBytes } from './binary-encoding.js';
import { SecretValue } from './secret-value.js';

/*
 * How the secret of an authenticator app lies in the database, format 1:
 *
 *   0x01 | 12-byte IV | ciphertext | 16-byte tag
 *
 * AES-256-GCM with a random IV under the system key `authenticators`. The additional data names whose it is:
 *
 *   "credvault/authenticator" | 0x01 | user (16 bytes)
 *
 * People belong to organizations but no organization owns them, so no data key of one may encrypt what is theirs. A system
 * key is wrapped by the root key, which rotates without touching these ciphertexts.
 */

const FORMAT = 1;
const DOMAIN = Buffer.from('credvault/authenticator', 'ascii');

/**
 * Encrypts the secrets of authenticator apps, each for its one user: moved to the row of another user it does not open.
 * Random IVs allow 2^32 enrolments under the key (NIST SP 800-38D, section 8.3).
 */
export class AuthenticatorCipher {
  readonly #key: Buffer;

  /** Takes the 32-byte system key. Throws RangeError for another size. */
  constructor(key: Buffer) {
    if (key.length !== KEY_BYTES) throw new RangeError(`The key of authenticators has ${KEY_BYTES} bytes.`);
    this.#key = key;
  }

  /** The secret as it is stored, 29 bytes longer than it is in UTF-8. Throws TypeError for an id that is no uuid. */
  seal(userId: string, secret: SecretValue): Buffer {
    const text = Buffer.from(secret.reveal(), 'utf8');
    return Buffer.concat([Buffer.of(FORMAT), encrypt(this.#key, additionalData(userId), text)]);
  }

  /** The secret that was sealed for exactly this user. Throws DecryptionError when it was not; TypeError as `seal`. */
  open(userId: string, sealed: Buffer): SecretValue {
    if (sealed[0] !== FORMAT) throw new DecryptionError('The ciphertext has an unknown format.');
    const text = decrypt(this.#key, additionalData(userId), sealed.subarray(1));
    return SecretValue.of(text.toString('utf8'));
  }
}

function additionalData(userId: string): Buffer {
  return Buffer.concat([DOMAIN, Buffer.of(FORMAT), uuidBytes(userId)]);
}
