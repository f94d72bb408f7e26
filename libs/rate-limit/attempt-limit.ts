import { DomainError } from '@credvault/http/domain-error.js';
import { wholeSeconds } from './throttler-storage.js';
import type { Window } from './window.js';

/** Too many attempts: says exactly how long to wait. */
export class TooManyAttempts extends DomainError {
  constructor(message: string, waitMs: number) {
    const seconds = wholeSeconds(waitMs);
    super('RATE_LIMITED', `${message} Try again in ${seconds} seconds.`, {
      headers: { 'Retry-After': String(seconds) },
    });
  }
}

/** Where a window stands after an attempt was counted. */
export interface Attempts {
  /** Attempts in the window, with this one. */
  count: number;
  /** Milliseconds to the end of the window. */
  waitMs: number;
}

/**
 * Counts attempts of one kind by key in a fixed window from the first attempt.
 *
 * `take` counts beforehand and refuses, so that attempts at the same time count like attempts one after the other;
 * `giveBack` undoes it for one that turned out well. `assertOpen` and `count` are for what is only counted when it fails.
 */
export class AttemptLimit {
  /**
   * @param window where the attempts are counted, of no other limit
   * @param points attempts in one window
   * @param message what the client is told, a sentence
   */
  constructor(
    private readonly window: Window,
    readonly points: number,
    private readonly message: string,
  ) {}

  /** Counts one attempt; throws TooManyAttempts when the window is used up, and then counts nothing. */
  async take(key: string): Promise<void> {
    const { count, waitMs } = await this.count(key);
    if (count <= this.points) return;
    await this.giveBack(key);
    throw this.refusal(waitMs);
  }

  /** Takes one attempt out of the window again, if its window is still the present one. */
  async giveBack(key: string): Promise<void> {
    const state = await this.window.get(key);
    if (state !== null && state.consumedPoints > 0) await this.window.reward(key);
  }

  /** Throws TooManyAttempts when the window is used up, and counts nothing. */
  async assertOpen(key: string): Promise<void> {
    const state = await this.window.get(key);
    if (state !== null && state.consumedPoints >= this.points) throw this.refusal(state.msBeforeNext);
  }

  /** Counts one failure. */
  async count(key: string): Promise<Attempts> {
    const { consumedPoints, msBeforeNext } = await this.window.penalty(key);
    return { count: consumedPoints, waitMs: msBeforeNext };
  }

  /** Forgets the failures of a key, after a success. */
  async forget(key: string): Promise<void> {
    await this.window.delete(key);
  }

  /** What a client is told that has to wait. */
  refusal(waitMs: number): TooManyAttempts {
    return new TooManyAttempts(this.message, waitMs);
  }
}
