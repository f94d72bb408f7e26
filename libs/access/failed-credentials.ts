import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { AttemptLimit } from '@credvault/rate-limit/attempt-limit.js';
import { Counters } from '@credvault/rate-limit/counters.js';

/** Failed credentials that one address (IPv6: its /64) may send in a minute before it has to wait. */
const failuresPerMinute = 120;
const windowSeconds = 60;
/** Blocks of addresses remembered as closed; an attack from more of them at once is beyond a limit by address. */
const capacity = 20_000;

/** The first thing at the door: an address that keeps sending credentials nobody knows has to wait, before any lookup. */
@Injectable()
export class FailedCredentials {
  private readonly limit: AttemptLimit;
  /**
   * Until when blocks are closed, in milliseconds since the epoch. Every request looks here, and so none of them asks the
   * primary or Redis; this process learns it when a failure that it counts itself is one too many.
   */
  private readonly closedUntil = new LRUCache<string, number>({ max: capacity });

  constructor(@Inject(Counters) counters: Counters) {
    this.limit = new AttemptLimit(
      counters.window('failed-credentials', windowSeconds),
      failuresPerMinute,
      'Too many failed credentials from this address.',
    );
  }

  /** @throws TooManyAttempts */
  assertOpen(block: string): void {
    const until = this.closedUntil.get(block);
    if (until === undefined) return;
    const waitMs = until - Date.now();
    if (waitMs > 0) throw this.limit.refusal(waitMs);
    this.closedUntil.delete(block);
  }

  /** Counts a credential that nobody knows, without anybody waiting for it. */
  count(block: string): void {
    void this.limit.count(block).then(({ count, waitMs }) => {
      if (count >= this.limit.points) this.closedUntil.set(block, Date.now() + waitMs);
    });
  }
}
