import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';

/** A month of an organization: from its first moment to before the first one of the next, in UTC. */
export interface CountedMonth {
  organizationId: string;
  start: Date;
  end: Date;
}

/** What counts as a request: it came with a credential, and of two records of one request, the first one counts. */
const isRequest = `NOT e.secondary AND e.method IS NOT NULL AND e.credential_type IS NOT NULL`;

/** Requests of late records between two times, which a lookup by key finds. */
const lateEvents = `late_audit_events l JOIN audit_events e USING (organization_id, occurred_at, id)`;

const countStatement = {
  name: 'count_requests',
  text: `WITH kept AS (
      SELECT coalesce(max(requests), 0) AS requests, coalesce(max(counted_until), $3::timestamptz) AS counted_until
      FROM request_counts WHERE organization_id = $1 AND month = $2::date
    ), late AS (
      SELECT coalesce(sum(e.count), 0) AS requests, count(*) AS records FROM ${lateEvents}
      WHERE l.organization_id = $1 AND l.occurred_at >= $3 AND l.occurred_at < (SELECT counted_until FROM kept)
        AND ${isRequest}
    ), fresh AS (
      SELECT coalesce(sum(e.count), 0) AS requests, count(*) AS records FROM audit_events e
      WHERE e.organization_id = $1 AND e.occurred_at >= (SELECT counted_until FROM kept) AND e.occurred_at < $4
        AND ${isRequest}
    )
    SELECT (kept.requests + late.requests + fresh.requests)::float8 AS requests,
      (late.records + fresh.records)::float8 AS uncounted
    FROM kept, late, fresh`,
};

/**
 * Counts the requests of a month exactly, without reading the whole month each time: what is older than `counted_until` was
 * counted once. Nothing is written for it when a request is recorded.
 *
 * A record may become visible long after its `occurred_at`: its transaction was still open, or it waited for a database
 * that was away. Both are told apart and none is lost or counted twice:
 * - What is written more than 5 minutes late is named in `late_audit_events` by a trigger, in the same transaction. It is
 *   added by name where it lies before `counted_until`, and taken off the list when it is counted.
 * - Anything else is written within 5 minutes. So a transaction that begins to write after a time T writes no record older
 *   than T − 5 minutes, or it is named. `next_until` is T − 10 minutes (the rest is for a clock that is set back), and
 *   `next_after` the number of a transaction that began to write at T or later. `counted_until` moves there once every
 *   transaction up to that number has ended: then each record before it is visible, or named, or will be.
 *
 * Each statement sees one snapshot, so what it adds up belongs together whatever others do meanwhile.
 */
@Injectable()
export class RequestCountsRepository {
  constructor(private readonly database: Database) {}

  /** The requests of a month, and how many records had to be read for it because nobody has counted them for good. */
  async count(month: CountedMonth): Promise<{ requests: number; uncounted: number }> {
    const [row] = await this.database.execute<{ requests: number; uncounted: number }>(
      countStatement,
      valuesOf(month),
    );
    return row ?? { requests: 0, uncounted: 0 };
  }

  /** Locks the count that is kept of a month, and makes it if there is none; false when somebody else has locked it. */
  async lock(transaction: Transaction, month: CountedMonth): Promise<boolean> {
    const [organizationId, day, start, end] = valuesOf(month);
    await transaction.rows(
      `INSERT INTO request_counts (organization_id, month, counted_until, next_until, next_after)
       VALUES ($1, $2, $3, least(greatest(now() - interval '10 minutes', $3), $4), pg_current_xact_id())
       ON CONFLICT DO NOTHING`,
      [organizationId, day, start, end],
    );
    const rows = await transaction.rows(
      `SELECT 1 FROM request_counts WHERE organization_id = $1 AND month = $2 FOR UPDATE SKIP LOCKED`,
      [organizationId, day],
    );
    return rows.length > 0;
  }

  /** Counts for good what can be, and notes what can be the next time. The caller holds the lock. */
  async advance(transaction: Transaction, month: CountedMonth): Promise<void> {
    await transaction.rows(
      `WITH due AS (
         SELECT counted_until, next_until FROM request_counts
         WHERE organization_id = $1 AND month = $2 AND next_after < pg_snapshot_xmin(pg_current_snapshot())
       ), listed AS (
         DELETE FROM late_audit_events l USING due
         WHERE l.organization_id = $1 AND l.occurred_at >= $3 AND l.occurred_at < due.next_until
         RETURNING l.organization_id, l.occurred_at, l.id
       ), late AS (
         SELECT coalesce(sum(e.count), 0) AS requests
         FROM due, listed JOIN audit_events e USING (organization_id, occurred_at, id)
         WHERE e.occurred_at < due.counted_until AND ${isRequest}
       ), fresh AS (
         SELECT coalesce(sum(e.count), 0) AS requests FROM audit_events e
         WHERE e.organization_id = $1 AND e.occurred_at >= (SELECT counted_until FROM due)
           AND e.occurred_at < (SELECT next_until FROM due) AND ${isRequest}
       )
       UPDATE request_counts c
       SET requests = c.requests + late.requests + fresh.requests, counted_until = due.next_until,
         next_until = least(greatest(now() - interval '10 minutes', due.next_until), $4), next_after = pg_current_xact_id()
       FROM due, late, fresh WHERE c.organization_id = $1 AND c.month = $2`,
      valuesOf(month),
    );
  }
}

function valuesOf({ organizationId, start, end }: CountedMonth): [string, string, Date, Date] {
  return [organizationId, start.toISOString().slice(0, 10), start, end];
}
