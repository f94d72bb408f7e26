import type { Client, ClientBase, ClientConfig, Pool, PoolConfig } from 'pg';
import { DataSource, type MixedList, type EntitySchema } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';

/** Where the database is: one host (a socket folder counts) or several of which one is the primary. */
export interface DatabaseAddress {
  host: string;
  port: number;
  user: string;
  password?: string;
  database: string;
  ssl?: ClientConfig['ssl'];
  applicationName?: string;
  /** Milliseconds to wait for a connection. */
  connectTimeoutMillis?: number;
  /** A `pg.Client` that follows the primary; for several hosts. */
  Client?: typeof Client;
}

/**
 * What an acknowledged commit is worth. `on` is what the service runs with; `off` exists so that the crash suite can
 * show that it would notice a loss, and no setting reaches it.
 */
export type CommitDurability = 'on' | 'off';

export interface DataSourceOptions {
  address: DatabaseAddress;
  entities: MixedList<string | EntitySchema | (new () => object)>;
  migrations: (new () => object)[];
  /** Most connections of the pool. */
  poolSize: number;
  durability?: CommitDurability;
  /** Told of connections that broke while idle; the pool replaces them. */
  onPoolError?: (error: Error) => void;
}

/** Raises `synchronous_commit` to `on`, and leaves `remote_apply`, the one stronger level, alone. */
const raiseDurability = `SELECT set_config('synchronous_commit', 'on', false)
  WHERE current_setting('synchronous_commit') <> 'remote_apply'`;

/** `pg` options of every connection the service opens, so that none waits or lingers without end. */
export function connectionConfig(address: DatabaseAddress): ClientConfig {
  const { host, port, user, password, database, ssl } = address;
  return {
    host,
    port,
    user,
    password,
    database,
    ssl,
    application_name: address.applicationName ?? 'credvault',
    connectionTimeoutMillis: address.connectTimeoutMillis ?? 5_000,
    statement_timeout: 60_000,
    lock_timeout: 20_000,
    idle_in_transaction_session_timeout: 120_000,
    // The server ends a statement after 60 s; what is silent for longer will not answer any more.
    query_timeout: 65_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
}

/** Options of every pool of the service. Nobody gets a connection before it has the durability it must have. */
export function poolConfig(address: DatabaseAddress, durability: CommitDurability): PoolConfig {
  const { Client } = address;
  const statement = durability === 'on' ? raiseDurability : `SET synchronous_commit = off`;
  const config = {
    ...connectionConfig(address),
    idleTimeoutMillis: 60_000,
    maxLifetimeSeconds: 1_800,
    ...(Client ? { Client } : {}),
  };
  // The pool waits for what this returns, although its types do not say so.
  return Object.assign(config, { onConnect: (client: ClientBase) => client.query(statement) });
}

/**
 * Opens the service's data source.
 *
 * @throws Error when the server runs with `fsync=off`, which would make every promise about durability void
 */
export async function openDataSource(options: DataSourceOptions): Promise<DataSource> {
  const { host, port, user, password, database, ssl } = options.address;
  const dataSource = new DataSource({
    type: 'postgres',
    host,
    port,
    username: user,
    password,
    database,
    ssl: ssl as never,
    entities: options.entities,
    migrations: options.migrations,
    migrationsTableName: 'schema_migrations',
    migrationsTransactionMode: 'each',
    synchronize: false,
    installExtensions: false,
    parseInt8: true,
    poolErrorHandler: (error: Error) => options.onPoolError?.(error),
    extra: { ...poolConfig(options.address, options.durability ?? 'on'), max: options.poolSize },
  });
  await dataSource.initialize();
  const pool = (dataSource.driver as PostgresDriver).master as Pool;
  await refuseUnsafeServer(dataSource, pool);
  return dataSource;
}

async function refuseUnsafeServer(dataSource: DataSource, pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ fsync: string; version: number }>(
    `SELECT current_setting('fsync') AS fsync, current_setting('server_version_num')::int AS version`,
  );
  const server = rows[0];
  let problem: string | undefined;
  if (server?.fsync !== 'on') {
    problem =
      'The PostgreSQL server runs with fsync=off: a crash would lose data that was acknowledged. Set fsync=on.';
  } else if (server.version < 150_000) {
    problem = `The PostgreSQL server has version ${Math.floor(server.version / 10_000)}; CredVault needs 15 or later.`;
  }
  if (problem === undefined) return;
  await dataSource.destroy();
  throw new Error(problem);
}
