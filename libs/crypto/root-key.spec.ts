import { createHmac, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import {
  generateRootKey,
  parseRootKey,
  parseRootKeys,
  RootKeyError,
  RootKeySet,
  rootKeyOf,
  rootKeyText,
} from './root-key.js';

/** Its base64 and base64url differ. */
const KEY = createHmac('sha256', 'a fixed key for tests').update('3').digest();
const NAME = 'CREDVAULT_ROOT_KEY';

function failureOf(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it did not fail');
}

describe('root key', () => {
  it('has an id that follows from the key', () => {
    const digest = createHmac('sha256', KEY).update('credvault/root-key-id').digest('hex');
    expect(rootKeyOf(KEY).id).toBe(`rk_${digest.slice(0, 16)}`);
    expect(generateRootKey().id).not.toBe(generateRootKey().id);
  });

  it('keeps the key out of logs and JSON', () => {
    const rootKey = rootKeyOf(KEY);
    const printed =
      inspect({ rootKey, set: new RootKeySet([rootKey]) }, { depth: null }) + JSON.stringify(rootKey);
    expect(printed).toContain(rootKey.id);
    expect(printed).not.toMatch(/Buffer|"key"|key:/);
  });

  it.each([
    ['base64', KEY.toString('base64')],
    ['base64 without padding', KEY.toString('base64').slice(0, 43)],
    ['base64url', KEY.toString('base64url')],
    ['base64url with padding', `${KEY.toString('base64url')}=`],
    ['hex', KEY.toString('hex')],
    ['upper case hex', KEY.toString('hex').toUpperCase()],
  ])('is read from %s', (_form, text) => {
    expect(parseRootKey(text, NAME).key.equals(KEY)).toBe(true);
  });

  it('comes back from its own text form, of 44 characters', () => {
    const rootKey = generateRootKey();
    expect(rootKeyText(rootKey)).toHaveLength(44);
    expect(parseRootKey(rootKeyText(rootKey), NAME).key.equals(rootKey.key)).toBe(true);
  });

  it.each([
    ['31 bytes', randomBytes(31).toString('base64')],
    ['33 bytes', randomBytes(33).toString('base64')],
    ['half a hex key', randomBytes(16).toString('hex')],
    ['a mixed alphabet', `+_${'Ab3'.repeat(13)}AA=`],
    ['a digit that base64 would not give', `${KEY.toString('base64').slice(0, 42)}_=`],
    ['bits beyond the key', `${'q1W'.repeat(14)}B=`],
    ['an inner space', `${KEY.toString('base64').slice(0, 20)} ${KEY.toString('base64').slice(21)}`],
    ['a word', 'correct horse battery staple'],
  ])('is not read from %s, and the message does not print it', (_form, text) => {
    const failure = failureOf(() => parseRootKey(text, NAME));
    expect(failure).toBeInstanceOf(RootKeyError);
    expect(failure.message).toMatch(/^CREDVAULT_ROOT_KEY is not a root key: .* openssl rand -base64 32$/);
    expect(failure.message).not.toContain(text);
  });

  it.each([
    ['one byte repeated', Buffer.alloc(32, 7)],
    ['zeroes', Buffer.alloc(32)],
    ['a few bytes repeated', Buffer.from('0123456789abcdef'.repeat(4), 'hex')],
    ['counting up', Buffer.from(Array.from({ length: 32 }, (_, index) => index))],
    ['counting down in threes', Buffer.from(Array.from({ length: 32 }, (_, index) => 250 - 3 * index))],
    ['a passphrase', Buffer.from('my very long and secret password')],
  ])('is refused when it is %s', (_weakness, key) => {
    const failure = failureOf(() => parseRootKey(key.toString('base64'), NAME));
    expect(failure).toBeInstanceOf(RootKeyError);
    expect(failure.message).toBe(
      'CREDVAULT_ROOT_KEY is not random, so it could be guessed. Make one with: openssl rand -base64 32',
    );
  });

  it('is not refused when it is random', () => {
    for (let round = 0; round < 2000; round++) {
      expect(() => parseRootKey(randomBytes(32).toString('base64'), NAME)).not.toThrow();
    }
  });
});

describe('parseRootKeys', () => {
  const [newer, older] = [generateRootKey(), generateRootKey()];

  it('reads a comma list with the new key first', () => {
    const rootKeys = parseRootKeys(` ${rootKeyText(newer)},\n${rootKeyText(older)} `, NAME);
    expect(rootKeys.current.id).toBe(newer.id);
    expect(rootKeys.ids()).toEqual([newer.id, older.id]);
    expect(rootKeys.get(older.id)?.key.equals(older.key)).toBe(true);
    expect(rootKeys.get('rk_0000000000000000')).toBeUndefined();
  });

  it.each([
    ['', 'CREDVAULT_ROOT_KEY is empty.'],
    [`${rootKeyText(newer)},`, 'CREDVAULT_ROOT_KEY, key 2 of 2, is empty.'],
    [`${rootKeyText(newer)},short`, 'CREDVAULT_ROOT_KEY, key 2 of 2, is not a root key: '],
    [`${rootKeyText(newer)},${newer.key.toString('hex')}`, 'CREDVAULT_ROOT_KEY holds the same key twice.'],
  ])('says which key is wrong', (text, message) => {
    const failure = failureOf(() => parseRootKeys(text, NAME));
    expect(failure).toBeInstanceOf(RootKeyError);
    expect(failure.message.startsWith(message)).toBe(true);
    expect(failure.message).not.toContain(rootKeyText(newer));
  });
});

describe('RootKeySet', () => {
  it('is never empty and holds no key twice', () => {
    const rootKey = generateRootKey();
    expect(() => new RootKeySet([])).toThrow(RootKeyError);
    expect(() => new RootKeySet([rootKey, rootKeyOf(rootKey.key)])).toThrow(RootKeyError);
  });
});
