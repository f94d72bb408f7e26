import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readSettings } from '@credvault/config/settings.js';
import { Database } from '@credvault/database/database.js';
import { createApp } from '../../apps/api/src/create-app.js';
import { createLogger } from '../../apps/api/src/runtime/logger.js';
import { openRuntime } from '../../apps/api/src/runtime/open-runtime.js';
import type { Runtime } from '../../apps/api/src/runtime/runtime.js';
import { clusterAddress, createDatabase, dropDatabase, type TestDatabase } from './cluster.js';
import { databaseUrlOf, testRootKey } from './cluster-address.js';

/** A service that listens, in this process, on a database of its own. */
export interface TestService {
  /** Such as `http://127.0.0.1:41234`. */
  url: string;
  runtime: Runtime;
  app: NestFastifyApplication;
  database: Database;
  databaseName: string;
  /** Every line of its log. */
  logs: string[];
  /** Stops it as `serve` does, and drops the database if it made it. */
  stop(): Promise<void>;
}

export interface TestServiceOptions {
  /** Settings beyond the usual ones of tests, as environment variables. */
  environment?: Record<string, string>;
  /** Makes a second service, with its own caches and connections, on the database of this one. Stop it first. */
  sharing?: TestService;
  /** Leaves the plans as the migration made them; otherwise nobody comes near a limit. */
  shippedPlans?: true;
}

const usualEnvironment = {
  CREDVAULT_ROOT_KEY: testRootKey,
  CREDVAULT_REGISTRATION: 'open',
  CREDVAULT_TRUSTED_PROXIES: '127.0.0.1',
  CREDVAULT_METRICS_PORT: '0',
  // Tests of limits set their own.
  CREDVAULT_SESSION_LIMIT: '1000000',
  CREDVAULT_ADDRESS_LIMIT: '1000000',
  LOG_LEVEL: 'info',
};

const widenPlans = `UPDATE plans SET api_key_requests_per_minute = 1000000, token_requests_per_minute = 1000000`;

/** Starts the service the way `serve` does, on a free port and a fresh copy of the template database. */
export async function startTestService(options: TestServiceOptions = {}): Promise<TestService> {
  const { environment, sharing } = options;
  const database = sharing ? databaseOf(sharing) : await createDatabase();
  const drop = (): Promise<void> => (sharing ? Promise.resolve() : dropDatabase(database));
  try {
    const widePlans = !sharing && !options.shippedPlans;
    return await serveDatabase(database, { ...usualEnvironment, ...environment }, { drop, widePlans });
  } catch (error) {
    await drop();
    throw error;
  }
}

async function serveDatabase(
  { name, url: databaseUrl }: TestDatabase,
  environment: Record<string, string>,
  { drop, widePlans }: { drop: () => Promise<void>; widePlans: boolean },
): Promise<TestService> {
  const logs: string[] = [];
  const settings = readSettings({ DATABASE_URL: databaseUrl, ...environment });
  const logger = createLogger(settings.logLevel, { write: (line) => void logs.push(line) });
  const runtime = await openRuntime({ settings, logger });
  let app: NestFastifyApplication | undefined;
  try {
    if (widePlans) await runtime.database.rows(widenPlans);
    app = await createApp(runtime);
    await app.listen(0, '127.0.0.1');
  } catch (error) {
    await app?.close();
    await runtime.close();
    throw error;
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  const running = app;
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await running.close();
    await runtime.close();
    await drop();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    runtime,
    app,
    database: runtime.database,
    databaseName: name,
    logs,
    stop: () => (stopped ??= stop()),
  };
}

function databaseOf({ databaseName }: TestService): TestDatabase {
  return { name: databaseName, url: databaseUrlOf(clusterAddress(), databaseName) };
}
