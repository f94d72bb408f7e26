import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import pLimit, { type LimitFunction } from 'p-limit';
import type { Pool, PoolClient, QueryResultRow } from 'pg';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { DomainError } from '@credvault/http/domain-error.js';
import { isLockConflict } from './postgres-errors.js';

/** A statement that is prepared once per connection and then only executed: for the hot paths. */
export interface NamedStatement {
  name: string;
  text: string;
}

/** One open transaction. Services open it and pass it on explicitly; nothing finds it by itself. */
export class Transaction {
  private readonly committed: (() => void)[] = [];

  constructor(private readonly runner: QueryRunner) {}

  /** TypeORM's entity manager inside this transaction. */
  get manager(): EntityManager {
    return this.runner.manager;
  }

  /** Runs one statement and returns its rows (also those of `RETURNING`). */
  async rows<T extends QueryResultRow>(sql: string, values: unknown[] = []): Promise<T[]> {
    const result = await this.runner.query(sql, values, true);
    return result.records as T[];
  }

  /** Runs a named prepared statement and returns its rows. */
  async execute<T extends QueryResultRow>(statement: NamedStatement, values: unknown[]): Promise<T[]> {
    const client = (await this.runner.connect()) as PoolClient;
    return (await client.query<T>({ ...statement, values })).rows;
  }

  /** Does something once the change is durable, such as evicting this process's own caches; never on rollback. */
  afterCommit(action: () => void): void {
    this.committed.push(action);
  }

  /** Runs the actions of `afterCommit`; called by `Database.transaction` alone. */
  runCommitted(): void {
    for (const action of this.committed) action();
  }
}

/** Transactions that one lane may have open at once, of the pool's connections. */
const laneWidth = 6;
/** Transactions that may wait in one lane. */
const laneQueue = 500;

/** How often a transaction that gives way to others is begun anew, after a pause that grows each time by so many milliseconds. */
const repeatsAtMost = 20;
const pauseMs = 5;

/** More writes of one organization wait than the service is willing to hold. */
export class LaneFull extends DomainError {
  constructor() {
    super('UNAVAILABLE', 'Too many changes of this organization are waiting. Try again in a moment.', {
      headers: { 'Retry-After': '1' },
    });
  }
}

/**
 * The service's database. Reads and named statements have a pool of their own, so that no write ever stands before a
 * reveal; transactions take TypeORM's pool, in lanes, so that no organization takes all of it.
 */
@Injectable()
export class Database {
  private readonly lanes = new Map<string, LimitFunction>();

  constructor(
    readonly dataSource: DataSource,
    private readonly reads: Pool,
  ) {}

  /** Runs one statement outside any transaction. */
  async rows<T extends QueryResultRow>(sql: string, values: unknown[] = []): Promise<T[]> {
    return (await this.reads.query<T>(sql, values)).rows;
  }

  /** Runs a named prepared statement: one round trip, no planning. */
  async execute<T extends QueryResultRow>(statement: NamedStatement, values: unknown[]): Promise<T[]> {
    return (await this.reads.query<T>({ ...statement, values })).rows;
  }

  /** TypeORM's entity manager outside any transaction. */
  get manager(): EntityManager {
    return this.dataSource.manager;
  }

  /**
   * Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. `work` takes no other
   * connection: with all of them waiting for each other, the service would stand still.
   *
   * @param lane whose transaction it is, usually an organization: a lane has a few of the connections at most
   * @throws LaneFull
   */
  async transaction<T>(work: (transaction: Transaction) => Promise<T>, lane?: string): Promise<T> {
    if (lane === undefined) return this.run(work);
    const limit = this.lanes.get(lane) ?? pLimit(laneWidth);
    if (limit.pendingCount >= laneQueue) throw new LaneFull();
    this.lanes.set(lane, limit);
    try {
      return await limit(() => this.run(work));
    } finally {
      if (limit.activeCount + limit.pendingCount === 0) this.lanes.delete(lane);
    }
  }

  /**
   * As `transaction`, for work that needs what others may have locked in another order: it gives way to them, by asking for such
   * locks without waiting long, and is begun anew. Broken off, it has changed nothing.
   */
  async yieldingTransaction<T>(work: (transaction: Transaction) => Promise<T>, lane?: string): Promise<T> {
    for (let repeats = 0; ; repeats++) {
      try {
        return await this.transaction(work, lane);
      } catch (error) {
        if (repeats === repeatsAtMost || !isLockConflict(error)) throw error;
        // Who does not wait for a lock at all would else be through with its tries before the other one is done.
        await sleep(repeats * pauseMs);
      }
    }
  }

  private async run<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    const transaction = new Transaction(runner);
    let result: T;
    try {
      await runner.connect();
      await runner.startTransaction();
      result = await work(transaction);
      await runner.commitTransaction();
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      await runner.release();
    }
    transaction.runCommitted();
    return result;
  }
}
