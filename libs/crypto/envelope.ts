import { decrypt, DecryptionError, encrypt, OVERHEAD_BYTES } from './aes-gcm.js';
import { lengthPrefixed, uint32, uuidBytes } from './binary-encoding.js';
import { SecretValue } from './secret-value.js';

/*
 * The envelope, format 1: how a secret's value or notes lie in the database.
 *
 *   0x01 | uint32be data key version | 12-byte IV | ciphertext | 16-byte tag
 *
 * AES-256-GCM with a random IV. The additional data names the one place where this ciphertext is valid:
 *
 *   "credvault/envelope" | 0x01 | organization (16 bytes) | vault (16) | secret (16) | uint32be secret version |
 *   uint32be length of field | field | uint32be data key version
 *
 * Moved to another row, version or field, it does not open. `vectors/envelope-format-1.json` freezes this format:
 * ciphertexts of this layout exist in databases and backups, so a change is a new format byte, never an edit.
 */

const FORMAT = 1;
const DOMAIN = Buffer.from('credvault/envelope', 'ascii');
const HEADER_BYTES = 5;

/** Where a ciphertext belongs: uuids in text form, the secret's version from 1, and which of its texts it is. */
export interface SecretPlace {
  organizationId: string;
  vaultId: string;
  secretId: string;
  version: number;
  field: 'value' | 'notes';
}

/**
 * Encrypts a text for one place with version `keyVersion` of the vault's data key (32 bytes) and gives format 1 bytes:
 * 33 more than the text has in UTF-8.
 *
 * NIST SP 800-38D (section 8.3) allows at most 2^32 encryptions under one key when IVs are random: beyond that, two equal
 * IVs become too likely, and equal IVs give away plaintexts and the authentication key. Each vault has its own data
 * key, so the count is per vault and key version: 100 writes every second for 16 months. `rotate-vault` makes a new
 * version of the data key, encrypts everything anew with it and destroys the old one, so the count starts over with the
 * number of texts in the vault; a vault that is written that often is rotated once a year.
 *
 * Throws TypeError for an id that is no uuid or a text with a lone surrogate (UTF-8 cannot hold it, it would come back
 * as another text), RangeError for a key of the wrong size or a version that is no uint32.
 */
export function seal(
  dataKey: Buffer,
  keyVersion: number,
  place: SecretPlace,
  plaintext: SecretValue,
): Buffer {
  const text = plaintext.reveal();
  if (!text.isWellFormed()) throw new TypeError('The text holds a lone surrogate.');
  const header = Buffer.concat([Buffer.of(FORMAT), uint32(keyVersion)]);
  return Buffer.concat([
    header,
    encrypt(dataKey, additionalData(keyVersion, place), Buffer.from(text, 'utf8')),
  ]);
}

/**
 * The text of a ciphertext, given the data key of version `keyVersionOf(ciphertext)` and the place where it was found.
 * Throws DecryptionError when it was not sealed for exactly that place with that key; TypeError and RangeError as `seal`.
 */
export function open(dataKey: Buffer, place: SecretPlace, ciphertext: Buffer): SecretValue {
  const keyVersion = keyVersionOf(ciphertext);
  const plaintext = decrypt(dataKey, additionalData(keyVersion, place), ciphertext.subarray(HEADER_BYTES));
  return SecretValue.of(plaintext.toString('utf8'));
}

/**
 * Which version of the vault's data key opens this ciphertext. Throws DecryptionError when the bytes are not format 1.
 * The number is trustworthy only once `open` has succeeded: it is part of the additional data.
 */
export function keyVersionOf(ciphertext: Buffer): number {
  if (ciphertext.length < HEADER_BYTES + OVERHEAD_BYTES)
    throw new DecryptionError('The ciphertext is too short.');
  if (ciphertext[0] !== FORMAT) throw new DecryptionError('The ciphertext has an unknown format.');
  return ciphertext.readUInt32BE(1);
}

function additionalData(keyVersion: number, place: SecretPlace): Buffer {
  return Buffer.concat([
    DOMAIN,
    Buffer.of(FORMAT),
    uuidBytes(place.organizationId),
    uuidBytes(place.vaultId),
    uuidBytes(place.secretId),
    uint32(place.version),
    lengthPrefixed(place.field),
    uint32(keyVersion),
  ]);
}
