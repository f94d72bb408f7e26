import { randomBytes } from 'node:crypto';
import { DecryptionError } from './aes-gcm.js';
import { keyVersionOf, open, seal, type SecretPlace } from './envelope.js';
import { SecretValue } from './secret-value.js';

const PLACE: SecretPlace = {
  organizationId: '0197a3c2-5b1e-7c44-9f0a-3d2b8e6c1f57',
  vaultId: '0197a3c2-6d90-7a18-8b3e-f1c05a9d7e42',
  secretId: '0197a3c2-7f04-7e6b-a2d9-0c4b7e8f1a63',
  version: 7,
  field: 'value',
};

describe('envelope', () => {
  const dataKey = randomBytes(32);
  const sealed = (text: string) => seal(dataKey, 3, PLACE, SecretValue.of(text));

  it.each(['', 'x', 'päss🔑', '\ufeffbom', 'a\u0000b', 'e\u0301', ' \r\n\t', 'long '.repeat(20_000)])(
    'gives back exactly what was sealed',
    (text) => {
      expect(open(dataKey, PLACE, sealed(text)).reveal()).toBe(text);
    },
  );

  it('is 33 bytes longer than the text and begins with format and key version', () => {
    const ciphertext = sealed('abc');
    expect(ciphertext.length).toBe(36);
    expect(ciphertext.subarray(0, 5).toString('hex')).toBe('0100000003');
    expect(keyVersionOf(ciphertext)).toBe(3);
  });

  it('never encrypts the same text alike', () => {
    const ivs = new Set(Array.from({ length: 1000 }, () => sealed('same').subarray(5, 17).toString('hex')));
    expect(ivs.size).toBe(1000);
  });

  it('does not open with another data key', () => {
    expect(() => open(randomBytes(32), PLACE, sealed('abc'))).toThrow(DecryptionError);
  });

  it('says nothing of the data when it does not open', () => {
    const ciphertext = sealed('hunter2');
    ciphertext[20] = (ciphertext[20] ?? 0) ^ 1;
    const failure = (() => {
      try {
        return open(dataKey, PLACE, ciphertext);
      } catch (error) {
        return error;
      }
    })();
    expect(failure).toBeInstanceOf(DecryptionError);
    expect(failure).toMatchObject({
      name: 'DecryptionError',
      message: 'The ciphertext does not belong to this key and place, or was changed.',
    });
    expect(failure).not.toHaveProperty('cause');
  });

  it('refuses a text that UTF-8 cannot hold, rather than storing another one', () => {
    expect(() => sealed('\ud800')).toThrow(TypeError);
  });

  it('refuses keys and places that are none', () => {
    const text = SecretValue.of('abc');
    expect(() => seal(randomBytes(16), 1, PLACE, text)).toThrow(RangeError);
    expect(() => seal(dataKey, -1, PLACE, text)).toThrow(RangeError);
    expect(() => seal(dataKey, 1, { ...PLACE, version: 1.5 }, text)).toThrow(RangeError);
    expect(() => seal(dataKey, 1, { ...PLACE, vaultId: 'vlt_1' }, text)).toThrow(TypeError);
    expect(() => open(dataKey, { ...PLACE, secretId: '' }, sealed('abc'))).toThrow(TypeError);
  });
});
