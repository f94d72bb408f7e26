import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { commandOf } from './process-command.js';
import { errorCode } from './error-code.js';

/** What a running postmaster says of itself. */
export interface PostmasterAddress {
  pid: number;
  port: number;
  /** Null while it is not yet that far in its start. */
  socketDirectory: string | null;
}

/**
 * The postmaster that really serves this cluster, or null: the file alone proves nothing, since after a crash its
 * pid may be a zombie or belong to a stranger.
 *
 * `postmaster.pid` has one fact per line: pid, data folder, start time, port, first socket folder, listen address,
 * shared memory key, status (src/include/utils/pidfile.h).
 */
export async function livePostmaster(cluster: string): Promise<PostmasterAddress | null> {
  const lines = await readLines(pidFile(cluster));
  const pid = Number(lines[0]);
  if (!(pid > 0) || !(await isPostmasterOf(cluster, pid))) return null;
  return { pid, port: Number(lines[3]) || 0, socketDirectory: lines[4] || null };
}

/**
 * Removes the lock files of a dead postmaster, the one in the cluster and the one beside its socket, where
 * PostgreSQL itself would take them for a living one's: it only asks whether some process of its user has that pid.
 * Call it only with the launch lock held and after `livePostmaster` gave null. Backends that outlived their
 * postmaster still keep a new one from starting, because PostgreSQL looks for the data folder's shared memory too.
 */
export async function removeStaleLockFiles(cluster: string, socketLock: string): Promise<void> {
  for (const file of [pidFile(cluster), socketLock]) {
    const [pid] = await readLines(file);
    if (pid && processExists(Number(pid))) await rm(file, { force: true });
  }
}

/** True when `pid` is alive (a zombie is not) and is the postmaster of this cluster. */
export async function isPostmasterOf(cluster: string, pid: number): Promise<boolean> {
  const command = await commandOf(pid);
  // The title of a backend is one string, "postgres: ...", and never a postmaster.
  if (!command || command.startsWith('postgres: ')) return false;
  const [program = ''] = command.split('\0');
  if (command.includes('\0')) {
    return (
      /^(postgres|postmaster)$/.test(path.basename(program)) && servesCluster(command.split('\0'), cluster)
    );
  }
  return (
    /\b(postgres|postmaster) /.test(command) &&
    (!/ -D /.test(command) || `${command} `.includes(` -D ${cluster} `))
  );
}

/** Another cluster's postmaster names that cluster after -D; one that names none might be ours: leave it alone. */
function servesCluster(args: string[], cluster: string): boolean {
  const flag = args.indexOf('-D');
  return flag === -1 || path.resolve(args[flag + 1] ?? '') === cluster;
}

async function readLines(file: string): Promise<string[]> {
  try {
    return (await readFile(file, 'utf8')).split('\n').map((line) => line.trim());
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function pidFile(cluster: string): string {
  return path.join(cluster, 'postmaster.pid');
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}
