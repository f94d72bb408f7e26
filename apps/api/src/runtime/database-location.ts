import type { Settings } from '@credvault/config/settings.js';
import { parseDatabaseUrl } from '@credvault/database/database-url.js';
import type { DatabaseAddress } from '@credvault/database/data-source.js';
import {
  findEmbeddedPostgres,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '@credvault/database/embedded/embedded-postgres.js';
import { failoverClient } from '@credvault/database/failover-client.js';
import { DataFolderLease, DataFolderTaken } from './data-folder-lease.js';

/** Where the database is, and how to let go of it. */
export interface DatabaseLocation {
  address: DatabaseAddress;
  embedded: boolean;
  /** Folder that holds the embedded cluster, and the root key file unless the settings say otherwise. */
  folder: string;
  /** Stops an embedded PostgreSQL; leaves any other alone. */
  release(): Promise<void>;
}

export interface LocateOptions {
  onProgress: (step: string) => void;
  /** Told when another process took over the data folder: this one must stop. */
  onLeaseLost: (reason: string) => void;
}

/**
 * Finds the database of `DATABASE_URL`, or starts the embedded PostgreSQL of the data folder.
 *
 * @throws Error when another service holds the data folder
 */
export async function locateDatabase(settings: Settings, options: LocateOptions): Promise<DatabaseLocation> {
  if (settings.databaseUrl !== undefined) {
    const address = externalAddress(settings.databaseUrl);
    const release = (): Promise<void> => Promise.resolve();
    return { address, embedded: false, folder: settings.dataDir, release };
  }
  const postgres = await startEmbeddedPostgres({
    dataDir: settings.dataDir,
    dataDirIsDefault: settings.dataDirIsDefault,
    onProgress: options.onProgress,
  });
  const lease = await takeLease(postgres, options);
  return {
    address: postgres.connection,
    embedded: true,
    folder: postgres.location,
    release: async () => {
      await lease.release();
      await postgres.stop();
    },
  };
}

/** For operator commands: the database as it is while the service serves, or started for as long as the command runs. */
export async function locateDatabaseForCommand(
  settings: Settings,
  options: LocateOptions,
): Promise<DatabaseLocation> {
  const { dataDir, dataDirIsDefault } = settings;
  const running =
    settings.databaseUrl === undefined ? await findEmbeddedPostgres({ dataDir, dataDirIsDefault }) : null;
  if (!running) return locateDatabase(settings, options);
  const release = (): Promise<void> => Promise.resolve();
  return {
    address: running.connection,
    embedded: true,
    folder: running.location,
    release,
  };
}

async function takeLease(postgres: EmbeddedPostgres, options: LocateOptions): Promise<DataFolderLease> {
  try {
    return await DataFolderLease.take(postgres.connection, postgres.location, options.onLeaseLost);
  } catch (error) {
    // What another service is using, or may be using, must be left alone; anything else was started for nothing.
    if (!postgres.adopted && !(error instanceof DataFolderTaken)) await postgres.stop();
    throw error;
  }
}

/** The address a `DATABASE_URL` names; with several hosts, a client that follows the primary. */
export function externalAddress(url: string): DatabaseAddress {
  const { hosts, ...rest } = parseDatabaseUrl(url);
  const [first] = hosts;
  if (first === undefined) throw new Error('DATABASE_URL names no host.');
  return { ...rest, ...first, Client: failoverClient(hosts) };
}
