import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Actor } from '@credvault/access/actor.js';
import type { Transaction } from '@credvault/database/database.js';
import { newUuid } from '@credvault/database/typed-id.js';
import { isDatabaseOutage } from '@credvault/http/database-outage.js';
import { DomainError } from '@credvault/http/domain-error.js';
import { auditRow, insertAuditRows, type AuditEntry, type AuditRow } from './audit-record.js';

/** Most records that may wait for the database; beyond it reveals are refused and notes are dropped and counted. */
const capacity = 10_000;
/** Most records of one statement (STACK: ten rows a statement already give most of the gain, a hundred all of it). */
const batchSize = 500;
/** Milliseconds between two tries to reach a database that is away. */
const retryAfter = 250;
/** Milliseconds that a service which is stopping waits for a database that is away. */
const drainWithin = 5_000;

interface Waiting {
  row: AuditRow;
  resolve?: () => void;
  reject?: (error: Error) => void;
}

export class AuditUnavailable extends DomainError {
  constructor(cause: unknown) {
    super(
      'UNAVAILABLE',
      'The audit record could not be written, so nothing was released or changed. Try again.',
      {
        cause,
        headers: { 'Retry-After': '1' },
      },
    );
  }
}

/**
 * Appends audit records. Three ways, from strongest to cheapest:
 * `recordChange` commits together with the change it describes; `recordReveal` resolves once the record is durable, many
 * reveals sharing one commit; `note` returns at once and writes behind a bounded buffer.
 *
 * Group commit (the buffer flushes as soon as the last flush ended, without a timer) is what makes a durable record per
 * read affordable: the more reads wait, the more share the next flush. A batch that PostgreSQL refuses for what a row of
 * it holds is halved until that row stands alone, so that nobody pays for the record of another.
 */
export class AuditLog {
  private reveals: Waiting[] = [];
  private notes: Waiting[] = [];
  /** Parts of a batch that was refused; one of their rows is the guilty one. */
  private suspects: Waiting[][] = [];
  private flushing: Promise<void> | undefined;
  private failing = false;
  /** Until when notes wait for a database that is away, by `performance.now()`. */
  private patientUntil = Infinity;
  /** Notes that were dropped because the buffer was full or the database refused them. */
  dropped = 0;

  /** @param pool a pool of its own with one connection, so that no other work stands before a record */
  constructor(
    private readonly pool: Pool,
    private readonly onError: (error: unknown) => void = () => undefined,
  ) {}

  /** Writes the record of a change inside the change's own transaction. @throws AuditUnavailable */
  async recordChange(transaction: Transaction, actor: Actor, entry: AuditEntry): Promise<void> {
    await this.appendRow(transaction, auditRow(actor, answeredByRoute(actor, entry)));
    transaction.afterCommit(() => {
      actor.origin.recorded = true;
    });
  }

  /**
   * Writes a finished row inside a transaction: for actions that have no actor yet, such as a sign-in.
   *
   * @throws AuditUnavailable when it cannot be written: then the transaction must not be committed
   */
  async appendRow(transaction: Transaction, row: AuditRow): Promise<void> {
    try {
      await transaction.execute(insertAuditRows, [JSON.stringify([row])]);
    } catch (cause) {
      throw new AuditUnavailable(cause);
    }
  }

  /**
   * Resolves once the record is durable in the database.
   *
   * @throws AuditUnavailable when it cannot be written: then nothing may be released
   */
  async recordReveal(actor: Actor, entry: AuditEntry): Promise<void> {
    if (this.pending >= capacity) throw new AuditUnavailable(new Error('the audit buffer is full'));
    await new Promise<void>((resolve, reject) => {
      this.reveals.push({ row: auditRow(actor, answeredByRoute(actor, entry)), resolve, reject });
      this.flushSoon();
    });
    actor.origin.recorded = true;
  }

  /** Writes the record of something that neither reveals nor changes; nobody waits for it. */
  note(actor: Actor, entry: AuditEntry): void {
    actor.origin.recorded = true;
    this.noteRow(auditRow(actor, entry));
  }

  /** As `note`, for a finished row. */
  noteRow(row: AuditRow): void {
    if (this.pending >= capacity) {
      this.dropped += row.count;
      return;
    }
    this.notes.push({ row });
    this.flushSoon();
  }

