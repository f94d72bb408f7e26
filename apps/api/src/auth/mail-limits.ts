import { Injectable } from '@nestjs/common';
import { TokenDigester } from '@credvault/crypto/token-digest.js';
import { AttemptLimit } from '@credvault/rate-limit/attempt-limit.js';
import { Counters } from '@credvault/rate-limit/counters.js';

const quarterHour = 15 * 60;
const hour = 60 * 60;

/** Keeps the service from being used to fill somebody's mailbox. */
@Injectable()
export class MailLimits {
  private readonly address: AttemptLimit;
  private readonly account: AttemptLimit;
  private readonly changes: AttemptLimit;
  private readonly pair: AttemptLimit;
  private readonly newAddress: AttemptLimit;

  constructor(
    counters: Counters,
    private readonly digester: TokenDigester,
  ) {
    const limit = (name: string, seconds: number, points: number, message: string): AttemptLimit =>
      new AttemptLimit(counters.window(`mail:${name}`, seconds), points, message);
    this.address = limit(
      'reset-by-address',
      quarterHour,
      20,
      'Too many forgotten passwords at this address.',
    );
    this.account = limit('reset-of-account', hour, 3, '');
    this.changes = limit('change-of-account', hour, 5, 'Too many changes of the e-mail address.');
    this.pair = limit('change-of-account-to-address', hour, 3, 'Too many changes to this e-mail address.');
    this.newAddress = limit('change-to-address', hour, 6, '');
  }

  /** Counts a request for a reset mail by where it comes from, which tells nothing of the account. @throws TooManyAttempts */
  takeResetRequest(block: string): Promise<void> {
    return this.address.take(block);
  }

  /** Whether one more reset mail may go to an account; nobody is told. */
  async mayMailReset(userId: string): Promise<boolean> {
    return (await this.account.count(userId)).count <= this.account.points;
  }

  /**
   * Counts a change of e-mail address, for the account and for the new address, taken or not. What other accounts have asked for
   * refuses nobody, or a stranger could keep somebody from an address of theirs: it only stops the mails.
   *
   * @returns whether the new address may be mailed; nobody is told when not
   * @throws TooManyAttempts for too many by this account
   */
  async takeEmailChange(userId: string, newEmail: string): Promise<boolean> {
    await this.changes.take(userId);
    // Counters may stand in Redis: no e-mail address goes there.
    const digest = this.digester.digest(`change of e-mail address to ${newEmail.toLowerCase()}`);
    const name = digest.toString('base64url');
    await this.pair.take(`${userId} ${name}`);
    return (await this.newAddress.count(name)).count <= this.newAddress.points;
  }
}
