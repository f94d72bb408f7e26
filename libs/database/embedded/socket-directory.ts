import { createHash } from 'node:crypto';
import { chmod, chown, lstat, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { DataFolder } from './data-folder.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { errorCode } from './error-code.js';

/** PostgreSQL names its socket after the port, also where it listens on no port. */
export const SOCKET_PORT = 5432;

/** `sun_path` without its final NUL: unix(7) on Linux, sys/un.h on macOS. */
const LONGEST_SOCKET_PATH = process.platform === 'darwin' ? 103 : 107;

/**
 * The folder of the unix socket, made if need be: only the account that runs PostgreSQL may enter it (and root).
 * It stands beside the data, or, where that path is too long for a socket, in a short place that follows from the
 * path alone, so that every process finds the same one.
 * @throws EmbeddedPostgresError when somebody else already has a folder of that name.
 */
export async function makeSocketDirectory(folder: DataFolder): Promise<string> {
  const directory = fits(folder.sockets) ? folder.sockets : shortDirectory(folder.path);
  const owner = folder.account ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  if (await makeNew(directory)) await chown(directory, owner.uid, owner.gid);
  const found = await lstat(directory);
  if (!found.isDirectory() || found.uid !== owner.uid) {
    throw new EmbeddedPostgresError(
      `The folder of the database's socket, ${directory}, belongs to somebody else (user id ${found.uid}). ` +
        `Remove it, or choose a shorter path with CREDVAULT_DATA_DIR.`,
    );
  }
  await chmod(directory, 0o700);
  return directory;
}

/** The file by which PostgreSQL claims a socket: like `postmaster.pid`, it begins with the pid. */
export function socketLockIn(directory: string): string {
  return path.join(directory, `.s.PGSQL.${SOCKET_PORT}.lock`);
}

function fits(directory: string): boolean {
  return Buffer.byteLength(path.join(directory, `.s.PGSQL.${SOCKET_PORT}`)) <= LONGEST_SOCKET_PATH;
}

/** Not under TMPDIR: that differs between a login shell, sudo and a service manager. */
function shortDirectory(dataFolder: string): string {
  const hash = createHash('sha256').update(dataFolder).digest('hex').slice(0, 16);
  return path.join('/tmp', `credvault-${hash}`);
}

/** A folder made by root that its start did not live to give away is taken for new: nobody else can have made it. */
async function makeNew(directory: string): Promise<boolean> {
  try {
    await mkdir(directory, { mode: 0o700 });
    return true;
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    const found = await lstat(directory);
    return found.isDirectory() && found.uid === process.getuid?.();
  }
}
