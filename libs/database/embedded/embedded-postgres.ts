import { type DataFolderChoice, existingDataFolder, settleDataFolder } from './data-folder.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { connectionTo, type LaunchChoices, Launcher } from './launcher.js';
import { isPostmasterOf, livePostmaster } from './pid-file.js';
import type { SocketConnection } from './readiness.js';
import { Supervisor } from './supervisor.js';

export { EmbeddedPostgresError } from './embedded-postgres-error.js';

export interface EmbeddedPostgresOptions extends DataFolderChoice, LaunchChoices {
  /** The data folder (CREDVAULT_DATA_DIR), absolute. */
  dataDir: string;
  /**
   * The user did not choose it. As root, where the account that runs PostgreSQL cannot reach it, the data then goes
   * to `/var/lib/credvault/<hash of the checkout>` instead.
   */
  dataDirIsDefault: boolean;
  /** Told each step in a sentence for people, and later each restart. */
  onProgress?: (step: string) => void;
  /** Programs to use instead of the packaged ones. */
  binDir?: string;
  /** Settings of PostgreSQL on top of the standard ones. No setting of the service says them freely. */
  settings?: Record<string, string>;
}

export interface EmbeddedPostgres {
  /** How to connect; `host` is the folder of the unix socket. It stays the same over restarts. */
  readonly connection: SocketConnection;
  /** True when this very start created the cluster. */
  readonly firstStart: boolean;
  /** True when it was running before this start, perhaps for another service. */
  readonly adopted: boolean;
  /** The folder that holds the cluster. */
  readonly location: string;
  /** The postmaster's process id; a restart changes it. */
  readonly pid: number;
  /** Ends the supervision and shuts PostgreSQL down (fast), returning when it has ended. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL on the data folder, creating the cluster and its database at first, or adopts the one that is
 * still running there (after kill -9 of the service, or beside another service). From then on a postmaster that
 * dies is started again, until `stop()`.
 *
 * Of several starts at one moment exactly one starts the postmaster. Whether a second *service* may work on the
 * folder is for the caller to decide, with a lock in the database; one that may not just exits, without `stop()`.
 * @throws EmbeddedPostgresError with a message that says what to do.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  refuseWindows();
  const onProgress = options.onProgress ?? (() => undefined);
  const folder = await settleDataFolder(options, onProgress);
  const launcher = new Launcher(folder, options, onProgress);
  const first = await launcher.start();
  const supervisor = new Supervisor(first, (signal) => launcher.restart(signal), onProgress);
  let stopped: Promise<void> | undefined;
  return {
    connection: first.connection,
    firstStart: first.isNewCluster,
    adopted: first.adopted,
    location: folder.path,
    get pid() {
      return supervisor.pid;
    },
    stop: () => (stopped ??= supervisor.end().then(() => launcher.stop())),
  };
}

/**
 * The running cluster of a data folder, or null when none runs there: for operator commands that run while the
 * service serves. It changes nothing and starts nothing.
 * @throws EmbeddedPostgresError when this user may not look into the folder or read its password file.
 */
export async function findEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<Pick<EmbeddedPostgres, 'connection' | 'location'> | null> {
  refuseWindows();
  const folder = await existingDataFolder(options);
  const running = folder && (await livePostmaster(folder.cluster));
  if (!running) return null;
  const isAlive = (): Promise<boolean> => isPostmasterOf(folder.cluster, running.pid);
  const connection = await connectionTo(folder, running, isAlive);
  return connection && { connection, location: folder.path };
}

function refuseWindows(): void {
  if (process.platform !== 'win32') return;
  throw new EmbeddedPostgresError(
    'The embedded database does not run on Windows itself. Run CredVault in WSL or in Docker, or set DATABASE_URL.',
  );
}
