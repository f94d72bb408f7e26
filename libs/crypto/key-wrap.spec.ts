import { randomBytes } from 'node:crypto';
import { DecryptionError } from './aes-gcm.js';
import { unwrapKey, wrapKey, type KeyPlace } from './key-wrap.js';
import { generateRootKey, RootKeySet } from './root-key.js';

const VAULT_KEY: KeyPlace = {
  organizationId: '0197a3c2-5b1e-7c44-9f0a-3d2b8e6c1f57',
  ownerType: 'vault',
  ownerId: '0197a3c2-6d90-7a18-8b3e-f1c05a9d7e42',
  version: 2,
};
const PEPPER: KeyPlace = {
  organizationId: null,
  ownerType: 'system',
  ownerId: null,
  version: 1,
  name: 'token-pepper',
};
const ANOTHER_ID = '0197a3c2-7f04-7e6b-a2d9-0c4b7e8f1a63';

describe('key wrap', () => {
  const newer = generateRootKey();
  const older = generateRootKey();
  const rootKeys = new RootKeySet([newer, older]);
  const key = randomBytes(32);

  it.each([VAULT_KEY, PEPPER])('unwraps what any loaded root key wrapped', (place) => {
    for (const rootKey of [newer, older]) {
      const wrapped = wrapKey(rootKey, place, key);
      expect(wrapped.length).toBe(61);
      expect(wrapped.includes(key)).toBe(false);
      expect(unwrapKey(rootKeys, rootKey.id, place, wrapped).equals(key)).toBe(true);
    }
  });

  it.each<[string, KeyPlace, KeyPlace]>([
    ['organization', VAULT_KEY, { ...VAULT_KEY, organizationId: ANOTHER_ID }],
    ['organization (none)', VAULT_KEY, { ...VAULT_KEY, organizationId: null }],
    ['owner type', VAULT_KEY, { ...VAULT_KEY, ownerType: 'vaults' }],
    ['owner', VAULT_KEY, { ...VAULT_KEY, ownerId: ANOTHER_ID }],
    ['owner (none)', VAULT_KEY, { ...VAULT_KEY, ownerId: null }],
    [
      'owner for organization',
      VAULT_KEY,
      { ...VAULT_KEY, organizationId: null, ownerId: VAULT_KEY.organizationId },
    ],
    ['version', VAULT_KEY, { ...VAULT_KEY, version: 1 }],
    ['name (given)', VAULT_KEY, { ...VAULT_KEY, name: '' }],
    ['name', PEPPER, { ...PEPPER, name: 'cursor-key' }],
    ['name (none)', PEPPER, { ...PEPPER, name: undefined }],
    ['border between fields', PEPPER, { ...PEPPER, ownerType: 'systemt', name: 'oken-pepper' }],
  ])('does not unwrap with another %s', (_component, place, otherPlace) => {
    const wrapped = wrapKey(newer, place, key);
    expect(() => unwrapKey(rootKeys, newer.id, otherPlace, wrapped)).toThrow(DecryptionError);
  });

  it('does not unwrap under the id of another root key', () => {
    const wrapped = wrapKey(newer, VAULT_KEY, key);
    expect(() => unwrapKey(rootKeys, older.id, VAULT_KEY, wrapped)).toThrow(DecryptionError);
  });

  it('binds the id of the root key, not only the key', () => {
    const wrapped = wrapKey({ id: 'rk_0000000000000000', key: newer.key }, VAULT_KEY, key);
    expect(() => unwrapKey(rootKeys, newer.id, VAULT_KEY, wrapped)).toThrow(DecryptionError);
  });

  it('names a root key that is not loaded', () => {
    const missing = generateRootKey();
    const wrapped = wrapKey(missing, VAULT_KEY, key);
    expect(() => unwrapKey(rootKeys, missing.id, VAULT_KEY, wrapped)).toThrow(
      new DecryptionError(`The root key ${missing.id} that wraps this key is not loaded.`),
    );
  });

  it('does not unwrap with any bit changed, nor cut, nor extended', () => {
    const wrapped = wrapKey(newer, VAULT_KEY, key);
    for (let bit = 0; bit < wrapped.length * 8; bit++) {
      const changed = Buffer.from(wrapped);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => unwrapKey(rootKeys, newer.id, VAULT_KEY, changed)).toThrow(DecryptionError);
    }
    for (const changed of [
      wrapped.subarray(0, 57),
      wrapped.subarray(0, 0),
      Buffer.concat([wrapped, Buffer.of(0)]),
    ]) {
      expect(() => unwrapKey(rootKeys, newer.id, VAULT_KEY, changed)).toThrow(DecryptionError);
    }
  });

  it('wraps keys of 32 bytes only', () => {
    expect(() => wrapKey(newer, VAULT_KEY, randomBytes(31))).toThrow(RangeError);
  });
});
