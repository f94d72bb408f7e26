import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { pino } from 'pino';
import { DataSource } from 'typeorm';
import { readSettings } from '@credvault/config/settings.js';
import { RootKeys } from '@credvault/crypto/root-keys.js';
import { Database } from '@credvault/database/database.js';
import { InvalidationChannel } from '@credvault/database/invalidation-channel.js';
import { Counters } from '@credvault/rate-limit/counters.js';
import { entities } from '../entities.js';
import type { Runtime } from '../runtime/runtime.js';

const keyBytes = 32;

/**
 * A runtime on which the application can be put together but not run: nothing is connected, and its keys are random and
 * open nothing. The document is read off it.
 */
export function documentRuntime(): Runtime {
  const address = { host: '127.0.0.1', port: 5432, user: 'nobody', database: 'nothing' };
  const rootKey = { kind: 'environment', text: randomBytes(keyBytes).toString('base64') } as const;
  return {
    settings: readSettings({}),
    logger: pino({ level: 'silent' }),
    address,
    folder: '/',
    database: new Database(new DataSource({ type: 'postgres', entities }), new pg.Pool()),
    auditPool: new pg.Pool(),
    rootKeys: RootKeys.open(rootKey, false, () => undefined),
    systemKeys: {
      pepper: randomBytes(keyBytes),
      cursor: randomBytes(keyBytes),
      idempotency: randomBytes(keyBytes),
      authenticators: randomBytes(keyBytes),
      providers: randomBytes(keyBytes),
    },
    channel: new InvalidationChannel(address),
    counters: Counters.inProcess(),
    close: () => Promise.resolve(),
  };
}
