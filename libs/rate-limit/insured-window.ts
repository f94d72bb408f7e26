import type { RateLimiterRes } from 'rate-limiter-flexible';
import type { Circuit } from './circuit.js';
import type { Window } from './window.js';

/**
 * A window that is counted elsewhere, in Redis or in the primary of a cluster, and here for as long as that place does not
 * answer. So counting never fails and takes no longer than the circuit's patience.
 */
export class InsuredWindow implements Window {
  constructor(
    private readonly circuit: Circuit,
    private readonly elsewhere: Window,
    private readonly here: Window,
  ) {}

  penalty(key: string): Promise<RateLimiterRes> {
    return this.count((window) => window.penalty(key));
  }

  reward(key: string): Promise<RateLimiterRes> {
    return this.count((window) => window.reward(key));
  }

  get(key: string): Promise<RateLimiterRes | null> {
    return this.count((window) => window.get(key));
  }

  delete(key: string): Promise<boolean> {
    return this.count((window) => window.delete(key));
  }

  private async count<T>(operation: (window: Window) => Promise<T>): Promise<T> {
    if (this.circuit.isOpen) return operation(this.here);
    try {
      return await this.circuit.ask(() => operation(this.elsewhere));
    } catch {
      return operation(this.here);
    }
  }
}
