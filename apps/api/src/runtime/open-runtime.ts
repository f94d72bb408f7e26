import cluster from 'node:cluster';
import pg from 'pg';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { createAuditPartitions } from '@credvault/audit-log/audit-partitions.js';
import type { Settings } from '@credvault/config/settings.js';
import { RootKeys } from '@credvault/crypto/root-keys.js';
import { holdsKeys, openSystemKeys, verifyRootKeys } from '@credvault/crypto/system-keys.js';
import {
  openDataSource,
  poolConfig,
  type CommitDurability,
  type DatabaseAddress,
} from '@credvault/database/data-source.js';
import { Database } from '@credvault/database/database.js';
import { InvalidationChannel } from '@credvault/database/invalidation-channel.js';
import { describeError } from '@credvault/http/error-description.js';
import { Counters, type CountingStatus } from '@credvault/rate-limit/counters.js';
import { migrations } from '../../migrations/migrations.js';
import { entities } from '../entities.js';
import { connectionsOf } from './connections.js';
import { locateDatabase, locateDatabaseForCommand, type DatabaseLocation } from './database-location.js';
import { rootKeySource } from './root-key-source.js';
import type { Runtime } from './runtime.js';

export interface OpenRuntimeOptions {
  settings: Settings;
  logger: Logger;
  /** Told what the start is doing, in sentences for people. */
  onProgress?: (step: string) => void;
  onLeaseLost?: (reason: string) => void;
  /** Ends the opening after the step under way, with the signal's reason. */
  signal?: AbortSignal;
  /** The database, where the caller has found it already; the caller also lets go of it. */
  location?: DatabaseLocation;
  /** For an operator's command, which may run while the service serves the same data folder. */
  forCommand?: boolean;
  /** For the crash suite alone. */
  durability?: CommitDurability;
}

/**
 * Opens everything the application stands on, in the order in which it can fail: database, root key (checked before
 * anything is written), schema, partitions, system keys, invalidation channel. What was opened is closed again when a
 * later step fails.
 */
export async function openRuntime(options: OpenRuntimeOptions): Promise<Runtime> {
  const { settings, logger } = options;
  const onProgress = options.onProgress ?? (() => undefined);
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse())
      await closer().catch((error: unknown) => logger.error(error));
  };
  try {
    const location = options.location ?? (await findDatabase(options, onProgress));
    if (!options.location) closers.push(() => location.release());
    const { address, folder } = location;
    const connections = connectionsOf(settings.processes);
    options.signal?.throwIfAborted();
    const dataSource = await openDataSource({
      address,
      entities,
      migrations,
      poolSize: connections.transactions,
      durability: options.durability,
      onPoolError: (error) => logger.warn({ error: error.message }, 'a database connection broke'),
    });
    closers.push(() => dataSource.destroy());
    options.signal?.throwIfAborted();
    const durability = options.durability ?? 'on';
    const readPool = openPool(address, { max: connections.reads }, durability, logger);
    closers.push(() => readPool.end());
    const database = new Database(dataSource, readPool);
    const rootKeys = await openRootKeys(options, location, database);
    options.signal?.throwIfAborted();
    await migrate(dataSource, database, onProgress);
    options.signal?.throwIfAborted();
    const systemKeys = await openSystemKeys(database, rootKeys.set);
    // Reveals wait for it, and readiness asks it: so it notices sooner than the others that nobody answers.
    const audit = { max: connections.audit, query_timeout: 10_000 };
    const auditPool = openPool(address, audit, durability, logger);
    closers.push(() => auditPool.end());
    const channel = new InvalidationChannel(address, (error) =>
      logger.warn(
        { error: (error as Error).message },
        'the invalidation channel is down; caches are bypassed',
      ),
    );
    await channel.open();
    closers.push(() => channel.close());
    const counters = await Counters.open({
      redisUrl: settings.redisUrl,
      inCluster: cluster.isWorker,
      onChange: tellWhereLimitsCount(logger),
    });
    closers.push(() => counters.close());
    return {
      settings,
      logger,
      address,
      folder,
      database,
      auditPool,
      rootKeys,
      systemKeys,
      channel,
      counters,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function findDatabase(
  { settings, forCommand, onLeaseLost }: OpenRuntimeOptions,
  onProgress: (step: string) => void,
): Promise<DatabaseLocation> {
  const locate = forCommand ? locateDatabaseForCommand : locateDatabase;
  return locate(settings, { onProgress, onLeaseLost: onLeaseLost ?? (() => undefined) });
}

/** Finds the root keys and proves that they are the database's, before anything is written. */
async function openRootKeys(
  { settings, onProgress }: OpenRuntimeOptions,
  location: DatabaseLocation,
  database: Database,
): Promise<RootKeys> {
  const used = await holdsKeys(database);
  const rootKeys = RootKeys.open(
    rootKeySource(settings, location.folder),
    location.embedded && !used,
    (path) =>
      onProgress?.(`Made the root key ${path}: back this up separately, nothing can be read without it`),
  );
  if (used) await verifyRootKeys(database, rootKeys.set);
  return rootKeys;
}

/** Brings the schema up to date; of several processes that start at once, one migrates and the others wait. */
async function migrate(
  dataSource: DataSource,
  database: Database,
  onProgress: (step: string) => void,
): Promise<void> {
  const lock = dataSource.createQueryRunner();
  await lock.connect();
  try {
    await lock.query(`SET lock_timeout = 0`);
    await lock.query(`SELECT pg_advisory_lock(hashtext('credvault:migrations'))`);
    const done = await dataSource.runMigrations();
    onProgress(done.length === 0 ? 'The schema is up to date' : `Migrated the schema (${done.length} steps)`);
    await createAuditPartitions(database);
  } finally {
    await lock.query(`SELECT pg_advisory_unlock(hashtext('credvault:migrations'))`).catch(() => undefined);
    await lock.query(`RESET lock_timeout`).catch(() => undefined);
    await lock.release();
  }
}

/** Says in the log when limits are counted nearer than they should be, and when that is over. */
function tellWhereLimitsCount(logger: Logger): (status: CountingStatus, reason?: unknown) => void {
  return (status, reason) => {
    if (status !== 'fallback') return logger.info({ limits: status }, 'limits are counted together again');
    logger.warn(
      { limits: status, error: describeError(reason) },
      'limits are counted by this process alone: the place where they are counted together does not answer',
    );
  };
}

/** A pool beside the one of transactions. */
function openPool(
  address: DatabaseAddress,
  config: pg.PoolConfig,
  durability: CommitDurability,
  logger: Logger,
): pg.Pool {
  const pool = new pg.Pool({ ...poolConfig(address, durability), ...config });
  pool.on('error', (error) => logger.warn({ error: error.message }, 'a database connection broke'));
  return pool;
}
