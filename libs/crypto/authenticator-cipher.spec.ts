import { randomBytes } from 'node:crypto';
import { DecryptionError } from './aes-gcm.js';
import { AuthenticatorCipher } from './authenticator-cipher.js';
import { SecretValue } from './secret-value.js';

const jane = '0197a3c2-5b1e-7c44-9f0a-3d2b8e6c1f57';
const mallory = '0197a3c2-6d90-7a18-8b3e-f1c05a9d7e42';
const text = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

describe('AuthenticatorCipher', () => {
  const cipher = new AuthenticatorCipher(randomBytes(32));
  const sealed = cipher.seal(jane, SecretValue.of(text));

  it('gives back to a user what was sealed for them', () => {
    expect(cipher.open(jane, sealed).reveal()).toBe(text);
    expect(sealed.length).toBe(text.length + 29);
    expect(sealed.includes(text)).toBe(false);
  });

  it('never encrypts the same secret alike', () => {
    expect(cipher.seal(jane, SecretValue.of(text)).equals(sealed)).toBe(false);
  });

  it('does not open for another user, with another key, or changed in any byte', () => {
    expect(() => cipher.open(mallory, sealed)).toThrow(DecryptionError);
    expect(() => new AuthenticatorCipher(randomBytes(32)).open(jane, sealed)).toThrow(DecryptionError);
    for (let index = 0; index < sealed.length; index++) {
      const changed = Buffer.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => cipher.open(jane, changed)).toThrow(DecryptionError);
    }
    expect(() => cipher.open(jane, Buffer.of())).toThrow(DecryptionError);
  });

  it('takes a key of 32 bytes only', () => {
    expect(() => new AuthenticatorCipher(randomBytes(31))).toThrow(RangeError);
  });
});
