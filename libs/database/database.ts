import { Injectable } from '@nestjs/common';
import type { Pool, QueryResultRow } from 'pg';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';

/** One open transaction. Services open it and pass it on explicitly; nothing finds it by itself. */
export class Transaction {
  private readonly committed: (() => void)[] = [];

  constructor(private readonly runner: QueryRunner) {}

  /** TypeORM's entity manager inside this transaction. */
  get manager(): EntityManager {
    return this.runner.manager;
  }

  /** Runs one statement and returns its rows (also those of `RETURNING`). */
  async rows<T>(sql: string, values: unknown[] = []): Promise<T[]> {
    const result = await this.runner.query(sql, values, true);
    return result.records as T[];
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

/** A statement that is prepared once per connection and then only executed: for the hot paths. */
export interface NamedStatement {
  name: string;
  text: string;
}

/** The service's database: plain statements, named statements on the driver's pool, and transactions. */
@Injectable()
export class Database {
  private readonly pool: Pool;

  constructor(readonly dataSource: DataSource) {
    this.pool = (dataSource.driver as PostgresDriver).master as Pool;
  }

  /** Runs one statement outside any transaction. */
  async rows<T extends QueryResultRow>(sql: string, values: unknown[] = []): Promise<T[]> {
    return (await this.pool.query<T>(sql, values)).rows;
  }

  /** Runs a named prepared statement: one round trip, no planning. */
  async execute<T extends QueryResultRow>(statement: NamedStatement, values: unknown[]): Promise<T[]> {
    return (await this.pool.query<T>({ ...statement, values })).rows;
  }

  /** TypeORM's entity manager outside any transaction. */
  get manager(): EntityManager {
    return this.dataSource.manager;
  }

  /**
   * Runs `work` in one transaction: committed when it resolves, rolled back when it rejects.
   *
   * @param isolation defaults to PostgreSQL's READ COMMITTED
   */
  async transaction<T>(
    work: (transaction: Transaction) => Promise<T>,
    isolation: 'READ COMMITTED' | 'REPEATABLE READ' = 'READ COMMITTED',
  ): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    const transaction = new Transaction(runner);
    let result: T;
    try {
      await runner.connect();
      await runner.startTransaction(isolation);
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
