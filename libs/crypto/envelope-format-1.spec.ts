import { readFileSync } from 'node:fs';
import { DecryptionError } from './aes-gcm.js';
import { keyVersionOf, open, type SecretPlace } from './envelope.js';
import { unwrapKey, type KeyPlace } from './key-wrap.js';
import { parseRootKeys } from './root-key.js';

interface Vectors {
  rootKey: { id: string; text: string };
  keys: { place: KeyPlace; key: string; wrapped: string }[];
  ciphertexts: {
    name: string;
    keyVersion: number;
    place: SecretPlace;
    plaintext: string;
    ciphertext: string;
  }[];
}

const vectors = JSON.parse(
  readFileSync(new URL('./vectors/envelope-format-1.json', import.meta.url), 'utf8'),
) as Vectors;
const rootKeys = parseRootKeys(vectors.rootKey.text, 'vectors');

function dataKey(version: number): Buffer {
  const found = vectors.keys.find(({ place }) => place.ownerType === 'vault' && place.version === version);
  if (!found) throw new Error(`no data key of version ${version}`);
  return unwrapKey(rootKeys, vectors.rootKey.id, found.place, Buffer.from(found.wrapped, 'base64'));
}

describe('frozen data of format 1', () => {
  it('has the root key id it was made with', () => {
    expect(rootKeys.current.id).toBe(vectors.rootKey.id);
  });

  it.each(vectors.keys)('unwraps the key of $place', ({ place, key, wrapped }) => {
    const unwrapped = unwrapKey(rootKeys, vectors.rootKey.id, place, Buffer.from(wrapped, 'base64'));
    expect(unwrapped.toString('hex')).toBe(key);
  });

  it('covers what there is to cover', () => {
    expect(vectors.keys).toHaveLength(3);
    expect(vectors.ciphertexts.map(({ name }) => name)).toEqual([
      'value',
      'value, later version under a later key',
      'notes',
      'unicode',
      'empty',
      'long',
    ]);
  });

  describe.each(vectors.ciphertexts)('$name', ({ keyVersion, place, plaintext, ciphertext: base64 }) => {
    const ciphertext = Buffer.from(base64, 'base64');
    const key = dataKey(keyVersion);

    it('opens to its plaintext', () => {
      expect(keyVersionOf(ciphertext)).toBe(keyVersion);
      expect(open(key, place, ciphertext).reveal()).toBe(plaintext);
    });

    it.each<[string, Partial<SecretPlace>]>([
      ['organization', { organizationId: '0197a3c2-5b1e-7c44-9f0a-3d2b8e6c1f58' }],
      ['vault', { vaultId: '0197a3c2-6d90-7a18-8b3e-f1c05a9d7e43' }],
      ['secret', { secretId: '0197a3c2-7f04-7e6b-a2d9-0c4b7e8f1a64' }],
      ['version', { version: place.version - 1 }],
      ['field', { field: place.field === 'value' ? 'notes' : 'value' }],
    ])('does not open with another %s', (_component, change) => {
      expect(() => open(key, { ...place, ...change }, ciphertext)).toThrow(DecryptionError);
    });

    it('does not open with organization and vault, or vault and secret, exchanged', () => {
      const { organizationId, vaultId, secretId } = place;
      for (const change of [
        { organizationId: vaultId, vaultId: organizationId },
        { vaultId: secretId, secretId: vaultId },
      ]) {
        expect(() => open(key, { ...place, ...change }, ciphertext)).toThrow(DecryptionError);
      }
    });

    it('does not open with another key version in its header, even given the same key', () => {
      const changed = Buffer.from(ciphertext);
      changed.writeUInt32BE(keyVersion + 1, 1);
      expect(() => open(key, place, changed)).toThrow(DecryptionError);
    });

    it('does not open with any bit of header, IV, text or tag changed', () => {
      const bits = ciphertext.length * 8;
      // Every bit of the short ones; of the long one, both ends and a stride that visits every bit position.
      for (let bit = 0; bit < bits; bit += bit < 1000 || bit > bits - 200 ? 1 : 61) {
        const changed = Buffer.from(ciphertext);
        changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        expect(() => open(key, place, changed)).toThrow(DecryptionError);
      }
    });

    it('does not open with a shortened tag, nor shortened or extended elsewhere', () => {
      const end = ciphertext.length;
      for (const length of [0, 1, 5, 17, 32, end - 12, end - 4, end - 1]) {
        expect(() => open(key, place, ciphertext.subarray(0, length))).toThrow(DecryptionError);
      }
      expect(() => open(key, place, Buffer.concat([ciphertext, Buffer.of(0)]))).toThrow(DecryptionError);
    });

    it('does not open as another format', () => {
      for (const format of [0, 2, 255]) {
        const changed = Buffer.from(ciphertext);
        changed.writeUInt8(format, 0);
        expect(() => open(key, place, changed)).toThrow(
          new DecryptionError('The ciphertext has an unknown format.'),
        );
      }
    });
  });
});
