import { Injectable } from '@nestjs/common';
import { AttemptLimit } from '@credvault/rate-limit/attempt-limit.js';

const quarterHour = 15 * 60;
/** Failures on one account, from any addresses, after which further tries from unknown addresses are slowed. */
const failuresBeforeSlowing = 10;
const longestDelay = 3_000;

/**
 * Limits guessing without becoming a weapon (SECURITY): an (account, address) pair and an address are refused after too
 * many failures, but an account alone is only slowed, and not at all for an address that signed in before.
 */
@Injectable()
export class SignInLimits {
  private readonly pair = new AttemptLimit(
    10,
    quarterHour,
    'Too many failed sign-ins to this account from this address.',
  );
  private readonly address = new AttemptLimit(50, quarterHour, 'Too many failed sign-ins from this address.');
  private readonly account = new AttemptLimit(Number.MAX_SAFE_INTEGER, quarterHour, '');
  private readonly oneTimeTokens = new AttemptLimit(
    20,
    quarterHour,
    'Too many attempts with one-time tokens from this address.',
  );

  /** @throws TooManyAttempts */
  async assertOpen(email: string, block: string): Promise<void> {
    await this.address.assertOpen(block);
    await this.pair.assertOpen(pairKey(email, block));
  }

  async countFailure(email: string, block: string): Promise<void> {
    await this.address.count(block);
    await this.pair.count(pairKey(email, block));
    await this.account.count(email.toLowerCase());
  }

  async countSuccess(email: string, block: string): Promise<void> {
    await this.pair.forget(pairKey(email, block));
  }

  /** Waits before a try from an unknown address on an account under attack: 100 ms, doubling up to 3 s. */
  async slowDown(email: string): Promise<void> {
    const failures = await this.account.used(email.toLowerCase());
    const beyond = failures - failuresBeforeSlowing;
    if (beyond < 0) return;
    await new Promise((resolve) =>
      setTimeout(resolve, Math.min(longestDelay, 100 * 2 ** Math.min(beyond, 5))),
    );
  }

  /** Counts a try with a setup, invitation or reset token. @throws TooManyAttempts */
  takeOneTimeToken(block: string): Promise<void> {
    return this.oneTimeTokens.take(block);
  }
}

function pairKey(email: string, block: string): string {
  return `${email.toLowerCase()} ${block}`;
}
