import { realpath } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Binaries, findBinaries } from './binaries.js';
import { ensureCluster, ROLE } from './cluster.js';
import type { DataFolder } from './data-folder.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { takeLaunchLock } from './launch-lock.js';
import { requirePassword } from './password-file.js';
import { isPostmasterOf, livePostmaster, type PostmasterAddress, removeStaleLockFiles } from './pid-file.js';
import {
  folderOwner,
  type RunningPostmaster,
  spawnPostmaster,
  stopPostmaster,
  watchPostmaster,
} from './postmaster.js';
import { type SocketConnection, waitUntilReady } from './readiness.js';
import { makeSocketDirectory, SOCKET_PORT, socketLockIn } from './socket-directory.js';

/** A postmaster that answers. */
export interface Launched extends RunningPostmaster {
  connection: SocketConnection;
  /** The cluster was created on the way. */
  isNewCluster: boolean;
  /** It was running already, for itself or for another service. */
  adopted: boolean;
}

export interface LaunchChoices {
  binDir?: string;
  settings?: Record<string, string>;
}

const DATABASE = 'credvault';
/** Longer than a start with initdb on a slow disk; a holder that dies frees the lock at once. */
const LOCK_TIMEOUT_MS = 120_000;
/** Backends that outlive a killed postmaster end by themselves, unless they are in the middle of a long computation. */
const ORPHANS_TIMEOUT_MS = 15_000;
const ORPHANS_RETRY_MS = 50;
/** What PostgreSQL says when backends of its predecessor still hold the shared memory (sysv_shmem.c). */
const HELD_BY_ORPHANS = 'pre-existing shared memory block';

/** Starts, adopts and stops the postmaster of one data folder, each under the folder's launch lock. */
export class Launcher {
  readonly #folder: DataFolder;
  readonly #choices: LaunchChoices;
  readonly #onProgress: (step: string) => void;

  constructor(folder: DataFolder, choices: LaunchChoices, onProgress: (step: string) => void) {
    this.#folder = folder;
    this.#choices = choices;
    this.#onProgress = onProgress;
  }

  /** Adopts the postmaster that runs, else starts one, creating the cluster if there is none. */
  start(): Promise<Launched> {
    return this.#underLock(async () => (await this.#adopt()) ?? this.#launch({ mayCreate: true }));
  }

  /** The same for a cluster that must be there: one that vanished is never replaced by an empty one. */
  restart(signal: AbortSignal): Promise<Launched> {
    return this.#underLock(
      async () => (await this.#adopt(signal)) ?? this.#launch({ mayCreate: false, signal }),
    );
  }

  stop(): Promise<void> {
    return this.#underLock(() => stopPostmaster(this.#folder));
  }

  async #underLock<T>(work: () => Promise<T>): Promise<T> {
    const lock = await takeLaunchLock(this.#folder.launchLock, {
      timeoutMs: LOCK_TIMEOUT_MS,
      owner: await folderOwner(this.#folder),
      onWait: () => this.#onProgress('Another process is starting or stopping the database; waiting for it'),
    });
    try {
      return await work();
    } finally {
      lock.release();
    }
  }

  async #adopt(signal?: AbortSignal): Promise<Launched | null> {
    const running = await livePostmaster(this.#folder.cluster);
    if (!running) return null;
    const isAlive = () => isPostmasterOf(this.#folder.cluster, running.pid);
    const connection = await connectionTo(this.#folder, running, isAlive);
    const facts = connection && (await waitUntilReady(connection, isAlive, this.#onProgress, signal));
    // It was on its way out, or died at this moment.
    if (!connection || !facts) return null;
    if ((await realpath(facts.dataDirectory)) !== this.#folder.cluster) {
      throw new EmbeddedPostgresError(
        `The database behind ${connection.host} keeps its data in ${facts.dataDirectory} instead of ` +
          `${this.#folder.cluster}. Stop that PostgreSQL (pid ${running.pid}) and start again.`,
      );
    }
    return { ...watchPostmaster(this.#folder, running.pid), connection, isNewCluster: false, adopted: true };
  }

  async #launch({ mayCreate, signal }: { mayCreate: boolean; signal?: AbortSignal }): Promise<Launched> {
    const folder = this.#folder;
    const binaries = await findBinaries(folder, this.#choices.binDir, this.#onProgress);
    const isNewCluster = await ensureCluster(folder, binaries, mayCreate, this.#onProgress);
    const socketDirectory = await makeSocketDirectory(folder);
    await removeStaleLockFiles(folder.cluster, socketLockIn(socketDirectory));
    const connection = {
      host: socketDirectory,
      port: SOCKET_PORT,
      user: ROLE,
      password: await requirePassword(folder.passwordFile, folder.cluster),
      database: DATABASE,
    };
    for (const deadline = Date.now() + ORPHANS_TIMEOUT_MS; ; await sleep(ORPHANS_RETRY_MS)) {
      const attempt = await this.#spawn(binaries, connection, signal);
      if (typeof attempt !== 'string') return { ...attempt, connection, isNewCluster, adopted: false };
      if (attempt.includes(HELD_BY_ORPHANS) && Date.now() < deadline && !signal?.aborted) continue;
      throw new EmbeddedPostgresError(
        `PostgreSQL did not start. It said (in ${folder.log}):\n  ${attempt || 'nothing: it was ended'}`,
      );
    }
  }

  /** @returns the postmaster once it answers, or its last words when it ended instead. */
  async #spawn(
    binaries: Binaries,
    connection: SocketConnection,
    signal?: AbortSignal,
  ): Promise<RunningPostmaster | string> {
    const postmaster = await spawnPostmaster(this.#folder, binaries, connection.host, this.#choices.settings);
    const facts = await waitUntilReady(connection, postmaster.isAlive, this.#onProgress, signal).catch(
      async (error: unknown) => {
        await stopPostmaster(this.#folder);
        throw error;
      },
    );
    if (!facts) return postmaster.lastWords();
    this.#onProgress(`PostgreSQL ${facts.version} is up (pid ${postmaster.pid})`);
    return postmaster;
  }
}

/**
 * How to connect to a running postmaster; null when it ended before it had a socket.
 * @throws EmbeddedPostgresError when the password file is missing or closed to this user.
 */
export async function connectionTo(
  folder: DataFolder,
  running: PostmasterAddress,
  isAlive: () => Promise<boolean>,
): Promise<SocketConnection | null> {
  const password = await requirePassword(folder.passwordFile, folder.cluster);
  let address: PostmasterAddress | null = running;
  while (address && !address.socketDirectory) {
    await sleep(10);
    address = (await isAlive()) ? await livePostmaster(folder.cluster) : null;
  }
  if (!address?.socketDirectory) return null;
  return { host: address.socketDirectory, port: address.port, user: ROLE, password, database: DATABASE };
}
