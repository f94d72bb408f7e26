import 'reflect-metadata';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { readSettings } from '@credvault/config/settings.js';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '@credvault/database/embedded/embedded-postgres.js';
import { openRuntime } from '../../apps/api/src/runtime/open-runtime.js';
import { type ClusterAddress, databaseUrlOf, templateDatabase, testRootKey } from './cluster-address.js';

/**
 * Holds the PostgreSQL of one test run, in a process of its own so that nothing is left behind however the run ends: when
 * its standard input closes, because the run is over or was killed, it stops PostgreSQL and removes the folder.
 *
 * Says where the cluster is in one line of JSON (`ClusterAddress`) once the template database is there.
 */
async function holdCluster(): Promise<void> {
  const runIsOver = new Promise<void>((resolve) =>
    process.stdin.on('close', resolve).on('end', resolve).resume(),
  );
  const folder = mkdtempSync(join(placeOfData(), 'credvault-test-'));
  let postgres: EmbeddedPostgres | undefined;
  try {
    // Open to pass through, for the account that runs PostgreSQL when the tests run as root.
    chmodSync(folder, 0o711);
    postgres = await startEmbeddedPostgres({
      dataDir: join(folder, 'data'),
      dataDirIsDefault: false,
      binDir: process.env.CREDVAULT_TEST_POSTGRES_BIN || undefined,
      settings: { max_connections: '200', ...lessWork },
    });
    const { host, port, user, password } = postgres.connection;
    const address: ClusterAddress = { host, port, user, password, records: join(folder, 'records') };
    mkdirSync(address.records);
    await makeTemplate(address);
    process.stdout.write(`${JSON.stringify(address)}\n`);
    await runIsOver;
  } finally {
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * What a run that nobody survives need not do; how the service fares without it is the matter of the crash suite. PostgreSQL
 * manual, 19.5: nothing is replicated, and no page of a torn write is ever read again.
 */
const lessWork = {
  wal_level: 'minimal',
  max_wal_senders: '0',
  full_page_writes: 'off',
  max_wal_size: '2GB',
  checkpoint_timeout: '1h',
};

/** Bytes that the databases and the WAL of a run may take. */
const room = 6 * 1024 ** 3;

/** Memory where the machine has enough of it, because every commit waits for the disk; otherwise the usual place. */
function placeOfData(): string {
  const memory = '/dev/shm';
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > room ? memory : tmpdir();
}

/** Makes the database that every suite gets a copy of, by the very steps with which the service opens an empty one. */
async function makeTemplate(address: ClusterAddress): Promise<void> {
  const { host, port, user, password } = address;
  const admin = new pg.Client({ host, port, user, password, database: 'postgres' });
  await admin.connect();
  try {
    await admin.query(`CREATE DATABASE ${templateDatabase}`);
    const environment = {
      DATABASE_URL: databaseUrlOf(address, templateDatabase),
      CREDVAULT_ROOT_KEY: testRootKey,
    };
    const logger = pino({ level: 'silent' });
    const runtime = await openRuntime({ settings: readSettings(environment), logger });
    await runtime.close();
    await admin.query(`ALTER DATABASE ${templateDatabase} WITH ALLOW_CONNECTIONS false IS_TEMPLATE true`);
  } finally {
    await admin.end();
  }
}

await holdCluster();
process.exit(0);
