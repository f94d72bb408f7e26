import type { ThrottlerStorage } from '@nestjs/throttler';
import type { Window } from './window.js';

type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/**
 * What `@nestjs/throttler` counts with: a fixed window from the first request. The limit is compared and never stored, so a
 * limit that changes holds at once, also within the window. A key that is over its limit waits until its window ends, and
 * what it sends meanwhile does not prolong that.
 */
export class ThrottlerWindow implements ThrottlerStorage {
  constructor(private readonly window: Window) {}

  /**
   * Counts one request.
   *
   * @param _ttl the window has its own length
   * @returns the requests of the window with this one, and seconds to its end, rounded up, at least 1
   */
  async increment(key: string, _ttl: number, limit: number): Promise<ThrottlerRecord> {
    const { consumedPoints: totalHits, msBeforeNext } = await this.window.penalty(key);
    const timeToExpire = wholeSeconds(msBeforeNext);
    const isBlocked = totalHits > limit;
    return { totalHits, timeToExpire, isBlocked, timeToBlockExpire: isBlocked ? timeToExpire : 0 };
  }
}

/** Milliseconds as whole seconds, rounded up, at least 1: whoever waits so long has waited long enough. */
export function wholeSeconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1_000));
}
