import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import {
  generateRootKey,
  parseRootKey,
  RootKeyError,
  RootKeySet,
  rootKeyText,
  type RootKey,
} from './root-key.js';

/*
 * The root key file: text, one key a line as `<id> <base64>`, the newest first; empty lines and lines that begin with `#`
 * are comments and survive every change. Only its owner may read it.
 */

const HEADER = `# CredVault root keys: they encrypt the key of every vault. One key a line, the newest first.
# Back this up separately from the database: without it no stored secret can ever be read again,
# and together with a copy of the database it reads all of them.
# Change it with "npm run keys -- rotate-root", never while that runs. Keep it chmod 600.
`;

const ACCESSIBLE_TO_OTHERS = 0o077;
const OWNER_ONLY = 0o600;

/** The root key file does not exist: what a first start may answer by making one. */
export class RootKeyFileMissing extends RootKeyError {}

interface OpenedFile {
  path: string;
  uid: number;
  gid: number;
  lines: string[];
}

/**
 * Reads the root keys of a file. Throws RootKeyFileMissing when there is no file; RootKeyError when it cannot be read,
 * when anyone but its owner has access, or when a line is no key or has the id of another key.
 */
export function readRootKeyFile(path: string): RootKeySet {
  return parseLines(path, openRootKeyFile(path).lines);
}

/**
 * Makes a file with one new root key, readable by its owner alone, durable when this returns. The folder must exist. Throws
 * RootKeyError when the file exists: a root key is never overwritten.
 */
export function createRootKeyFile(path: string): RootKeySet {
  const rootKey = generateRootKey();
  try {
    writeDurably(path, `${HEADER}${keyLine(rootKey)}\n`);
  } catch (error) {
    if (isFileError(error, 'EEXIST')) {
      throw new RootKeyError(`The root key file ${path} exists already; it was left as it is.`, {
        cause: error,
      });
    }
    throw error;
  }
  syncFolder(path);
  return new RootKeySet([rootKey]);
}

/**
 * Adds a new root key in front of the others, by replacing the file whole, durable when this returns. One process at a time
 * changes the file: whoever rotates holds the rotation lock. Throws as `readRootKeyFile`.
 */
export function addRootKey(path: string): RootKey {
  const file = openRootKeyFile(path);
  parseLines(path, file.lines);
  const rootKey = generateRootKey();
  const newest = file.lines.findIndex(isKeyLine);
  replace(file, file.lines.toSpliced(newest, 0, keyLine(rootKey)));
  return rootKey;
}

/**
 * Removes all root keys but those named and gives the ids it removed, by replacing the file whole. One process at a time, as
 * `addRootKey`. Throws RootKeyError, with nothing changed, when a named id is not in the file or the newest is not named.
 */
export function retireRootKeys(path: string, keepIds: readonly string[]): string[] {
  const file = openRootKeyFile(path);
  const rootKeys = parseLines(path, file.lines);
  const unknown = keepIds.filter((id) => !rootKeys.get(id));
  if (unknown.length > 0)
    throw new RootKeyError(`The root key file ${path} does not hold ${unknown.join(', ')}.`);
  if (!keepIds.includes(rootKeys.current.id)) {
    throw new RootKeyError(`The root key ${rootKeys.current.id} is the newest in ${path} and must be kept.`);
  }
  const retired = rootKeys.ids().filter((id) => !keepIds.includes(id));
  if (retired.length > 0) {
    replace(
      file,
      file.lines.filter((line) => !isKeyLine(line) || !retired.includes(idOf(line))),
    );
  }
  return retired;
}

/** Opens, checks and reads through one descriptor, so that what was checked is what is read. */
function openRootKeyFile(givenPath: string): OpenedFile {
  let descriptor: number | undefined;
  try {
    const path = realpathSync(givenPath);
    descriptor = openSync(path, 'r');
    const { uid, gid, mode } = fstatSync(descriptor);
    if (mode & ACCESSIBLE_TO_OTHERS) {
      throw new RootKeyError(`Others have access to the root key file ${path}. Run: chmod 600 ${path}`);
    }
    return { path, uid, gid, lines: readFileSync(descriptor, 'utf8').split('\n') };
  } catch (error) {
    if (error instanceof RootKeyError) throw error;
    if (isFileError(error, 'ENOENT')) {
      throw new RootKeyFileMissing(
        `The root key file ${givenPath} does not exist. Restore it from your backup; for a new database, make a key with ` +
          '"openssl rand -base64 32" and set CREDVAULT_ROOT_KEY, or name its file in CREDVAULT_ROOT_KEY_FILE.',
        { cause: error },
      );
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new RootKeyError(`The root key file ${givenPath} cannot be read: ${reason}`, { cause: error });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function parseLines(path: string, lines: readonly string[]): RootKeySet {
  const keys = lines.flatMap((line, index) => (isKeyLine(line) ? [parseKeyLine(line, path, index + 1)] : []));
  if (keys.length === 0) {
    throw new RootKeyError(
      `The root key file ${path} holds no key. Restore it from your backup; if nothing was ever stored, delete it and start again.`,
    );
  }
  if (new Set(keys.map(({ id }) => id)).size !== keys.length) {
    throw new RootKeyError(`The root key file ${path} holds the same key twice.`);
  }
  return new RootKeySet(keys);
}

function parseKeyLine(line: string, path: string, lineNumber: number): RootKey {
  const source = `${path}, line ${lineNumber},`;
  const [id, keyText, ...rest] = line.trim().split(/\s+/);
  if (!id?.startsWith('rk_') || keyText === undefined || rest.length > 0) {
    throw new RootKeyError(`${source} is not "<id> <key>", with an id that begins with rk_.`);
  }
  const rootKey = parseRootKey(keyText, source);
  if (rootKey.id !== id) {
    throw new RootKeyError(`${source} has an id that does not belong to its key, whose id is ${rootKey.id}.`);
  }
  return rootKey;
}

function isKeyLine(line: string): boolean {
  const text = line.trim();
  return text !== '' && !text.startsWith('#');
}

function idOf(line: string): string {
  return line.trim().split(/\s+/)[0] ?? '';
}

function keyLine(rootKey: RootKey): string {
  return `${rootKey.id} ${rootKeyText(rootKey)}`;
}

/** Puts a complete new file in the old one's place, with the old one's owner, so that a crash leaves one of the two. */
function replace(file: OpenedFile, lines: readonly string[]): void {
  const temporary = `${file.path}.${randomBytes(6).toString('hex')}.tmp`;
  writeDurably(temporary, lines.join('\n'), file);
  try {
    renameSync(temporary, file.path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(file.path);
}

/** Writes a file that must not exist yet and syncs it. An unfinished file is removed again. */
function writeDurably(path: string, text: string, owner?: { uid: number; gid: number }): void {
  const descriptor = openSync(path, 'wx', OWNER_ONLY);
  try {
    writeFileSync(descriptor, text);
    if (owner) giveTo(descriptor, owner);
    fsyncSync(descriptor);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** An operator who rotates as root must not take the file away from the service's account. */
function giveTo(descriptor: number, owner: { uid: number; gid: number }): void {
  const { uid, gid } = fstatSync(descriptor);
  if (uid !== owner.uid || gid !== owner.gid) fchownSync(descriptor, owner.uid, owner.gid);
}

function syncFolder(path: string): void {
  const descriptor = openSync(dirname(path), 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function isFileError(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
