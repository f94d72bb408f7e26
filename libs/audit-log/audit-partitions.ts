/** Months, the present one included, for which the trail has partitions ahead of time. */
const monthsAhead = 4;

interface Queries {
  rows(sql: string, values?: unknown[]): Promise<unknown>;
}

/**
 * Makes the monthly partitions of the audit trail that will soon be needed. Safe to run from several processes at once;
 * runs at each start and once an hour.
 */
export async function createAuditPartitions(database: Queries, today = new Date()): Promise<void> {
  for (let ahead = -1; ahead < monthsAhead; ahead++) {
    const from = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + ahead, 1));
    const to = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1));
    const [start, end] = [from, to].map((date) => date.toISOString().slice(0, 10));
    const name = `audit_events_${start?.slice(0, 7).replace('-', '_')}`;
    // Partition bounds take no parameters; both are dates this function has made.
    await database.rows(`DO $$ BEGIN
      PERFORM pg_advisory_xact_lock(hashtext('credvault:audit-partitions'));
      IF to_regclass('${name}') IS NULL THEN
        CREATE TABLE ${name} PARTITION OF audit_events FOR VALUES FROM ('${start}') TO ('${end}');
      END IF;
    END $$`);
  }
}
