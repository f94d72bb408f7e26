import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningPostmaster } from './postmaster.js';
import { errorMessage } from './error-code.js';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;
/** A postmaster that lived this long was well: the next death is a new matter and is answered at once. */
const WELL_AFTER_MS = 10_000;

/** Starts PostgreSQL again whenever it dies while the service lives, waiting longer each time it dies soon. */
export class Supervisor {
  readonly #relaunch: (signal: AbortSignal) => Promise<RunningPostmaster>;
  readonly #onProgress: (step: string) => void;
  readonly #ending = new AbortController();
  #current: RunningPostmaster;
  #watch: Promise<void>;

  /** @param relaunch starts PostgreSQL, or adopts one that somebody else has started meanwhile. */
  constructor(
    first: RunningPostmaster,
    relaunch: (signal: AbortSignal) => Promise<RunningPostmaster>,
    onProgress: (step: string) => void,
  ) {
    this.#relaunch = relaunch;
    this.#onProgress = onProgress;
    this.#current = first;
    this.#watch = this.#supervise();
  }

  get pid(): number {
    return this.#current.pid;
  }

  /** Ends the supervision, a restart under way included; afterwards nothing is started any more. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.#watch;
  }

  /** Asked anew after every wait, which the compiler would not expect of a property. */
  #isEnding(): boolean {
    return this.#ending.signal.aborted;
  }

  async #supervise(): Promise<void> {
    const { signal } = this.#ending;
    const aborted = new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    let delay = FIRST_DELAY_MS;
    for (;;) {
      const began = Date.now();
      await Promise.race([this.#current.ended, aborted]);
      if (this.#isEnding()) return;
      if (Date.now() - began > WELL_AFTER_MS) delay = FIRST_DELAY_MS;
      this.#onProgress(`PostgreSQL (pid ${this.#current.pid}) has ended unexpectedly; starting it again`);
      delay = await this.#restart(delay);
      if (this.#isEnding()) return;
    }
  }

  /** @returns the delay before the next restart, should one be needed soon. */
  async #restart(firstDelay: number): Promise<number> {
    const { signal } = this.#ending;
    for (let delay = firstDelay; ; delay = Math.min(delay * 2, LONGEST_DELAY_MS)) {
      await sleep(delay, undefined, { signal, ref: false }).catch(() => undefined);
      if (this.#isEnding()) return delay;
      try {
        this.#current = await this.#relaunch(signal);
        return Math.min(delay * 2, LONGEST_DELAY_MS);
      } catch (error) {
        if (this.#isEnding()) return delay;
        this.#onProgress(`PostgreSQL did not start again: ${errorMessage(error)}`);
      }
    }
  }
}
