import { createHmac, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { bodyDigest, TokenDigester } from './token-digest.js';
import { mintToken } from './tokens.js';

describe('TokenDigester', () => {
  const pepper = randomBytes(32);
  const digester = new TokenDigester(pepper);
  const token = mintToken('cv_');

  it('is HMAC-SHA-256 with the pepper', () => {
    expect(digester.digest(token).equals(createHmac('sha256', pepper).update(token).digest())).toBe(true);
    expect(digester.digest(token)).toHaveLength(32);
  });

  it('depends on token and pepper', () => {
    expect(digester.digest(token).equals(digester.digest(mintToken('cv_')))).toBe(false);
    expect(digester.digest(token).equals(new TokenDigester(randomBytes(32)).digest(token))).toBe(false);
  });

  it('does not show the pepper', () => {
    expect(inspect(digester, { showHidden: true, depth: null })).toBe('TokenDigester {}');
    expect(JSON.stringify(digester)).toBe('{}');
  });

  it('takes a pepper of 32 bytes only', () => {
    expect(() => new TokenDigester(randomBytes(16))).toThrow(RangeError);
  });
});

describe('bodyDigest', () => {
  const key = randomBytes(32);

  it('is the same for the same parts, as text or bytes', () => {
    expect(bodyDigest(key, 'POST', 'é').equals(bodyDigest(key, 'POST', Buffer.from('é')))).toBe(true);
    expect(bodyDigest(key, 'POST')).toHaveLength(32);
  });

  it.each([[['ab', 'c']], [['a', 'b', 'c']], [['abc']], [['abc', '']], [['', 'abc']], [['c', 'ab']], [[]]])(
    'tells %j from other parts with the same text',
    (parts) => {
      expect(bodyDigest(key, 'a', 'bc').equals(bodyDigest(key, ...parts))).toBe(false);
    },
  );

  it('depends on the key', () => {
    expect(bodyDigest(key, 'a').equals(bodyDigest(randomBytes(32), 'a'))).toBe(false);
  });
});
