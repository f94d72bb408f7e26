import type { RateLimiterAbstract } from 'rate-limiter-flexible';

/**
 * Counts by key in a fixed window from the first count, and has no limit of its own: whoever counts compares. `penalty`
 * counts one, `reward` takes one back, `get` looks, `delete` forgets.
 */
export type Window = Pick<RateLimiterAbstract, 'penalty' | 'reward' | 'get' | 'delete'>;

/** How a window is set up: its name is the prefix of its keys, wherever they are. */
export interface WindowOptions {
  keyPrefix: string;
  /** Length of the window in seconds. */
  duration: number;
  /** Required by rate-limiter-flexible, and never reached. */
  points: number;
}
