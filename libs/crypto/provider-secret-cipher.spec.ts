import { randomBytes } from 'node:crypto';
import { DecryptionError } from './aes-gcm.js';
import { ProviderSecretCipher } from './provider-secret-cipher.js';
import { SecretValue } from './secret-value.js';

const client = {
  organizationId: '0197a3c2-5b1e-7c44-9f0a-3d2b8e6c1f57',
  issuer: 'https://login.example.com',
  clientId: 'credvault',
};

describe('ProviderSecretCipher', () => {
  const cipher = new ProviderSecretCipher(randomBytes(32));
  const sealed = cipher.seal(client, SecretValue.of('shared'));

  it('gives back what was sealed, and never encrypts it alike', () => {
    expect(cipher.open(client, sealed).reveal()).toBe('shared');
    expect(sealed.includes('shared')).toBe(false);
    expect(cipher.seal(client, SecretValue.of('shared')).equals(sealed)).toBe(false);
  });

  it('does not open for another client, issuer or organization, nor where the border between them moves', () => {
    const others = [
      { ...client, organizationId: '0197a3c2-6d90-7a18-8b3e-f1c05a9d7e42' },
      { ...client, issuer: 'https://login.example.net' },
      { ...client, clientId: 'other' },
      { ...client, issuer: `${client.issuer}c`, clientId: client.clientId.slice(1) },
    ];
    for (const other of others) expect(() => cipher.open(other, sealed)).toThrow(DecryptionError);
  });

  it('does not open with another key, or changed in any byte', () => {
    expect(() => new ProviderSecretCipher(randomBytes(32)).open(client, sealed)).toThrow(DecryptionError);
    for (let index = 0; index < sealed.length; index++) {
      const changed = Buffer.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => cipher.open(client, changed)).toThrow(DecryptionError);
    }
    expect(() => cipher.open(client, Buffer.of())).toThrow(DecryptionError);
  });

  it('takes a key of 32 bytes only', () => {
    expect(() => new ProviderSecretCipher(randomBytes(31))).toThrow(RangeError);
  });
});
