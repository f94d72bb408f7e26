import { decrypt, DecryptionError, encrypt, KEY_BYTES, OVERHEAD_BYTES } from './aes-gcm.js';
import { lengthPrefixed, optional, uint32, uuidBytes } from './binary-encoding.js';
import type { RootKey, RootKeySet } from './root-key.js';

/*
 * The key wrap, format 1: how a data key or a system key lies in the database.
 *
 *   0x01 | 12-byte IV | encrypted key (32 bytes) | 16-byte tag          (61 bytes)
 *
 * AES-256-GCM with a random IV under a root key, whose id stands in its own column. The additional data:
 *
 *   "credvault/key-wrap" | 0x01 | string root key id | optional organization (16 bytes) | string owner type |
 *   optional owner (16 bytes) | uint32be version | optional string name
 *
 * where a string is its uint32be length and its UTF-8, and an optional field is 0x00, or 0x01 and the field.
 */

const FORMAT = 1;
const DOMAIN = Buffer.from('credvault/key-wrap', 'ascii');
const WRAPPED_BYTES = 1 + KEY_BYTES + OVERHEAD_BYTES;

/**
 * Which key this is: its owner and what it is for. A vault's data key is `{ organizationId, ownerType: 'vault', ownerId,
 * version }`; a key of the whole installation has neither organization nor owner id, and a `name` such as `token-pepper`.
 * Ids are uuids in text form.
 */
export interface KeyPlace {
  organizationId: string | null;
  ownerType: string;
  ownerId: string | null;
  version: number;
  name?: string;
}

/**
 * Encrypts a 32-byte key with a root key for one place and gives 61 bytes; the caller stores `rootKey.id` beside them.
 * Throws RangeError for a key of another size or a version that is no uint32, TypeError for an id that is no uuid.
 *
 * Random IVs allow 2^32 wraps per root key (NIST SP 800-38D, section 8.3); one wrap per new vault does not come near it.
 */
export function wrapKey(rootKey: RootKey, place: KeyPlace, key: Buffer): Buffer {
  if (key.length !== KEY_BYTES) throw new RangeError(`A wrapped key has ${KEY_BYTES} bytes.`);
  return Buffer.concat([Buffer.of(FORMAT), encrypt(rootKey.key, additionalData(rootKey.id, place), key)]);
}

/**
 * The 32-byte key that `wrapKey` wrapped for this place with the root key of that id. Throws DecryptionError when that
 * root key is not loaded (its message names the id), or when the bytes were changed or belong to another place.
 */
export function unwrapKey(rootKeys: RootKeySet, rootKeyId: string, place: KeyPlace, wrapped: Buffer): Buffer {
  const rootKey = rootKeys.get(rootKeyId);
  if (!rootKey) throw new DecryptionError(`The root key ${rootKeyId} that wraps this key is not loaded.`);
  if (wrapped.length !== WRAPPED_BYTES) throw new DecryptionError('The wrapped key has the wrong length.');
  if (wrapped[0] !== FORMAT) throw new DecryptionError('The wrapped key has an unknown format.');
  return decrypt(rootKey.key, additionalData(rootKeyId, place), wrapped.subarray(1));
}

function additionalData(rootKeyId: string, place: KeyPlace): Buffer {
  return Buffer.concat([
    DOMAIN,
    Buffer.of(FORMAT),
    lengthPrefixed(rootKeyId),
    optional(place.organizationId, uuidBytes),
    lengthPrefixed(place.ownerType),
    optional(place.ownerId, uuidBytes),
    uint32(place.version),
    optional(place.name, lengthPrefixed),
  ]);
}
