import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { type ClusterAddress, databaseUrlOf, templateDatabase } from './cluster-address.js';

/** A database of one suite. */
export interface TestDatabase {
  name: string;
  /** What a service takes as its DATABASE_URL. */
  url: string;
}

/** Where this run's PostgreSQL is, as the global setup of Jest says. */
export function clusterAddress(): ClusterAddress {
  const text = process.env.CREDVAULT_TEST_CLUSTER;
  if (text === undefined)
    throw new Error('There is no test cluster: this suite must be in a Jest project with the global setup.');
  return JSON.parse(text) as ClusterAddress;
}

/** Makes a fresh database with the schema in it. */
export async function createDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  // A third of the time of the usual strategy, which writes the whole template into the WAL (manual, CREATE DATABASE).
  await administer(`CREATE DATABASE ${name} TEMPLATE ${templateDatabase} STRATEGY FILE_COPY`);
  return { name, url: databaseUrlOf(clusterAddress(), name) };
}

/** Removes a database, ending whatever is still connected to it. */
export async function dropDatabase({ name }: Pick<TestDatabase, 'name'>): Promise<void> {
  await administer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

async function administer(statement: string): Promise<void> {
  const { host, port, user, password } = clusterAddress();
  const client = new pg.Client({ host, port, user, password, database: 'postgres' });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
