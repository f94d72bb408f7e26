import { createHmac, randomBytes } from 'node:crypto';
import { KEY_BYTES } from './aes-gcm.js';

const BASE64 = /^[A-Za-z0-9+/]{43}=?$/;
const BASE64URL = /^[A-Za-z0-9_-]{43}=?$/;
const HEX = /^[0-9a-fA-F]{64}$/;

/** Of 32 random bytes fewer than 12 are distinct once in about 10^25 keys; made-up keys often have a handful. */
const FEWEST_DISTINCT_BYTES = 12;

const HOW_TO_MAKE_ONE = 'Make one with: openssl rand -base64 32';

/** A root key (32 bytes) and the id that follows from it. `key` is left out when the object is printed or serialized. */
export interface RootKey {
  id: string;
  key: Buffer;
}

/** A root key is missing, malformed or unsafe. The message is for the operator and never holds key material. */
export class RootKeyError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The root keys of this process: `current` wraps, all of them unwrap. Read-only. */
export class RootKeySet {
  readonly current: RootKey;
  readonly #keys: ReadonlyMap<string, RootKey>;

  /** Keys with the newest first. Throws RootKeyError when there is none or one stands twice. */
  constructor(newestFirst: readonly RootKey[]) {
    const [current] = newestFirst;
    if (!current) throw new RootKeyError('There is no root key.');
    this.current = current;
    this.#keys = new Map(newestFirst.map((rootKey) => [rootKey.id, rootKey]));
    if (this.#keys.size !== newestFirst.length) throw new RootKeyError('The same root key stands twice.');
  }

  get(id: string): RootKey | undefined {
    return this.#keys.get(id);
  }

  /** The ids, newest first. */
  ids(): string[] {
    return [...this.#keys.keys()];
  }
}

/**
 * Gives a 32-byte key its id: `rk_` and the first 16 hex digits of HMAC-SHA-256(key, "credvault/root-key-id"). Because
 * the id follows from the key, it can be shown and stored freely, and can never name another key.
 */
export function rootKeyOf(key: Buffer): RootKey {
  const digest = createHmac('sha256', key).update('credvault/root-key-id').digest('hex');
  const rootKey = { id: `rk_${digest.slice(0, 16)}`, key };
  // A root key in a log line would be the end of every secret, so neither inspect nor JSON may see it.
  return Object.freeze(Object.defineProperty(rootKey, 'key', { enumerable: false }));
}

/** A new root key: 32 bytes of the operating system's randomness. */
export function generateRootKey(): RootKey {
  return rootKeyOf(randomBytes(KEY_BYTES));
}

/** The text form of a root key: standard base64, 44 characters. Handle it as the key itself. */
export function rootKeyText(rootKey: RootKey): string {
  return rootKey.key.toString('base64');
}

/**
 * Reads one root key from its text form: 32 bytes as base64, base64url (padding optional) or 64 hex digits. `source` says
 * where it stands, for the message. Throws RootKeyError, never with the text, when it is no such form or is predictable.
 */
export function parseRootKey(text: string, source: string): RootKey {
  const key = decodeKey(text);
  if (!key) {
    throw new RootKeyError(
      `${source} is not a root key: 32 random bytes are expected as 44 base64 characters or 64 hex digits, ` +
        `and ${text.length} characters were found. ${HOW_TO_MAKE_ONE}`,
    );
  }
  if (isPredictable(key)) {
    throw new RootKeyError(`${source} is not random, so it could be guessed. ${HOW_TO_MAKE_ONE}`);
  }
  return rootKeyOf(key);
}

/**
 * Reads the root keys of a setting: one key, or several between commas with the new one first (for a rotation by rolling
 * restart). `source` is the setting's name. Throws RootKeyError naming the setting and the position of a bad key.
 */
export function parseRootKeys(text: string, source: string): RootKeySet {
  const texts = text.split(',').map((item) => item.trim());
  const keys = texts.map((item, index) => {
    const position = texts.length === 1 ? source : `${source}, key ${index + 1} of ${texts.length},`;
    if (item === '') throw new RootKeyError(`${position} is empty. ${HOW_TO_MAKE_ONE}`);
    return parseRootKey(item, position);
  });
  if (new Set(keys.map(({ id }) => id)).size !== keys.length) {
    throw new RootKeyError(`${source} holds the same key twice.`);
  }
  return new RootKeySet(keys);
}

function decodeKey(text: string): Buffer | undefined {
  if (HEX.test(text)) return Buffer.from(text, 'hex');
  const encoding = BASE64.test(text) ? 'base64' : BASE64URL.test(text) ? 'base64url' : undefined;
  if (!encoding) return undefined;
  const key = Buffer.from(text, encoding);
  // 43 digits carry two bits more than the key; where those are set, a digit was mistyped.
  const isCanonical = key.toString(encoding).replace('=', '') === text.replace('=', '');
  return isCanonical ? key : undefined;
}

/** Few distinct bytes, a counting sequence, or readable text: none of them comes from a random source. */
function isPredictable(key: Buffer): boolean {
  const bytes = [...key];
  const steps = bytes.slice(1).map((byte, index) => (byte - (bytes[index] ?? 0)) & 0xff);
  return (
    new Set(bytes).size < FEWEST_DISTINCT_BYTES ||
    new Set(steps).size === 1 ||
    bytes.every((byte) => byte >= 0x20 && byte <= 0x7e)
  );
}
