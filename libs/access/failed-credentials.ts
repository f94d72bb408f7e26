import { Injectable } from '@nestjs/common';
import { AttemptLimit } from '@credvault/rate-limit/attempt-limit.js';

/** Failed credentials that one address (IPv6: its /64) may send in a minute before it has to wait. */
const failuresPerMinute = 120;

/** The first thing at the door: an address that keeps sending credentials nobody knows has to wait, before any lookup. */
@Injectable()
export class FailedCredentials {
  private readonly limit = new AttemptLimit(
    failuresPerMinute,
    60,
    'Too many failed credentials from this address.',
  );

  /** @throws TooManyAttempts */
  assertOpen(block: string): Promise<void> {
    return this.limit.assertOpen(block);
  }

  count(block: string): void {
    void this.limit.count(block);
  }
}
