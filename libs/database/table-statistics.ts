import type { Database } from './database.js';

/** Rows that must have changed before the tables are looked at again. */
const worthwhile = 1_000;
/** Time between two looks, in milliseconds: one reads a sample of at most 30,000 rows (PostgreSQL manual, ANALYZE). */
const restFor = 30_000;

/**
 * Tells PostgreSQL's planner about rows that have come in bulk. Autovacuum does so too, but a minute later at best; until then
 * it takes a vault of 100,000 secrets for a handful, sorts them for each page and searches without the index.
 */
export class TableStatistics {
  private changed = 0;
  private lastAt = -Infinity;
  private timer: NodeJS.Timeout | undefined;

  /** @param tables names of tables, in the code's own words */
  constructor(
    private readonly database: Database,
    private readonly tables: string[],
  ) {}

  /** Notes that rows were written; called after they are committed. Nobody waits for what it does. */
  noteChanges(rows: number): void {
    this.changed += rows;
    if (this.changed < worthwhile || this.timer) return;
    const wait = Math.max(0, this.lastAt + restFor - performance.now());
    this.timer = setTimeout(() => void this.refresh(), wait).unref();
  }

  private async refresh(): Promise<void> {
    this.changed = 0;
    this.lastAt = performance.now();
    // A look that fails costs speed and nothing else, and the next bulk of rows asks again.
    await this.database.rows(`ANALYZE ${this.tables.join(', ')}`).catch(() => undefined);
    this.timer = undefined;
  }
}
