import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Transaction } from '@credvault/database/database.js';
import type { KeyPlace } from './key-wrap.js';
import { unwrapKey, wrapKey } from './key-wrap.js';
import { addRootKey, retireRootKeys } from './root-key-file.js';
import { RootKeyError } from './root-key.js';
import type { RootKeys } from './root-keys.js';
import { underRotationLock } from './rotation-lock.js';
import { systemKeyPlace, verifyRootKeys } from './system-keys.js';

const batchSize = 500;
const waitFor = 30_000;
const pollEvery = 200;
/** A process that has not been heard of for so long (five heartbeats) is taken for dead. */
const aliveWithin = '10 seconds';

type Say = (line: string) => void;

interface DataKeyRow {
  organization_id: string;
  owner_type: string;
  owner_id: string;
  version: number;
  root_key_id: string;
  wrapped: Buffer;
}

/**
 * Replaces the root key while the service serves: adds a new one, waits until every live process has loaded it, rewraps
 * every key of the database, and retires the old one. A rotation that was interrupted is taken up where it stopped; of
 * two at once, the second is refused.
 */
export class RootRotation {
  constructor(
    private readonly database: Database,
    private readonly rootKeys: RootKeys,
    private readonly say: Say,
  ) {}

  /**
   * @throws RootKeyError when another rotation is under way, or a process does not load the new key in time; then nothing
   * was rewrapped
   */
  rotate(): Promise<void> {
    const { database, rootKeys } = this;
    return underRotationLock({ database, rootKeys }, 'exclusive', () => this.replaceKey());
  }

  private async replaceKey(): Promise<void> {
    await this.addKey();
    const { current } = this.rootKeys.set;
    await this.tellProcesses();
    await this.waitForProcesses(current.id);
    const rewrapped = await this.rewrapAll();
    this.say(`Rewrapped ${rewrapped} keys with ${current.id}`);
    await this.retire(current.id);
    await this.tellProcesses();
  }

  private async addKey(): Promise<void> {
    const { source, set } = this.rootKeys;
    if (set.ids().length > 1) {
      this.say(`Going on to ${set.current.id}, the newest of the root keys`);
      return;
    }
    if (source.kind === 'environment') {
      throw new RootKeyError(
        'The root key comes from CREDVAULT_ROOT_KEY. Make a new key with "openssl rand -base64 32", set CREDVAULT_ROOT_KEY to "<new>,<old>", ' +
          'restart every process, and run this command again with the same setting.',
      );
    }
    const { id } = addRootKey(source.path);
    await this.reload();
    this.say(`Added the root key ${id} to ${source.path}: back it up before you go on relying on it`);
  }

  private async tellProcesses(): Promise<void> {
    await this.database.rows(`SELECT pg_notify('credvault_invalidation', 'root_keys:reload')`);
  }

  private async waitForProcesses(id: string): Promise<void> {
    const deadline = Date.now() + waitFor;
    for (;;) {
      const missing = await this.database.rows<{ host: string; pid: number }>(
        `SELECT host, pid FROM instances
         WHERE seen_at > now() - interval '${aliveWithin}' AND NOT root_key_ids @> ARRAY[$1]`,
        [id],
      );
      if (missing.length === 0) return;
      if (Date.now() > deadline) {
        const names = missing.map(({ host, pid }) => `${host} (pid ${pid})`).join(', ');
        throw new RootKeyError(
          `These processes have not loaded the root key ${id}: ${names}. Give them the key file or setting, then run this command again. Nothing was rewrapped.`,
        );
      }
      await sleep(pollEvery);
    }
  }

  private async rewrapAll(): Promise<number> {
    let total = 0;
    for (;;) {
      const done = await this.database.transaction(async (transaction) => {
        // Waits for whoever has wrapped a key with the old root key and not committed it yet: no new one can come.
        await transaction.rows(`LOCK TABLE system_keys, data_keys IN SHARE ROW EXCLUSIVE MODE`);
        return (await this.rewrapSystemKeys(transaction)) + (await this.rewrapDataKeys(transaction));
      });
      if (done === 0) return total;
      total += done;
    }
  }

  private async rewrapSystemKeys(transaction: Transaction): Promise<number> {
    const { current } = this.rootKeys.set;
    const rows = await transaction.rows<{ name: string; root_key_id: string; wrapped: Buffer }>(
      `SELECT name, root_key_id, wrapped FROM system_keys WHERE root_key_id <> $1 FOR UPDATE`,
      [current.id],
    );
    for (const row of rows) {
      const wrapped = this.rewrap(systemKeyPlace(row.name), row);
      await transaction.rows(`UPDATE system_keys SET root_key_id = $2, wrapped = $3 WHERE name = $1`, [
        row.name,
        current.id,
        wrapped,
      ]);
    }
    return rows.length;
  }

  private async rewrapDataKeys(transaction: Transaction): Promise<number> {
    const { current } = this.rootKeys.set;
    const rows = await transaction.rows<DataKeyRow>(
      `SELECT organization_id, owner_type, owner_id, version, root_key_id, wrapped FROM data_keys
       WHERE root_key_id <> $1 LIMIT ${batchSize} FOR UPDATE`,
      [current.id],
    );
    const wrapped = rows.map((row) => this.rewrap(placeOfRow(row), row));
    await transaction.rows(
      `UPDATE data_keys k SET root_key_id = $1, wrapped = row.wrapped
       FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::int[], $6::bytea[])
         AS row (organization_id, owner_type, owner_id, version, wrapped)
       WHERE k.organization_id = row.organization_id AND k.owner_type = row.owner_type
         AND k.owner_id = row.owner_id AND k.version = row.version`,
      [
        current.id,
        rows.map((row) => row.organization_id),
        rows.map((row) => row.owner_type),
        rows.map((row) => row.owner_id),
        rows.map((row) => row.version),
        wrapped,
      ],
    );
    return rows.length;
  }

  private rewrap(place: KeyPlace, row: { root_key_id: string; wrapped: Buffer }): Buffer {
    const { set } = this.rootKeys;
    return wrapKey(set.current, place, unwrapKey(set, row.root_key_id, place, row.wrapped));
  }

  private async retire(currentId: string): Promise<void> {
    const { source } = this.rootKeys;
    if (source.kind === 'environment') {
      this.say('Now set CREDVAULT_ROOT_KEY to the new key alone and restart every process.');
      return;
    }
    const retired = retireRootKeys(source.path, [currentId]);
    await this.reload();
    if (retired.length === 0) return;
    this.say(
      `Retired ${retired.join(', ')}. Backups of the database made before now still need it: keep your copy as long as you keep them.`,
    );
  }

  private reload(): Promise<void> {
    return this.rootKeys.reload((keys) => verifyRootKeys(this.database, keys));
  }
}

function placeOfRow(row: DataKeyRow): KeyPlace {
  return {
    organizationId: row.organization_id,
    ownerType: row.owner_type,
    ownerId: row.owner_id,
    version: row.version,
  };
}
