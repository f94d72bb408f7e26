import { chownSync, closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { errorCode, errorMessage } from './error-code.js';

/** Held while the cluster of a data folder is made, started, restarted or stopped. */
export interface LaunchLock {
  release(): void;
}

/** https://sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;
const RETRY_MS = 15;

/**
 * Takes the one lock of a data folder, waiting while another process (or another start in this one) holds it.
 *
 * Node has no flock. A lock file with a pid in it would need rules for the death of its holder, and taking over a
 * stale one is itself a race. So the lock is the exclusive lock of an empty SQLite file, which Node brings along:
 * a lock of the kernel, gone at the very moment the holder dies, however it dies. Nothing is ever written to it.
 * Never open that file by other means: closing any descriptor of it drops the process's POSIX locks.
 *
 * @param owner whom a newly made lock file is given to, when the service is root in another user's folder.
 * @throws EmbeddedPostgresError when `timeoutMs` have passed.
 */
export async function takeLaunchLock(
  file: string,
  options: { timeoutMs: number; onWait?: () => void; owner?: { uid: number; gid: number } | null },
): Promise<LaunchLock> {
  createOnce(file, options.owner ?? null);
  const deadline = Date.now() + options.timeoutMs;
  for (let waited = false; ; waited = true) {
    const lock = tryLock(file);
    if (lock) return lock;
    if (!waited) options.onWait?.();
    if (Date.now() > deadline) {
      throw new EmbeddedPostgresError(
        `Another process has been starting or stopping the database for more than ${options.timeoutMs / 1000} s ` +
          `(it holds ${file}). Wait for it, or end it, and try again.`,
      );
    }
    await sleep(RETRY_MS);
  }
}

function tryLock(file: string): LaunchLock | null {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    // Without a journal beside the file there is nothing to leave behind.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return { release: () => database.close() };
  } catch (error) {
    database.close();
    if (isBusy(error)) return null;
    throw new EmbeddedPostgresError(`The lock file ${file} cannot be used: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}

function isBusy(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'errcode' in error && error.errcode === SQLITE_BUSY;
}

/** In one turn of the event loop, so that no lock of this process is held on the file while it is closed. */
function createOnce(file: string, owner: { uid: number; gid: number } | null): void {
  if (existsSync(file)) return;
  try {
    closeSync(openSync(file, 'wx', 0o600));
    if (owner) chownSync(file, owner.uid, owner.gid);
  } catch (cause) {
    if (errorCode(cause) === 'EEXIST') return;
    throw new EmbeddedPostgresError(
      `The lock file ${file} cannot be made (${errorMessage(cause)}). Start CredVault as the user who owns that folder, ` +
        `or choose another one with CREDVAULT_DATA_DIR.`,
      { cause },
    );
  }
}
