import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Settings } from '@credvault/config/settings.js';
import type { RootKeys } from '@credvault/crypto/root-keys.js';
import type { SystemKeys } from '@credvault/crypto/system-keys.js';
import type { Database } from '@credvault/database/database.js';
import type { DatabaseAddress } from '@credvault/database/data-source.js';
import type { InvalidationChannel } from '@credvault/database/invalidation-channel.js';
import type { Counters } from '@credvault/rate-limit/counters.js';

/** Injection token of `Runtime.folder`. */
export const dataFolderToken = Symbol('credvault:data-folder');

/**
 * Everything that must stand before the application does: opened by `openRuntime` in the order in which it can fail, and
 * closed in reverse. The modules take their parts from here (`core.module.ts`).
 */
export interface Runtime {
  settings: Settings;
  logger: Logger;
  address: DatabaseAddress;
  /** Where the data really is: the data folder of the settings, or where the start has put it (`settleDataFolder`). */
  folder: string;
  database: Database;
  /** One connection for the audit log alone. */
  auditPool: Pool;
  rootKeys: RootKeys;
  systemKeys: SystemKeys;
  channel: InvalidationChannel;
  /** Where limits are counted. */
  counters: Counters;
  close(): Promise<void>;
}
