import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { errorCode, errorMessage } from './error-code.js';

/** What a `pg.Client` needs to reach the cluster: `host` is the folder of the unix socket. */
export interface SocketConnection {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

/** What the server says of itself once it answers. */
export interface ServerFacts {
  version: string;
  dataDirectory: string;
}

/** PostgreSQL, appendix A: SQLSTATE codes. */
const INVALID_CATALOG_NAME = '3D000';
const DUPLICATE_DATABASE = '42P04';
const INVALID_AUTHORIZATION = /^28/;
const CANNOT_CONNECT_NOW = '57P03';

const RETRY_MS = 10;
const SAY_EVERY_MS = 5_000;
const UNREACHABLE_AFTER_MS = 60_000;

/**
 * Waits until the cluster answers, and makes its database if it has none yet. Recovery after a crash takes as long
 * as it takes: while the server says that it is starting, this waits.
 * @param isAlive tells whether the postmaster still runs; when it does not, the result is null.
 * @throws EmbeddedPostgresError when the password is refused or nothing can be reached for a minute; the reason of
 * `signal` when that is aborted.
 */
export async function waitUntilReady(
  connection: SocketConnection,
  isAlive: () => Promise<boolean>,
  onProgress: (step: string) => void,
  signal?: AbortSignal,
): Promise<ServerFacts | null> {
  const began = Date.now();
  for (let said = began; ; await sleep(RETRY_MS)) {
    signal?.throwIfAborted();
    const { facts, failure } = await ask(connection);
    if (facts) return facts;
    const code = errorCode(failure);
    if (code === INVALID_CATALOG_NAME) await createDatabase(connection);
    else if (INVALID_AUTHORIZATION.test(code)) throw passwordRefused(failure);
    else if (!(await isAlive())) return null;
    else if (code !== CANNOT_CONNECT_NOW && Date.now() - began > UNREACHABLE_AFTER_MS)
      throw unreachable(failure);
    if (Date.now() - said > SAY_EVERY_MS) {
      said = Date.now();
      onProgress(`PostgreSQL is still starting (${errorMessage(failure)})`);
    }
  }
}

async function ask(connection: SocketConnection): Promise<{ facts?: ServerFacts; failure?: unknown }> {
  try {
    return await withClient(connection, async (client) => {
      const facts = await client.query<ServerFacts>(
        `SELECT split_part(current_setting('server_version'), ' ', 1) AS version,
                current_setting('data_directory') AS "dataDirectory"`,
      );
      if (!facts.rows[0]) throw new Error('the server gave no answer');
      return { facts: facts.rows[0] };
    });
  } catch (failure) {
    return { failure };
  }
}

async function createDatabase(connection: SocketConnection): Promise<void> {
  try {
    await withClient({ ...connection, database: 'postgres' }, (client) =>
      client.query(`CREATE DATABASE ${pg.escapeIdentifier(connection.database)}`),
    );
  } catch (error) {
    if (errorCode(error) !== DUPLICATE_DATABASE) throw error;
  }
}

async function withClient<T>(
  connection: SocketConnection,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  // `ssl: false` because PGSSLMODE in the environment would otherwise hold for the socket too.
  const client = new pg.Client({ ...connection, ssl: false, connectionTimeoutMillis: 10_000 });
  // A server that goes away in between fails the query as well: that is where it is dealt with.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function passwordRefused(cause: unknown): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `PostgreSQL refuses the password in its password file (${errorMessage(cause)}). ` +
      `Was postgres.password in the data folder replaced? Put the right one back from a backup.`,
    { cause },
  );
}

function unreachable(cause: unknown): EmbeddedPostgresError {
  return new EmbeddedPostgresError(`PostgreSQL runs but cannot be reached: ${errorMessage(cause)}`, {
    cause,
  });
}
