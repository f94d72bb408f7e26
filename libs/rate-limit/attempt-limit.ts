import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { DomainError } from '@credvault/http/domain-error.js';

/** Too many attempts: says exactly how long to wait. */
export class TooManyAttempts extends DomainError {
  constructor(message: string, waitMs: number) {
    const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
    super('RATE_LIMITED', `${message} Try again in ${seconds} seconds.`, {
      headers: { 'Retry-After': String(seconds) },
    });
  }
}

/**
 * Counts attempts of one kind by key in a fixed window from the first attempt.
 *
 * `take` counts beforehand and refuses, so that attempts at the same time count like attempts one after the other;
 * `giveBack` undoes it for one that turned out well. `assertOpen` and `count` are for what is only counted when it fails.
 */
export class AttemptLimit {
  private readonly limiter: RateLimiterMemory;

  /**
   * @param points attempts in one window
   * @param windowSeconds length of the window
   * @param message what the client is told, a sentence
   */
  constructor(
    readonly points: number,
    windowSeconds: number,
    private readonly message: string,
  ) {
    this.limiter = new RateLimiterMemory({ points, duration: windowSeconds });
  }

  /** Counts one attempt; throws TooManyAttempts when the window is used up, and then counts nothing. */
  async take(key: string): Promise<void> {
    try {
      await this.limiter.consume(key);
    } catch (refusal) {
      await this.giveBack(key);
      throw this.refusal(refusal);
    }
  }

  /** Takes one attempt out of the window again, if its window is still the present one. */
  async giveBack(key: string): Promise<void> {
    const state = await this.limiter.get(key);
    if (state !== null && state.consumedPoints > 0) await this.limiter.reward(key);
  }

  /** Throws TooManyAttempts when the window is used up, and counts nothing. */
  async assertOpen(key: string): Promise<void> {
    const state = await this.limiter.get(key);
    if (state !== null && state.consumedPoints >= this.points) throw this.refusal(state);
  }

  /** Counts one failure and returns how many the window has now. */
  async count(key: string): Promise<number> {
    return (await this.limiter.penalty(key)).consumedPoints;
  }

  /** Forgets the failures of a key, after a success. */
  async forget(key: string): Promise<void> {
    await this.limiter.delete(key);
  }

  private refusal(reason: unknown): unknown {
    return reason instanceof RateLimiterRes ? new TooManyAttempts(this.message, reason.msBeforeNext) : reason;
  }
}
