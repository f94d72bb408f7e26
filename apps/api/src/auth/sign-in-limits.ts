import { Injectable } from '@nestjs/common';
import { TokenDigester } from '@credvault/crypto/token-digest.js';
import { canonicalAddress } from '@credvault/mail/mail-address.js';
import { AttemptLimit } from '@credvault/rate-limit/attempt-limit.js';
import { Counters } from '@credvault/rate-limit/counters.js';

const quarterHour = 15 * 60;
/** Failures on one account, from any addresses, after which further tries from unknown addresses are slowed. */
const failuresBeforeSlowing = 10;
const longestDelay = 3_000;

/**
 * The account a password is tried at. A known one is its id, because its name can be spelled in ways that PostgreSQL
 * finds equal and JavaScript does not: the Kelvin sign is a small k to the one and not to the other.
 */
export type TriedAccount = { userId: string } | { email: string };

/** One try at a password. */
export interface Guess {
  account: TriedAccount;
  /** Address block it comes from. */
  block: string;
  /** It comes from where its owner signed in before: it is never slowed on the account's behalf. */
  isKnownAddress: boolean;
}

/**
 * Limits guessing without becoming a weapon (SECURITY): an (account, address) pair and an address are refused after too
 * many failures, but an account alone is only slowed, and not at all for an address that signed in before.
 */
@Injectable()
export class SignInLimits {
  private readonly pair: AttemptLimit;
  private readonly address: AttemptLimit;
  private readonly account: AttemptLimit;
  private readonly oneTimeTokens: AttemptLimit;

  constructor(
    counters: Counters,
    private readonly digester: TokenDigester,
  ) {
    const limit = (name: string, points: number, message: string): AttemptLimit =>
      new AttemptLimit(counters.window(`sign-in:${name}`, quarterHour), points, message);
    this.pair = limit('pair', 10, 'Too many failed sign-ins to this account from this address.');
    this.address = limit('address', 50, 'Too many failed sign-ins from this address.');
    this.account = limit('account', Number.MAX_SAFE_INTEGER, '');
    this.oneTimeTokens = limit(
      'one-time-tokens',
      20,
      'Too many attempts with one-time tokens from this address.',
    );
  }

  /** For a look before anything is looked up; `guard` is what counts. @throws TooManyAttempts */
  assertAddressOpen(block: string): Promise<void> {
    return this.address.assertOpen(block);
  }

  /**
   * Lets a password be compared, and answers whether it was right. The guess counts as a failure from the beginning, so
   * that guesses at the same time are limited like guesses one after the other. One that was right, or could not be
   * compared, costs nothing, and a right one clears what its account had lost from its address.
   *
   * @throws TooManyAttempts, and whatever `compare` throws
   */
  async guard(guess: Guess, compare: () => Promise<boolean>): Promise<boolean> {
    const account = this.nameOf(guess.account);
    const pair = `${account} ${guess.block}`;
    const failuresBefore = await this.take(account, pair, guess.block);
    let isWrong = false;
    try {
      if (!guess.isKnownAddress) await slowDown(failuresBefore);
      isWrong = !(await compare());
    } finally {
      if (!isWrong) await this.giveBack(account, pair, guess.block);
    }
    if (!isWrong) await this.pair.forget(pair);
    return !isWrong;
  }

  /** Counts a try with a setup, invitation or reset token. @throws TooManyAttempts */
  takeOneTimeToken(block: string): Promise<void> {
    return this.oneTimeTokens.take(block);
  }

  /** Takes the points of one guess and returns how many the account had lost before. @throws TooManyAttempts */
  private async take(account: string, pair: string, block: string): Promise<number> {
    await this.address.take(block);
    try {
      await this.pair.take(pair);
    } catch (refusal) {
      await this.address.giveBack(block);
      throw refusal;
    }
    return (await this.account.count(account)).count - 1;
  }

  private async giveBack(account: string, pair: string, block: string): Promise<void> {
    await this.address.giveBack(block);
    await this.pair.giveBack(pair);
    await this.account.giveBack(account);
  }

  /** The name of an account in counters, which may stand in Redis: no e-mail address goes there. */
  private nameOf(account: TriedAccount): string {
    if ('userId' in account) return `user:${account.userId}`;
    const digest = this.digester.digest(`sign-in as ${canonicalAddress(account.email).toLowerCase()}`);
    return `email:${digest.toString('base64url')}`;
  }
}

/** Waits before a try from an unknown address on an account under attack: 100 ms, doubling up to 3 s. */
async function slowDown(failures: number): Promise<void> {
  const beyond = failures - failuresBeforeSlowing;
  if (beyond < 0) return;
  const delay = Math.min(longestDelay, 100 * 2 ** Math.min(beyond, 5));
  await new Promise((resolve) => setTimeout(resolve, delay));
}
