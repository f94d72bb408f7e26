import { RateLimiterCluster } from 'rate-limiter-flexible';
import { Circuit } from './circuit.js';
import type { CountingPlace } from './counting-place.js';
import type { Window, WindowOptions } from './window.js';

/** How long the primary may take for an answer, in milliseconds: it does little else, but the machine may be busy. */
const patience = 1_000;

/**
 * Windows in the primary of this cluster, by its channel to the workers. The primary must have made a
 * `RateLimiterClusterMaster` before the first worker starts.
 */
export class PrimaryPlace implements CountingPlace {
  readonly circuit: Circuit;
  private readonly probeWindow: Window;

  constructor(onChange: (isOpen: boolean, reason?: unknown) => void) {
    this.probeWindow = this.window({ keyPrefix: 'credvault:probe', duration: 1, points: 1 });
    this.circuit = new Circuit({
      patienceMs: patience,
      probePatienceMs: patience,
      probe: () => this.probeWindow.get('probe'),
      onChange,
    });
    process.once('disconnect', this.onDisconnect);
    process.on('error', this.onBrokenChannel);
  }

  window(options: WindowOptions): Window {
    // The circuit decides how long to wait; this only ends what nobody waits for any more.
    return new RateLimiterCluster({ ...options, timeoutMs: 5 * patience });
  }

  async close(): Promise<void> {
    process.off('disconnect', this.onDisconnect);
    await this.circuit.end();
  }

  private readonly onDisconnect = (): void => {
    this.circuit.trip(new Error('the primary is gone'));
  };

  /**
   * Node emits this on the process when a message cannot be sent, and ends a process that does not listen. It stays after
   * `close`: an answer may still be on its way then.
   */
  private readonly onBrokenChannel = (error: unknown): void => {
    this.circuit.trip(error);
  };
}
