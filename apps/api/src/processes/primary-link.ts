import cluster from 'node:cluster';
import { isOurs, type Order, type Report } from './messages.js';

/** A worker without a primary is gone after this, in milliseconds, whatever keeps it: nobody else would end it. */
const endsWithin = 4_000;

type Announce = Extract<Order, { credvault: 'announce' }>;

/** The primary, from a worker's side. */
export class Primary {
  private readonly stop = new AbortController();
  private readonly announce = Promise.withResolvers<Announce>();
  /** Aborted when the primary says so, or has died. */
  readonly stops = this.stop.signal;
  /** Resolves in the one worker that makes the announcement. */
  readonly announcement = this.announce.promise;
  private lost = false;

  constructor() {
    process.on('message', (message: unknown) => {
      if (!isOurs<Order>(message)) return;
      if (message.credvault === 'stop') this.stop.abort();
      else this.announce.resolve(message);
    });
    cluster.worker?.once('disconnect', () => this.lose());
  }

  /** Whether the primary has died. */
  get isLost(): boolean {
    return this.lost;
  }

  /** Resolves when it is sent, or cannot be. */
  tell(report: Report): Promise<void> {
    if (!process.send || !process.connected) return Promise.resolve();
    return new Promise((resolve) => process.send?.(report, undefined, undefined, () => resolve()));
  }

  private lose(): void {
    this.lost = true;
    // Otherwise node:cluster ends this process on the spot, with requests unanswered and records unwritten.
    if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
    this.stop.abort();
    setTimeout(() => process.exit(1), endsWithin).unref();
  }
}
