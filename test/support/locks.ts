import { setTimeout as sleep } from 'node:timers/promises';
import type { TestService } from './service.js';

/**
 * Waits until a statement on the database of a service waits for a lock.
 *
 * @param statement part of its text, as a regular expression of PostgreSQL
 */
export async function untilWaiting({ database }: TestService, statement: string): Promise<void> {
  const waiting = `SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ~ $1`;
  while ((await database.rows(waiting, [statement])).length === 0) await sleep(5);
}
