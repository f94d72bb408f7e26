import { Injectable } from '@nestjs/common';
import type { RequestOrigin } from '@credvault/access/actor.js';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import { AttemptLimit } from '@credvault/rate-limit/attempt-limit.js';
import { Counters } from '@credvault/rate-limit/counters.js';
import type { FactorResult } from './mfa-factors.service.js';
import { SessionsRepository } from './sessions.repository.js';

const quarterHour = 15 * 60;
const day = 24 * 60 * 60;

/**
 * Limits guessing of codes, of which three in a million are right at any moment. Whoever gets here knows the password or
 * holds a session, so an account may be closed to addresses that never signed in to it, which slowing alone would let
 * through in numbers. Addresses that did, in the last 90 days, are refused only for what came from them (SECURITY: no weapon for
 * locking people out). NIST SP 800-63B-4 (section 3.2.2) allows at most 100 failures of one account: here that many a day, for each
 * known address and for all others together.
 */
@Injectable()
export class MfaLimits {
  private readonly pair: AttemptLimit;
  private readonly known: AttemptLimit;
  private readonly account: AttemptLimit;

  constructor(
    counters: Counters,
    private readonly addresses: SessionsRepository,
  ) {
    const limit = (name: string, seconds: number, points: number, message: string): AttemptLimit =>
      new AttemptLimit(counters.window(`mfa:${name}`, seconds), points, message);
    const here = 'Too many wrong codes for this account from this address.';
    this.pair = limit('pair', quarterHour, 10, here);
    this.known = limit('known', day, 100, here);
    this.account = limit('account', day, 100, 'Too many wrong codes for this account from new addresses.');
  }

  /**
   * Lets a code be checked. It counts as wrong from the beginning, so that codes at the same time are limited like codes one
   * after the other; one that was right, or could not be checked, costs nothing. A right one clears nothing: who knows the
   * password could otherwise begin anew as often as they like.
   *
   * @throws TooManyAttempts, and whatever `check` throws
   */
  async guard<Result extends FactorResult>(
    userId: string,
    { ip }: RequestOrigin,
    check: () => Promise<Result>,
  ): Promise<Result> {
    const block = addressBlock(ip);
    const isKnown = await this.addresses.knowsAddress(userId, block);
    const pair = `${userId} ${block}`;
    const [daily, key] = isKnown ? [this.known, pair] : [this.account, userId];
    await this.pair.take(pair);
    let isWrong = false;
    try {
      await daily.take(key);
    } catch (refusal) {
      await this.pair.giveBack(pair);
      throw refusal;
    }
    try {
      const result = await check();
      isWrong = !result.isProved;
      return result;
    } finally {
      if (!isWrong) {
        await this.pair.giveBack(pair);
        await daily.giveBack(key);
      }
    }
  }
}
