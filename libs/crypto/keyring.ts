import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Database, Transaction } from '@credvault/database/database.js';
import type { Invalidation, InvalidationChannel } from '@credvault/database/invalidation-channel.js';
import { KEY_BYTES } from './aes-gcm.js';
import { unwrapKey, wrapKey, type KeyPlace } from './key-wrap.js';
import type { RootKeys } from './root-keys.js';

const capacity = 20_000;

/** Whose data key it is: one vault, or later one other owner. Ids are UUIDs. */
export interface KeyOwner {
  organizationId: string;
  type: 'vault';
  id: string;
}

interface DataKeyRow {
  root_key_id: string;
  wrapped: Buffer;
}

/** The data key of a ciphertext is gone: its vault was deleted, or rotated while the ciphertext was being read. */
export class DataKeyMissing extends Error {
  override readonly name = 'DataKeyMissing';
}

const selectDataKey = {
  name: 'select_data_key',
  text: `SELECT root_key_id, wrapped FROM data_keys
    WHERE organization_id = $1 AND owner_type = $2 AND owner_id = $3 AND version = $4`,
};

/**
 * The data keys: one per vault, in versions, wrapped by the root key in the database and unwrapped only here, in memory.
 *
 * What was unwrapped is kept until its vault is deleted or rotated, which the invalidation channel tells; while that one
 * is not certainly healthy, every key is read from the database. A key whose reading began before an invalidation arrived
 * is used once and not kept (generation counter).
 */
export class Keyring {
  private generation = 0;
  /** Transactions that made a key: until they commit, what they read may never have existed. */
  private readonly makers = new WeakSet<Transaction>();
  private readonly opened = new LRUCache<string, Buffer>({
    max: capacity,
    // A key that leaves the cache leaves memory as well, as far as JavaScript lets us.
    dispose: (key) => key.fill(0),
  });

  constructor(
    private readonly database: Database,
    private readonly rootKeys: RootKeys,
    private readonly channel: Pick<InvalidationChannel, 'isHealthy' | 'onInvalidation'>,
  ) {
    channel.onInvalidation((invalidation) => this.invalidate(invalidation));
  }

  /** Makes a new version of an owner's data key inside the transaction that needs it. */
  async createDataKey(transaction: Transaction, owner: KeyOwner, version: number): Promise<Buffer> {
    const key = randomBytes(KEY_BYTES);
    const rootKey = this.rootKeys.set.current;
    this.makers.add(transaction);
    await transaction.rows(
      `INSERT INTO data_keys (organization_id, owner_type, owner_id, version, root_key_id, wrapped)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [
        owner.organizationId,
        owner.type,
        owner.id,
        version,
        rootKey.id,
        wrapKey(rootKey, placeOf(owner, version), key),
      ],
    );
    return key;
  }

  /**
   * An unwrapped data key. Do not keep it beyond the request.
   *
   * @param transaction reads the key on the connection of the transaction that needs it, which may wait for no other one
   * @throws DataKeyMissing when that version does not exist (any more)
   */
  async dataKey(owner: KeyOwner, version: number, transaction?: Transaction): Promise<Buffer> {
    const name = cacheName(owner, version);
    const healthy = this.channel.isHealthy();
    const cached = healthy ? this.opened.get(name) : undefined;
    if (cached) return Buffer.from(cached);
    const generation = this.generation;
    const row = await this.find(owner, version, transaction);
    if (!row)
      throw new DataKeyMissing(
        `version ${version} of the data key of ${owner.type} ${owner.id} does not exist`,
      );
    const key = unwrapKey(this.rootKeys.set, row.root_key_id, placeOf(owner, version), row.wrapped);
    const isCommitted = !transaction || !this.makers.has(transaction);
    if (healthy && isCommitted && generation === this.generation) this.opened.set(name, Buffer.from(key));
    return key;
  }

  /** Destroys the data keys of an owner, all or those before a version: their ciphertexts are shredded. */
  async destroyDataKeys(transaction: Transaction, owner: KeyOwner, before?: number): Promise<void> {
    await transaction.rows(
      `DELETE FROM data_keys WHERE organization_id = $1 AND owner_type = $2 AND owner_id = $3 AND version < $4`,
      [owner.organizationId, owner.type, owner.id, before ?? 2_147_483_647],
    );
    transaction.afterCommit(() => this.invalidate({ kind: owner.type, id: owner.id }));
  }

  /**
   * Destroys every data key of an organization that is deleted. The owners of the keys are deleted in the same transaction;
   * what this process has unwrapped goes when the channel tells, as on every other process.
   */
  async destroyAllDataKeys(transaction: Transaction, organizationId: string): Promise<void> {
    await transaction.rows(`DELETE FROM data_keys WHERE organization_id = $1`, [organizationId]);
  }

  private async find(
    owner: KeyOwner,
    version: number,
    transaction: Transaction | undefined,
  ): Promise<DataKeyRow | undefined> {
    const values = [owner.organizationId, owner.type, owner.id, version];
    const [row] = transaction
      ? await transaction.rows<DataKeyRow>(selectDataKey.text, values)
      : await this.database.execute<DataKeyRow>(selectDataKey, values);
    return row;
  }

  private invalidate(invalidation: Invalidation | 'everything'): void {
    this.generation++;
    if (invalidation === 'everything') this.opened.clear();
    else if (invalidation.kind === 'vault') {
      for (const name of [...this.opened.keys()])
        if (name.startsWith(invalidation.id)) this.opened.delete(name);
    }
  }
}

function cacheName(owner: KeyOwner, version: number): string {
  return `${owner.id} ${version} ${owner.organizationId} ${owner.type}`;
}

/** Where a data key stands, for the additional data of its wrapping. */
export function placeOf(owner: KeyOwner, version: number): KeyPlace {
  return { organizationId: owner.organizationId, ownerType: owner.type, ownerId: owner.id, version };
}
