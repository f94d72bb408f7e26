import type { Settings } from '@credvault/config/settings.js';
import { parseDatabaseUrl } from '@credvault/database/database-url.js';
import type { DatabaseAddress } from '@credvault/database/data-source.js';
import {
  findEmbeddedPostgres,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '@credvault/database/embedded/embedded-postgres.js';
import { failoverClient } from '@credvault/database/failover-client.js';
import { connectionsOfAll } from './connections.js';
import { DataFolderLease, DataFolderTaken } from './data-folder-lease.js';

/** For the lease, operators' commands, and PostgreSQL's superuser_reserved_connections. */
const spareConnections = 16;

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
  if (settings.databaseUrl !== undefined) return external(settings, settings.databaseUrl);
  const postgres = await startEmbeddedPostgres({
    dataDir: settings.dataDir,
    dataDirIsDefault: settings.dataDirIsDefault,
    onProgress: options.onProgress,
    settings: serverSettings(settings.processes),
  });
  const lease = await takeLease(postgres, options);
  // Only now is it nobody else's: a start that finds the folder taken has adopted nothing.
  if (postgres.adopted) {
    options.onProgress(`Adopted PostgreSQL, which was still running (pid ${postgres.pid})`);
  }
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

/**
 * For a worker: the database that its primary has opened, of which it has nothing to release.
 *
 * @throws Error when PostgreSQL is down at this moment
 */
export async function joinDatabase(settings: Settings): Promise<DatabaseLocation> {
  if (settings.databaseUrl !== undefined) return external(settings, settings.databaseUrl);
  const running = await findRunning(settings);
  if (!running) throw new Error('PostgreSQL does not run at the moment.');
  return running;
}

/** For operator commands: the database as it is while the service serves, or started for as long as the command runs. */
export async function locateDatabaseForCommand(
  settings: Settings,
  options: LocateOptions,
): Promise<DatabaseLocation> {
  const running = settings.databaseUrl === undefined ? await findRunning(settings) : undefined;
  return running ?? locateDatabase(settings, options);
}

/** PostgreSQL's own 100 connections do for 6 processes and an operator's command. */
function serverSettings(processes: number): Record<string, string> {
  const needed = connectionsOfAll(processes) + spareConnections;
  return needed > 100 ? { max_connections: String(needed) } : {};
}

function external(settings: Settings, url: string): DatabaseLocation {
  return { address: externalAddress(url), embedded: false, folder: settings.dataDir, release: leaveAlone };
}

/** The embedded PostgreSQL as it runs for somebody else, if it does. */
async function findRunning({ dataDir, dataDirIsDefault }: Settings): Promise<DatabaseLocation | undefined> {
  const running = await findEmbeddedPostgres({ dataDir, dataDirIsDefault });
  if (!running) return undefined;
  const { connection, location } = running;
  return { address: connection, embedded: true, folder: location, release: leaveAlone };
}

function leaveAlone(): Promise<void> {
  return Promise.resolve();
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
