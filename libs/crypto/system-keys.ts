import { randomBytes } from 'node:crypto';
import { KEY_BYTES } from './aes-gcm.js';
import { unwrapKey, wrapKey, type KeyPlace } from './key-wrap.js';
import type { RootKeySet } from './root-key.js';

/**
 * The service's own keys. They are random and wrapped by the root key, so that rotating the root disturbs none of them:
 * `pepper` digests tokens, `cursor` signs pagination cursors, `idempotency` digests request bodies, `authenticators` encrypts the
 * secrets of authenticator apps, `providers` what organizations share with their identity providers.
 */
export const systemKeyNames = ['pepper', 'cursor', 'idempotency', 'authenticators', 'providers'] as const;
export type SystemKeyName = (typeof systemKeyNames)[number];
export type SystemKeys = Readonly<Record<SystemKeyName, Buffer>>;

/** What this file needs of the database, in or outside a transaction. */
interface Queries {
  rows<T extends object>(sql: string, values?: unknown[]): Promise<T[]>;
}

interface SystemKeyRow {
  name: string;
  root_key_id: string;
  wrapped: Buffer;
}

/** Where a system key stands, for the additional data of its wrapping. */
export function systemKeyPlace(name: string): KeyPlace {
  return { organizationId: null, ownerType: 'system', ownerId: null, version: 1, name };
}

/** Whether the database has ever been used with a root key. Works before the first migration. */
export async function holdsKeys(database: Queries): Promise<boolean> {
  const [table] = await database.rows<{ exists: boolean }>(
    `SELECT to_regclass('system_keys') IS NOT NULL AS exists`,
  );
  if (!table?.exists) return false;
  return (await database.rows(`SELECT 1 FROM system_keys LIMIT 1`)).length > 0;
}

/**
 * Checks that the root keys open what the database holds, and changes nothing.
 *
 * @throws Error saying which root key is missing
 */
export async function verifyRootKeys(database: Queries, rootKeys: RootKeySet): Promise<void> {
  const needed = await database.rows<{ root_key_id: string }>(
    `SELECT root_key_id FROM system_keys UNION SELECT root_key_id FROM data_keys`,
  );
  const missing = needed.map((row) => row.root_key_id).filter((id) => rootKeys.get(id) === undefined);
  if (missing.length > 0) {
    throw new Error(
      `This root key is not the one of this database: it needs ${missing.join(', ')}, but only ${rootKeys.ids().join(', ')} was given. ` +
        'Restore the right key in CREDVAULT_ROOT_KEY_FILE or CREDVAULT_ROOT_KEY. Nothing was changed.',
    );
  }
  await verifySystemKeys(database, rootKeys);
}

/**
 * The cheap part of `verifyRootKeys`, for the readiness check: a few rows, however many vaults there are.
 *
 * @throws DecryptionError
 */
export async function verifySystemKeys(database: Queries, rootKeys: RootKeySet): Promise<void> {
  for (const row of await readRows(database)) {
    unwrapKey(rootKeys, row.root_key_id, systemKeyPlace(row.name), row.wrapped);
  }
}

/** Reads the system keys, making those that do not exist yet. Several processes may do this at once. */
export async function openSystemKeys(database: Queries, rootKeys: RootKeySet): Promise<SystemKeys> {
  for (const name of systemKeyNames) {
    const wrapped = wrapKey(rootKeys.current, systemKeyPlace(name), randomBytes(KEY_BYTES));
    await database.rows(
      `INSERT INTO system_keys (name, root_key_id, wrapped) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING`,
      [name, rootKeys.current.id, wrapped],
    );
  }
  const rows = new Map((await readRows(database)).map((row) => [row.name, row]));
  const keyOf = (name: SystemKeyName): Buffer => {
    const row = rows.get(name);
    if (!row) throw new Error(`The system key ${name} is missing from the database.`);
    return unwrapKey(rootKeys, row.root_key_id, systemKeyPlace(name), row.wrapped);
  };
  return {
    pepper: keyOf('pepper'),
    cursor: keyOf('cursor'),
    idempotency: keyOf('idempotency'),
    authenticators: keyOf('authenticators'),
    providers: keyOf('providers'),
  };
}

function readRows(database: Queries): Promise<SystemKeyRow[]> {
  return database.rows<SystemKeyRow>(`SELECT name, root_key_id, wrapped FROM system_keys`);
}
