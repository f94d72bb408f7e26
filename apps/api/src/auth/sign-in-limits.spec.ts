import { randomBytes } from 'node:crypto';
import { TokenDigester } from '@credvault/crypto/token-digest.js';
import { TooManyAttempts } from '@credvault/rate-limit/attempt-limit.js';
import { Counters } from '@credvault/rate-limit/counters.js';
import { SignInLimits, type Guess } from './sign-in-limits.js';

const block = '203.0.113.9/32';
const known = { block, isKnownAddress: true };
const right = (): Promise<boolean> => Promise.resolve(true);
const wrong = (): Promise<boolean> => Promise.resolve(false);
const accountAt = (at: number): Guess => ({ ...known, account: { userId: `user ${at}` } });

const newLimits = (): SignInLimits =>
  new SignInLimits(Counters.inProcess(), new TokenDigester(randomBytes(32)));

/** How many of some guesses sent at once reached the comparison. */
async function compared(limits: SignInLimits, guesses: Guess[], outcome = wrong): Promise<number> {
  let count = 0;
  const compare = async (): Promise<boolean> => {
    count += 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
    return outcome();
  };
  const results = await Promise.allSettled(guesses.map((guess) => limits.guard(guess, compare)));
  for (const result of results)
    if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(TooManyAttempts);
  return count;
}

describe('SignInLimits', () => {
  it('compare ten of seventy guesses that come at once', async () => {
    const limits = newLimits();
    const guesses = Array.from({ length: 70 }, () => accountAt(1));
    expect(await compared(limits, guesses)).toBe(10);
    expect(await compared(limits, guesses)).toBe(0);
    expect(await compared(limits, [accountAt(2)])).toBe(1);
  });

  it('compare fifty of seventy guesses at as many accounts', async () => {
    const guesses = Array.from({ length: 70 }, (_, at) => accountAt(at));
    expect(await compared(newLimits(), guesses)).toBe(50);
  });

  it('count no right guess, however many come', async () => {
    const limits = newLimits();
    for (let round = 0; round < 20; round++) {
      expect(
        await compared(
          limits,
          Array.from({ length: 7 }, () => accountAt(1)),
          right,
        ),
      ).toBe(7);
    }
    const fifty = Array.from({ length: 50 }, (_, at) => accountAt(at));
    expect(await compared(limits, fifty)).toBe(50);
  });

  it('count no guess that was refused or could not be compared', async () => {
    const limits = newLimits();
    const busy = (): Promise<boolean> => Promise.reject(new Error('busy'));
    for (let round = 0; round < 60; round++)
      await expect(limits.guard(accountAt(1), busy)).rejects.toThrow('busy');
    expect(
      await compared(
        limits,
        Array.from({ length: 70 }, () => accountAt(1)),
      ),
    ).toBe(10);
    expect(
      await compared(
        limits,
        Array.from({ length: 70 }, (_, at) => accountAt(at + 2)),
      ),
    ).toBe(40);
  });

  it('forget the failures of a person who then remembers their password', async () => {
    const limits = newLimits();
    for (let round = 0; round < 4; round++) {
      expect(
        await compared(
          limits,
          Array.from({ length: 9 }, () => accountAt(1)),
        ),
      ).toBe(9);
      expect(await limits.guard(accountAt(1), right)).toBe(true);
    }
  });

  it('take the small and the capital letters of an unknown account for the same', async () => {
    const limits = newLimits();
    const spelled = (email: string): Guess => ({ ...known, account: { email } });
    const guesses = Array.from({ length: 20 }, (_, at) =>
      spelled(at % 2 ? 'Ann@example.com' : 'ann@EXAMPLE.com'),
    );
    expect(await compared(limits, guesses)).toBe(10);
  });

  it('slow strangers, and nobody from a known address', async () => {
    const limits = newLimits();
    const from = (at: number, isKnownAddress: boolean): Guess => ({
      account: { userId: 'target' },
      block: `203.0.113.${at}/32`,
      isKnownAddress,
    });
    for (let at = 0; at < 12; at++) await limits.guard(from(at, true), wrong);
    const finished: string[] = [];
    await Promise.all([
      limits.guard(from(100, false), right).then(() => finished.push('stranger')),
      limits.guard(from(101, true), right).then(() => finished.push('owner')),
    ]);
    expect(finished).toEqual(['owner', 'stranger']);
  });
});
