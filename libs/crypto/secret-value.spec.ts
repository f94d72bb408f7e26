import { format, inspect } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { SecretValue } from './secret-value.js';

const PLAINTEXT = 'hunter2-correct-horse';

describe('SecretValue', () => {
  const secret = SecretValue.of(PLAINTEXT);

  it('reveals exactly what it was given', () => {
    expect(secret.reveal()).toBe(PLAINTEXT);
    expect(SecretValue.of('').reveal()).toBe('');
    expect(SecretValue.of('\ufeff e\u0301 ').reveal()).toBe('\ufeff e\u0301 ');
  });

  it('counts bytes of UTF-8', () => {
    expect(SecretValue.of('aé🔑').byteLength).toBe(7);
  });

  it.each([
    ['String()', String(secret)],
    ['a formatted string', format('%s', secret)],
    ['concatenation', [secret, ''].join('')],
    ['inspect', inspect(secret)],
    ['inspect with everything shown', inspect(secret, { showHidden: true, depth: null, getters: true })],
    ['toLocaleString', secret.toLocaleString()],
  ])('is redacted as %s', (_form, text) => {
    expect(text).toBe('[redacted]');
  });

  it('is redacted inside of other things', () => {
    expect(JSON.stringify({ value: secret })).toBe('{"value":"[redacted]"}');
    expect(inspect({ value: [secret] })).toBe('{ value: [ [redacted] ] }');
    expect(inspect(new Error('failed', { cause: secret }))).not.toContain(PLAINTEXT);
  });

  it('shows nothing to enumeration, copies and clones', () => {
    expect(Object.keys(secret)).toEqual([]);
    expect(Reflect.ownKeys(secret)).toEqual([]);
    expect(Object.assign({}, secret)).toEqual({});
    expect(inspect(structuredClone(secret))).toBe('{}');
    expect(inspect(deserialize(serialize(secret)))).toBe('{}');
    expect(serialize({ secret }).toString('latin1')).not.toContain(PLAINTEXT);
  });
});