  /** Records that wait for the database now. */
  get pending(): number {
    return this.reveals.length + this.notes.length + this.suspects.flat().length;
  }

  /**
   * Writes a record and takes it back, for the readiness check: nothing less finds out about the table, its columns, the
   * privilege, the partition of this moment and the disk.
   *
   * @throws Error as the database says it
   */
  async assertWritable(): Promise<void> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query({ ...insertAuditRows, values: [JSON.stringify([probe()])] });
      await client.query('ROLLBACK');
      client.release();
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  /**
   * Writes what still waits; called at shutdown after the last request. What a database that is away has not taken within
   * 5 s is dropped and counted.
   */
  async drain(): Promise<void> {
    this.patientUntil = performance.now() + drainWithin;
    while (this.pending > 0 || this.flushing) {
      const left = this.patientUntil - performance.now();
      if (left <= 0) return this.putOff([], new Error('the service is stopping'));
      this.flushSoon();
      await Promise.race([this.flushing, sleep(left, undefined, { ref: false })]);
    }
    this.patientUntil = Infinity;
  }

  private flushSoon(): void {
    this.flushing ??= this.flushAll().finally(() => {
      this.flushing = undefined;
    });
  }

  private async flushAll(): Promise<void> {
    // One turn of the event loop lets all requests that arrived together share the first flush.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.pending > 0) {
      const batch = this.takeBatch();
      try {
        await this.pool.query({ ...insertAuditRows, values: [JSON.stringify(batch.map(({ row }) => row))] });
        this.failing = false;
        for (const { resolve } of batch) resolve?.();
      } catch (error) {
        await this.fail(batch, error);
      }
    }
  }

  /** The reveals first: somebody waits for them. */
  private takeBatch(): Waiting[] {
    const suspects = this.suspects.shift();
    if (suspects) return suspects;
    const reveals = this.reveals.splice(0, batchSize);
    return [...reveals, ...this.notes.splice(0, batchSize - reveals.length)];
  }

  private async fail(batch: Waiting[], error: unknown): Promise<void> {
    if (batch.length > 1 && isAboutOneRow(error)) {
      const half = batch.length >> 1;
      this.suspects.unshift(batch.slice(0, half), batch.slice(half));
      return;
    }
    if (!this.failing) this.onError(error);
    this.failing = true;
    if (!isDatabaseOutage(error)) return this.refuse(batch, error);
    this.putOff(batch, error);
    if (this.notes.length > 0) await sleep(retryAfter);
  }

  /** The database is away: whoever waits is told now, and the notes outlive its restart, but not the service's end. */
  private putOff(batch: Waiting[], error: unknown): void {
    const waiting = [...batch, ...this.suspects.flat(), ...this.reveals, ...this.notes];
    const mayStay = performance.now() < this.patientUntil;
    this.suspects = [];
    this.reveals = [];
    this.notes = mayStay ? waiting.filter(({ reject }) => !reject) : [];
    this.refuse(mayStay ? waiting.filter(({ reject }) => reject) : waiting, error);
  }

  private refuse(batch: Waiting[], error: unknown): void {
    for (const { row, reject } of batch) {
      if (reject) reject(new AuditUnavailable(error));
      else this.dropped += row.count;
    }
  }
}

/**
 * What records itself before it is answered says what its route will answer: routes of two APIs may answer the same change
 * with different statuses. A change that is asked for by no route, or with another status than success, says its own.
 */
function answeredByRoute({ origin }: Actor, entry: AuditEntry): AuditEntry {
  return entry.status < 400 ? { ...entry, status: origin.success ?? entry.status } : entry;
}

/** SQLSTATE classes 22 (data exception) and 23 (integrity): PostgreSQL refuses what a row holds, not the statement. */
function isAboutOneRow(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^2[23]...$/.test(code);
}

/** A record that is never kept. */
function probe(): AuditRow {
  return {
    organization_id: newUuid(),
    occurred_at: new Date().toISOString(),
    id: newUuid(),
    type: 'service.probed',
    outcome: 'success',
    actor_type: 'service',
    count: 1,
    secondary: false,
  };
}
