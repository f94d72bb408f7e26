import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, rename } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries.js';
import { childEnvironment, runUnder } from './child-process.js';
import type { DataFolder } from './data-folder.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { isPostmasterOf, livePostmaster } from './pid-file.js';
import { SOCKET_PORT } from './socket-directory.js';
import { errorCode, errorMessage } from './error-code.js';

/** A postmaster at work, started by this process or found at work. */
export interface RunningPostmaster {
  pid: number;
  /** Resolves when it has ended, for whatever reason. Does not keep the process of the service alive. */
  ended: Promise<void>;
}

export interface SpawnedPostmaster extends RunningPostmaster {
  isAlive: () => Promise<boolean>;
  /** The last lines it wrote to the log, and why it could not even be started. */
  lastWords: () => Promise<string>;
}

const LOG_LIMIT_BYTES = 4 * 1024 * 1024;
const WATCH_MS = process.platform === 'linux' ? 200 : 1_000;
const STOP_POLL_MS = 10;
/** How long a fast shutdown, which writes a checkpoint, may take before the immediate one, which loses nothing either. */
const FAST_SHUTDOWN_MS = 60_000;

/**
 * Starts PostgreSQL on the cluster, in a session of its own: Ctrl-C in the terminal reaches the service alone, which
 * then stops the database in order. Its output goes to the log of the data folder.
 * Statements stay out of that log: they can hold names and addresses of people.
 */
export async function spawnPostmaster(
  folder: DataFolder,
  binaries: Binaries,
  socketDirectory: string,
  extraSettings: Record<string, string> = {},
): Promise<SpawnedPostmaster> {
  const log = await openLog(folder);
  const begin = (await log.stat()).size;
  const settings = { ...standardSettings(socketDirectory), ...extraSettings };
  const child = spawn(
    binaries.postgres,
    [
      '-D',
      folder.cluster,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    {
      cwd: '/',
      env: childEnvironment(),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      ...runUnder(folder.account),
    },
  );
  const failure = failureOf(child);
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => resolve()).once('error', () => resolve()),
  );
  child.unref();
  await log.close();
  return {
    pid: child.pid ?? 0,
    ended,
    isAlive: () =>
      Promise.resolve(child.pid !== undefined && child.exitCode === null && child.signalCode === null),
    lastWords: async () => failure() || readFrom(folder.log, begin),
  };
}

/** Watches a postmaster that is not a child of this process. */
export function watchPostmaster(folder: DataFolder, pid: number): RunningPostmaster {
  const watch = async () => {
    do await sleep(WATCH_MS, undefined, { ref: false });
    while (await isPostmasterOf(folder.cluster, pid));
  };
  return { pid, ended: watch() };
}

/**
 * Fast shutdown: open transactions are rolled back, the rest is on disk, and only then this returns. Does nothing
 * when no postmaster runs. Call it with the launch lock held, so that no start adopts what is about to end.
 */
export async function stopPostmaster(folder: DataFolder): Promise<void> {
  const running = await livePostmaster(folder.cluster);
  if (!running) return;
  signal(running.pid, 'SIGINT');
  let deadline = Date.now() + FAST_SHUTDOWN_MS;
  while (await isPostmasterOf(folder.cluster, running.pid)) {
    if (Date.now() > deadline) {
      signal(running.pid, 'SIGQUIT');
      deadline = Infinity;
    }
    await sleep(STOP_POLL_MS);
  }
}

function standardSettings(socketDirectory: string): Record<string, string> {
  return {
    listen_addresses: '',
    // Quoted, since the setting is a list: a path may hold a comma.
    unix_socket_directories: `"${socketDirectory.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0700',
    port: String(SOCKET_PORT),
    password_encryption: 'scram-sha-256',
    max_connections: '100',
    shared_buffers: '128MB',
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    TimeZone: 'UTC',
    log_timezone: 'UTC',
    logging_collector: 'off',
    log_checkpoints: 'off',
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
  };
}

/** A log that has grown is set aside, replacing the one set aside before. A symbolic link is never followed. */
async function openLog(folder: DataFolder): Promise<FileHandle> {
  const size = await lstat(folder.log).then(
    (log) => log.size,
    () => 0,
  );
  if (size > LOG_LIMIT_BYTES) await rename(folder.log, `${folder.log}.1`);
  try {
    const flags = constants.O_CREAT | constants.O_APPEND | constants.O_WRONLY | constants.O_NOFOLLOW;
    const log = await open(folder.log, flags, 0o600);
    const owner = await folderOwner(folder);
    if (owner) await log.chown(owner.uid, owner.gid);
    return log;
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `The log ${folder.log} cannot be written (${errorMessage(cause)}). Start CredVault as the user who owns that folder, ` +
        `or choose another one with CREDVAULT_DATA_DIR.`,
      { cause },
    );
  }
}

/**
 * Whom new files are given to when the service is root in the data folder of a normal user, who will want to start
 * it again; otherwise null.
 */
export async function folderOwner(folder: DataFolder): Promise<{ uid: number; gid: number } | null> {
  const { uid, gid } = await lstat(folder.path);
  return folder.account?.uid === uid ? { uid, gid } : null;
}

function failureOf(child: ChildProcess): () => string {
  let failure = '';
  child.once('error', (error) => (failure = error.message));
  return () => failure;
}

async function readFrom(file: string, begin: number): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(16 * 1024), { position: begin });
    return buffer.toString('utf8', 0, bytesRead).trim().split('\n').slice(-8).join('\n  ');
  } finally {
    await handle.close();
  }
}

function signal(pid: number, name: 'SIGINT' | 'SIGQUIT'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}
