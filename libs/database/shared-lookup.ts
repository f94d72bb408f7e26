/** Look-ups under way at once: while one is answered, the next gathers. */
const inFlightAtMost = 2;
/** Keys of one statement. */
const batchSize = 200;

interface Waiting<Key, Row> {
  key: Key;
  resolve: (row: Row | undefined) => void;
  reject: (error: unknown) => void;
}

/**
 * Lets look-ups that arrive together share one statement, as the audit log lets records share one commit: nobody waits for
 * a timer, but whoever comes while the database is busy joins the next statement. Under load this halves what a read costs
 * the process and PostgreSQL; a look-up that comes alone goes alone.
 */
export class SharedLookup<Key, Row> {
  private waiting: Waiting<Key, Row>[] = [];
  private inFlight = 0;
  private scheduled = false;

  /** @param find the rows of many keys, each in the place of its key; undefined where there is none */
  constructor(private readonly find: (keys: Key[]) => Promise<(Row | undefined)[]>) {}

  /** The row of one key, or undefined. */
  load(key: Key): Promise<Row | undefined> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ key, resolve, reject });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.inFlight >= inFlightAtMost || this.waiting.length === 0) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      void this.flush();
    });
  }

  private async flush(): Promise<void> {
    const batch = this.waiting.splice(0, batchSize);
    this.inFlight++;
    try {
      const rows = await this.find(batch.map(({ key }) => key));
      batch.forEach(({ resolve }, index) => resolve(rows[index]));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.inFlight--;
      this.schedule();
    }
  }
}
