import type { Pool } from 'pg';
import type { Actor } from '@credvault/access/actor.js';
import type { Transaction } from '@credvault/database/database.js';
import { DomainError } from '@credvault/http/domain-error.js';
import { auditRow, insertAuditRows, type AuditEntry, type AuditRow } from './audit-record.js';

/** Most records that may wait for the database; beyond it reveals are refused and notes are dropped and counted. */
const capacity = 10_000;
/** Most records of one statement (STACK: ten rows a statement already give most of the gain, a hundred all of it). */
const batchSize = 500;
const retryAfter = 250;

interface Waiting {
  row: AuditRow;
  resolve?: () => void;
  reject?: (error: Error) => void;
}

export class AuditUnavailable extends DomainError {
  constructor(cause: unknown) {
    super('UNAVAILABLE', 'The audit record could not be written, so nothing was released. Try again.', {
      cause,
      headers: { 'Retry-After': '1' },
    });
  }
}

/**
 * Appends audit records. Three ways, from strongest to cheapest:
 * `recordChange` commits together with the change it describes; `recordReveal` resolves once the record is durable, many
 * reveals sharing one commit; `note` returns at once and writes behind a bounded buffer.
 *
 * Group commit (the buffer flushes as soon as the last flush ended, without a timer) is what makes a durable record per
 * read affordable: the more reads wait, the more share the next flush.
 */
export class AuditLog {
  private queue: Waiting[] = [];
  private flushing: Promise<void> | undefined;
  private lastFailure: unknown;
  /** Notes that were dropped because the buffer was full or the database refused them. */
  dropped = 0;

  /** @param pool a pool of its own with one connection, so that no other work stands before a record */
  constructor(
    private readonly pool: Pool,
    private readonly onError: (error: unknown) => void = () => undefined,
  ) {}

  /** Writes the record of a change inside the change's own transaction. */
  async recordChange(transaction: Transaction, actor: Actor, entry: AuditEntry): Promise<void> {
    await this.appendRow(transaction, auditRow(actor, entry));
    transaction.afterCommit(() => {
      actor.origin.recorded = true;
    });
  }

  /** Writes a finished row inside a transaction: for actions that have no actor yet, such as a sign-in. */
  async appendRow(transaction: Transaction, row: AuditRow): Promise<void> {
    await transaction.rows(insertAuditRows.text, [JSON.stringify([row])]);
  }

  /**
   * Resolves once the record is durable in the database.
   *
   * @throws AuditUnavailable when it cannot be written: then nothing may be released
   */
  async recordReveal(actor: Actor, entry: AuditEntry): Promise<void> {
    if (this.queue.length >= capacity) throw new AuditUnavailable(new Error('the audit buffer is full'));
    await new Promise<void>((resolve, reject) => {
      this.queue.push({ row: auditRow(actor, entry), resolve, reject });
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
    if (this.queue.length >= capacity) {
      this.dropped += row.count;
      return;
    }
    this.queue.push({ row });
    this.flushSoon();
  }

  /** Whether the last flush reached the database, for the readiness check. */
  isHealthy(): boolean {
    return this.lastFailure === undefined;
  }

  /** Records that wait for the database now. */
  get pending(): number {
    return this.queue.length;
  }

  /** Writes what still waits; called at shutdown after the last request. */
  async drain(): Promise<void> {
    while (this.queue.length > 0 || this.flushing) {
      this.flushSoon();
      await this.flushing;
      if (this.lastFailure !== undefined) return;
    }
  }

  private flushSoon(): void {
    this.flushing ??= this.flushAll().finally(() => {
      this.flushing = undefined;
    });
  }

  private async flushAll(): Promise<void> {
    // One turn of the event loop lets all requests that arrived together share the first flush.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.queue.length > 0) {
      const batch = this.queue.slice(0, batchSize);
      this.queue = this.queue.slice(batchSize);
      try {
        await this.pool.query({ ...insertAuditRows, values: [JSON.stringify(batch.map(({ row }) => row))] });
        this.lastFailure = undefined;
        for (const { resolve } of batch) resolve?.();
      } catch (error) {
        await this.fail(batch, error);
      }
    }
  }

  private async fail(batch: Waiting[], error: unknown): Promise<void> {
    if (this.lastFailure === undefined) this.onError(error);
    this.lastFailure = error;
    const notes: Waiting[] = [];
    for (const waiting of batch) {
      if (waiting.reject) waiting.reject(new AuditUnavailable(error));
      else notes.push(waiting);
    }
    // A note outlives a restart of the database, but not a refusal by it: that one would come back for ever.
    if (isConnectionProblem(error)) this.queue = [...notes, ...this.queue];
    else this.dropped += notes.length;
    await new Promise((resolve) => setTimeout(resolve, retryAfter));
  }
}

/** SQLSTATE classes 08 (connection) and 57 (operator intervention), and errors without any SQLSTATE. */
function isConnectionProblem(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return typeof code !== 'string' || code.length !== 5 || /^(08|57)/.test(code);
}
