import { createClient } from '@redis/client';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { Circuit, CircuitOpen } from './circuit.js';
import type { CountingPlace } from './counting-place.js';
import type { Window, WindowOptions } from './window.js';

type Client = ReturnType<typeof createClient>;

/**
 * How long a command may take, in milliseconds: long enough for a lost packet to be sent again (Linux waits 200 ms at
 * least), short enough for nobody to notice much, once, when Redis hangs.
 */
const commandPatience = 250;
/** How long connecting and the first command may take, in milliseconds. */
const connectPatience = 1_000;

/** The part of a client that `RateLimiterRedis` uses; it always speaks with the connection of the moment. */
type Commands = Pick<Client, 'eval' | 'multi' | 'del'>;

/**
 * Windows in Redis. The connection is thrown away with the first doubt about it and made anew by the probe, which does what
 * counting does: a server that answers but cannot be written to (a replica, a full or loading one) counts as down.
 */
export class RedisPlace implements CountingPlace {
  readonly circuit: Circuit;
  private client: Client | undefined;
  private readonly probeWindow: RateLimiterRedis;

  /** @param url `redis[s]://[[user]:password@]host[:port][/database]` (IANA registrations of both schemes) */
  constructor(
    private readonly url: string,
    onChange: (isOpen: boolean, reason?: unknown) => void,
  ) {
    this.circuit = new Circuit({
      patienceMs: commandPatience,
      probePatienceMs: connectPatience,
      probe: () => this.connect(),
      onChange: (isOpen, reason) => {
        if (isOpen) this.disconnect();
        onChange(isOpen, reason);
      },
    });
    this.probeWindow = this.window({ keyPrefix: 'credvault:probe', duration: 1, points: 1 });
  }

  window(options: WindowOptions): RateLimiterRedis & Window {
    const commands: Commands = {
      eval: (...parameters) => this.connection().eval(...parameters),
      multi: () => this.connection().multi(),
      del: (...parameters) => this.connection().del(...parameters),
    };
    return new RateLimiterRedis({ ...options, storeClient: commands, useRedisPackage: true });
  }

  async close(): Promise<void> {
    const ended = this.circuit.end();
    this.disconnect();
    await ended;
  }

  private connection(): Client {
    if (this.client === undefined) throw new CircuitOpen();
    return this.client;
  }

  private async connect(): Promise<void> {
    this.disconnect();
    const client: Client = createClient({
      url: this.url,
      name: 'credvault',
      // Reconnecting is the circuit's matter, and a command that cannot be sent now must not wait.
      socket: { reconnectStrategy: false, connectTimeout: connectPatience },
      disableOfflineQueue: true,
      disableClientInfo: true,
      maintNotifications: 'disabled',
    });
    this.client = client;
    client.on('error', (error) => {
      if (this.client === client) this.circuit.trip(error);
    });
    await client.connect();
    await this.probeWindow.penalty('probe');
  }

  private disconnect(): void {
    const { client } = this;
    this.client = undefined;
    if (client?.isOpen) client.destroy();
  }
}
