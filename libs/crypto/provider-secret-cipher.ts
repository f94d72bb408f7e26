import { decrypt, DecryptionError, encrypt, KEY_BYTES } from './aes-gcm.js';
import { lengthPrefixed, uuidBytes } from './binary-encoding.js';
import { SecretValue } from './secret-value.js';

/*
 * How the secret that an organization shares with its identity provider lies in the database, format 1:
 *
 *   0x01 | 12-byte IV | ciphertext | 16-byte tag
 *
 * AES-256-GCM with a random IV under the system key `providers`. The additional data names the one client of the one provider
 * that it may be shown to:
 *
 *   "credvault/provider-secret" | 0x01 | organization (16 bytes) | uint32be length of issuer | issuer |
 *   uint32be length of client id | client id
 *
 * So whoever could write another issuer beside it in the database would not be sent it.
 */

const FORMAT = 1;
const DOMAIN = Buffer.from('credvault/provider-secret', 'ascii');

/** The client of a provider that a secret proves. */
export interface ProviderClient {
  /** UUID. */
  organizationId: string;
  issuer: string;
  clientId: string;
}

/**
 * Encrypts what organizations share with their identity providers. Random IVs allow 2^32 of them under the key (NIST SP 800-38D,
 * section 8.3).
 */
export class ProviderSecretCipher {
  readonly #key: Buffer;

  /** Takes the 32-byte system key. Throws RangeError for another size. */
  constructor(key: Buffer) {
    if (key.length !== KEY_BYTES) throw new RangeError(`The key of providers has ${KEY_BYTES} bytes.`);
    this.#key = key;
  }

  /** The secret as it is stored, 29 bytes longer than it is in UTF-8. Throws TypeError for an id that is no uuid. */
  seal(client: ProviderClient, secret: SecretValue): Buffer {
    const text = Buffer.from(secret.reveal(), 'utf8');
    return Buffer.concat([Buffer.of(FORMAT), encrypt(this.#key, additionalData(client), text)]);
  }

  /** The secret that was sealed for exactly this client. Throws DecryptionError when it was not; TypeError as `seal`. */
  open(client: ProviderClient, sealed: Buffer): SecretValue {
    if (sealed[0] !== FORMAT) throw new DecryptionError('The ciphertext has an unknown format.');
    const text = decrypt(this.#key, additionalData(client), sealed.subarray(1));
    return SecretValue.of(text.toString('utf8'));
  }
}

function additionalData({ organizationId, issuer, clientId }: ProviderClient): Buffer {
  const place = [uuidBytes(organizationId), lengthPrefixed(issuer), lengthPrefixed(clientId)];
  return Buffer.concat([DOMAIN, Buffer.of(FORMAT), ...place]);
}
