import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { CountingPlace } from './counting-place.js';
import { InsuredWindow } from './insured-window.js';
import { PrimaryPlace } from './primary-place.js';
import { RedisPlace } from './redis-place.js';
import type { Window } from './window.js';

/**
 * Where windows are counted now: in this process alone, in the primary of its cluster, in Redis together with other
 * instances, or nearer than they should be, because that place does not answer.
 */
export const countingStatuses = ['process', 'cluster', 'shared', 'fallback'] as const;
export type CountingStatus = (typeof countingStatuses)[number];

export interface CountersOptions {
  /** Connection string of Redis; undefined means that nothing is shared with other instances. */
  redisUrl?: string;
  /** Whether this process is a worker of a cluster whose primary counts. */
  inCluster: boolean;
  /** Told whenever the status changes, with the reason if it got worse. */
  onChange?: (status: CountingStatus, reason?: unknown) => void;
}

/**
 * Where windows of limits are counted. Each place is insured by the nearer one: Redis by the primary of the cluster, and
 * that one by the process itself. So a window always counts, at worst for this process alone.
 */
export class Counters {
  private readonly windows = new Map<string, { window: Window; seconds: number }>();
  /** Beyond this process; nearest first. */
  private readonly places: CountingPlace[] = [];
  private told: CountingStatus;

  private constructor(
    private readonly best: CountingStatus,
    private readonly onChange?: CountersOptions['onChange'],
  ) {
    this.told = best;
  }

  /** Counters of this process alone. */
  static inProcess(): Counters {
    return new Counters('process');
  }

  /** Opens the counters. A place that does not answer is no failure: `onChange` is told, and the place tried again. */
  static async open({ redisUrl, inCluster, onChange }: CountersOptions): Promise<Counters> {
    const best = redisUrl !== undefined ? 'shared' : inCluster ? 'cluster' : 'process';
    const counters = new Counters(best, onChange);
    const tell = (_isOpen: boolean, reason?: unknown): void => counters.tell(reason);
    if (inCluster) counters.places.push(new PrimaryPlace(tell));
    if (redisUrl !== undefined) counters.places.push(new RedisPlace(redisUrl, tell));
    const reasons = await Promise.all(counters.places.map(({ circuit }) => circuit.start()));
    counters.tell(reasons.at(-1));
    return counters;
  }

  status(): CountingStatus {
    return this.places.at(-1)?.circuit.isOpen ? 'fallback' : this.best;
  }

  /**
   * The window of a name; asked again for the same name, it is the same one.
   *
   * @param name in kebab-case, parts separated by colons: `sign-in:address`
   * @param seconds length of the window
   */
  window(name: string, seconds: number): Window {
    const known = this.windows.get(name);
    if (known !== undefined && known.seconds !== seconds)
      throw new Error(`The window ${name} has ${known.seconds} s already, not ${seconds} s.`);
    if (known !== undefined) return known.window;
    const options = { keyPrefix: `credvault:${name}`, duration: seconds, points: Number.MAX_SAFE_INTEGER };
    const here: Window = new RateLimiterMemory(options);
    const window = this.places.reduce(
      (nearer, place) => new InsuredWindow(place.circuit, place.window(options), nearer),
      here,
    );
    this.windows.set(name, { window, seconds });
    return window;
  }

  async close(): Promise<void> {
    for (const place of this.places) await place.close();
  }

  private tell(reason?: unknown): void {
    const status = this.status();
    if (status === this.told) return;
    this.told = status;
    this.onChange?.(status, reason);
  }
}
