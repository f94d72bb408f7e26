import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  addRootKey,
  createRootKeyFile,
  readRootKeyFile,
  retireRootKeys,
  RootKeyFileMissing,
} from './root-key-file.js';
import { generateRootKey, RootKeyError, rootKeyText } from './root-key.js';

describe('root key file', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'root-key-file-'));
    path = join(folder, 'root.key');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const contents = () => readFileSync(path, 'utf8');
  const write = (text: string) => {
    writeFileSync(path, text, { mode: 0o600 });
  };
  const refusal = (action: () => unknown): string => {
    const before = contents();
    let message = '';
    try {
      action();
    } catch (error) {
      expect(error).toBeInstanceOf(RootKeyError);
      if (error instanceof Error) message = error.message;
    }
    expect(contents()).toBe(before);
    expect(readdirSync(folder)).toEqual(['root.key']);
    for (const [key] of before.matchAll(/\S{43}=/g)) expect(message).not.toContain(key);
    return message;
  };

  it('is created with one key, for its owner alone, saying what it is', () => {
    const created = createRootKeyFile(path);
    expect(readRootKeyFile(path).ids()).toEqual(created.ids());
    expect(created.ids()).toHaveLength(1);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(contents()).toMatch(/^# CredVault root keys/);
    expect(contents()).toContain('Back this up separately');
    expect(contents()).toMatch(/^rk_[0-9a-f]{16} [A-Za-z0-9+/]{43}=$/m);
  });

  it('is never overwritten', () => {
    createRootKeyFile(path);
    expect(refusal(() => createRootKeyFile(path))).toBe(
      `The root key file ${path} exists already; it was left as it is.`,
    );
  });

  it('takes a new key in front and keeps comments', () => {
    const first = createRootKeyFile(path).current;
    write(`${contents()}# a note of the operator\n`);
    const second = addRootKey(path);
    const third = addRootKey(path);
    expect(readRootKeyFile(path).ids()).toEqual([third.id, second.id, first.id]);
    expect(readRootKeyFile(path).get(first.id)?.key.equals(first.key)).toBe(true);
    expect(readRootKeyFile(path).current.key.equals(third.key)).toBe(true);
    expect(contents()).toMatch(/^# CredVault root keys[^]*# a note of the operator\n$/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['root.key']);
  });

  it('retires all keys but those to keep', () => {
    const first = createRootKeyFile(path).current;
    const second = addRootKey(path);
    const third = addRootKey(path);
    expect(retireRootKeys(path, [third.id, first.id])).toEqual([second.id]);
    expect(readRootKeyFile(path).ids()).toEqual([third.id, first.id]);
    expect(contents()).not.toContain(rootKeyText(second));
    expect(retireRootKeys(path, [third.id])).toEqual([first.id]);
    expect(retireRootKeys(path, [third.id])).toEqual([]);
    expect(readRootKeyFile(path).ids()).toEqual([third.id]);
    expect(contents()).toMatch(/^# CredVault root keys/);
  });

  it('does not retire the newest key, nor keep one it does not hold', () => {
    const first = createRootKeyFile(path).current;
    const second = addRootKey(path);
    expect(refusal(() => retireRootKeys(path, [first.id]))).toContain(`${second.id} is the newest`);
    expect(refusal(() => retireRootKeys(path, []))).toContain(`${second.id} is the newest`);
    expect(refusal(() => retireRootKeys(path, [second.id, 'rk_0000000000000000']))).toContain(
      'does not hold rk_0000000000000000',
    );
  });

  it('stays a symbolic link where it is one', () => {
    createRootKeyFile(path);
    const link = join(folder, 'link');
    symlinkSync(path, link);
    const added = addRootKey(link);
    expect(readRootKeyFile(path).current.id).toBe(added.id);
  });

  /** Only root can give files away. */
  const itAsRoot = process.getuid?.() === 0 ? it : it.skip;

  itAsRoot('stays with its owner when root changes it', () => {
    createRootKeyFile(path);
    chownSync(path, 65_534, 65_533);
    addRootKey(path);
    expect(statSync(path)).toMatchObject({ uid: 65_534, gid: 65_533 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it.each([0o640, 0o604, 0o620, 0o660, 0o644, 0o601])('is refused with mode %s', (mode) => {
    createRootKeyFile(path);
    chmodSync(path, mode);
    const message = `Others have access to the root key file ${path}. Run: chmod 600 ${path}`;
    for (const action of [readRootKeyFile, addRootKey, (file: string) => retireRootKeys(file, [])]) {
      expect(refusal(() => action(path))).toBe(message);
    }
  });

  it('may be read-only', () => {
    createRootKeyFile(path);
    chmodSync(path, 0o400);
    expect(readRootKeyFile(path).ids()).toHaveLength(1);
  });

  it('is refused when an id is not that of its key', () => {
    const [one, another] = [generateRootKey(), generateRootKey()];
    write(`# two keys\n${another.id} ${rootKeyText(one)}\n`);
    expect(refusal(() => readRootKeyFile(path))).toBe(
      `${path}, line 2, has an id that does not belong to its key, whose id is ${one.id}.`,
    );
  });

  it.each<[string, string, RegExp]>([
    ['empty', '', /holds no key\. Restore it from your backup/],
    ['only comments', '# nothing\n\n', /holds no key/],
    ['a key without id', `${rootKeyText(generateRootKey())}\n`, /line 1, is not "<id> <key>"/],
    ['an id without key', 'rk_0123456789abcdef\n', /line 1, is not "<id> <key>"/],
    [
      'a third word',
      `rk_0123456789abcdef ${rootKeyText(generateRootKey())} x`,
      /line 1, is not "<id> <key>"/,
    ],
    ['a damaged key', 'rk_0123456789abcdef AAAA', /line 1, is not a root key/],
    ['a predictable key', `rk_0123456789abcdef ${'A'.repeat(43)}=`, /line 1, is not random/],
  ])('is refused when it is %s', (_defect, text, message) => {
    write(text);
    expect(refusal(() => readRootKeyFile(path))).toMatch(message);
    expect(refusal(() => addRootKey(path))).toMatch(message);
  });

  it('is refused when a key stands twice', () => {
    createRootKeyFile(path);
    write(contents() + contents());
    expect(refusal(() => readRootKeyFile(path))).toMatch(/holds the same key twice/);
  });

  it('is told from a missing one', () => {
    expect(() => readRootKeyFile(path)).toThrow(RootKeyFileMissing);
    expect(() => addRootKey(path)).toThrow(RootKeyFileMissing);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says when it is a folder', () => {
    expect(() => readRootKeyFile(folder)).toThrow(RootKeyError);
  });
});
