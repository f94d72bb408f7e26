import { repeaterOf, type Actor } from '@credvault/access/actor.js';
import { bodyDigest } from '@credvault/crypto/token-digest.js';
import type { Database, Transaction } from '@credvault/database/database.js';
import { DomainError } from './domain-error.js';
import type { RetryKey } from './retry-key.js';

/** How long the first answer can be had again, in hours. */
const lifetimeHours = 24;

/** What a change made, so that a replay can find it again: never what was sent or answered. */
export interface Made<T> {
  answer: T;
  status: number;
  /** UUID of what was made or changed. */
  resourceId: string;
  /** Its version at that moment, where it has versions. */
  resourceVersion?: number;
}

/** What the database remembers of a first answer. */
export interface FirstAnswer {
  status: number;
  resourceId: string;
  resourceVersion: number | null;
}

/** A change that may be asked for twice. */
export interface RetryableChange<T> {
  /** Makes the change, all of it in this transaction. */
  change(transaction: Transaction): Promise<Made<T>>;
  /** Builds the first answer again from the database: authorizes again and writes its own audit record. */
  replay(first: FirstAnswer): Promise<T>;
}

export interface Outcome<T> {
  answer: T;
  /** Headers of the answer: says when it is a replay. */
  headers: Record<string, string>;
}

interface StoredRow {
  body_digest: Buffer;
  status: number;
  resource_id: string;
  resource_version: number | null;
}

/** The same key came with another request. */
export class IdempotencyKeyReused extends DomainError {
  constructor() {
    super('IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used for another request. Take a new one.');
  }
}

/** The first request with this key is still running. */
export class IdempotencyKeyBusy extends DomainError {
  constructor() {
    super(
      'CONFLICT',
      'The first request with this Idempotency-Key is still running. Try again in a moment.',
      {
        headers: { 'Retry-After': '1' },
      },
    );
  }
}

/**
 * Makes POSTs safe to repeat. Key space: organization, actor, method, route. The row of a key is written in the change's
 * own transaction, so that neither exists without the other, and "still running" is an advisory lock, which a crash frees.
 */
export class Idempotency {
  constructor(
    private readonly database: Database,
    private readonly key: Buffer,
  ) {}

  /**
   * Makes a change once.
   *
   * @param retry undefined: the change is simply made
   * @throws IdempotencyKeyReused, IdempotencyKeyBusy, or whatever the change throws
   */
  async once<T>(actor: Actor, retry: RetryKey | undefined, work: RetryableChange<T>): Promise<Outcome<T>> {
    if (retry === undefined) {
      const made = await this.database.transaction(
        (transaction) => work.change(transaction),
        actor.organizationId,
      );
      return { answer: made.answer, headers: {} };
    }
    const { method, route } = actor.origin;
    const space = [actor.organizationId, repeaterOf(actor), method, route, retry.key];
    const digest = bodyDigest(this.key, ...retry.content);
    const result = await this.database.transaction(async (transaction) => {
      const first = await this.find(transaction, space, digest);
      if (first) return { first };
      const made = await work.change(transaction);
      await this.insert(transaction, space, digest, made);
      return { made };
    }, actor.organizationId);
    if (result.first) {
      actor.origin.remark = 'replayed';
      return { answer: await work.replay(result.first), headers: { 'Idempotency-Replayed': 'true' } };
    }
    return { answer: result.made.answer, headers: {} };
  }

  /** Forgets keys whose time is over. */
  async deleteExpired(): Promise<void> {
    await this.database.rows(
      `DELETE FROM idempotency_keys WHERE created_at < now() - make_interval(hours => $1)`,
      [lifetimeHours],
    );
  }

  private async find(
    transaction: Transaction,
    space: string[],
    digest: Buffer,
  ): Promise<FirstAnswer | undefined> {
    const [lock] = await transaction.rows<{ taken: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS taken`,
      [JSON.stringify(space)],
    );
    if (lock?.taken !== true) throw new IdempotencyKeyBusy();
    const [row] = await transaction.rows<StoredRow>(
      `SELECT body_digest, status, resource_id, resource_version FROM idempotency_keys
       WHERE organization_id = $1 AND actor_id = $2 AND method = $3 AND route = $4 AND key = $5
         AND created_at > now() - make_interval(hours => $6)`,
      [...space, lifetimeHours],
    );
    if (!row) return undefined;
    if (!row.body_digest.equals(digest)) throw new IdempotencyKeyReused();
    return { status: row.status, resourceId: row.resource_id, resourceVersion: row.resource_version };
  }

  private async insert(
    transaction: Transaction,
    space: string[],
    digest: Buffer,
    made: Made<unknown>,
  ): Promise<void> {
    await transaction.rows(
      `INSERT INTO idempotency_keys
         (organization_id, actor_id, method, route, key, body_digest, status, resource_id, resource_version)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       ON CONFLICT (organization_id, actor_id, method, route, key) DO UPDATE SET body_digest = EXCLUDED.body_digest,
         status = EXCLUDED.status, resource_id = EXCLUDED.resource_id,
         resource_version = EXCLUDED.resource_version, created_at = now()`,
      [...space, digest, made.status, made.resourceId, made.resourceVersion ?? null],
    );
  }
}
