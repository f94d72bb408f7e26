import type { Database } from '@credvault/database/database.js';

const flushEvery = 10_000;
/** Most counters kept between two flushes; a flood from more address blocks than this is counted as one block. */
const capacity = 10_000;
const everyoneElse = '0.0.0.0/0';

/**
 * Counts requests whose actor nobody knows, per address block and minute, best effort: such a request belongs to no
 * organization's trail, and must cost the service less than the one who sends it.
 */
export class RefusedRequests {
  private counts = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** @param block CIDR block of the address, as `addressBlock` gives it */
  count(block: string, status: number): void {
    const minute = Math.floor(Date.now() / 60_000);
    const key = `${minute} ${this.counts.size < capacity ? block : everyoneElse} ${status}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    this.timer ??= setTimeout(() => void this.flush(), flushEvery).unref();
  }

  /** Adds the counters to the table; also called at shutdown. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const rows = [...this.counts].map(([key, count]) => [...key.split(' '), count] as const);
    this.counts = new Map();
    if (rows.length === 0) return;
    await this.database
      .rows(
        `INSERT INTO refused_requests (minute, address_block, status, count)
         SELECT to_timestamp(minute * 60), block, status, count
         FROM unnest($1::bigint[], $2::cidr[], $3::smallint[], $4::bigint[]) AS row (minute, block, status, count)
         ON CONFLICT (minute, address_block, status) DO UPDATE SET count = refused_requests.count + EXCLUDED.count`,
        [0, 1, 2, 3].map((column) => rows.map((row) => row[column])),
      )
      .catch(this.onError);
  }
}
