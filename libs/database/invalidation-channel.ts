import pg from 'pg';
import { newUuid } from './typed-id.js';
import { connectionConfig, type DatabaseAddress } from './data-source.js';

/** How often the channel listens for its own voice, in milliseconds. */
const echoEvery = 250;
/** Age at which the last echo no longer vouches for the channel, in milliseconds (SECURITY: 1 s). */
const echoLifetime = 1_000;
const reconnectAfter = 200;

/** What an invalidation names: a credential, a user, a vault or the root keys, by UUID. */
export interface Invalidation {
  kind: string;
  id: string;
}

/**
 * Tells every process what to forget. One connection listens on `credvault_invalidation`, where triggers of the database
 * speak; the channel also sends itself an echo and counts as healthy only while the last one it heard was sent less than 1 s
 * ago: it vouches for what was said before it, however late it arrives.
 * Whoever caches what it may invalidate must ask `isHealthy()` and bypass the cache when it says no.
 */
export class InvalidationChannel {
  private readonly echoName = newUuid();
  private readonly listeners: ((invalidation: Invalidation | 'everything') => void)[] = [];
  private client: pg.Client | undefined;
  /** When the last echo that was heard had been sent, by `performance.now()`. */
  private lastEcho = -Infinity;
  private closed = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly address: DatabaseAddress,
    private readonly onError: (error: unknown) => void = () => undefined,
  ) {}

  /** Registers what to do when something must be forgotten; `everything` after the channel was deaf. */
  onInvalidation(listener: (invalidation: Invalidation | 'everything') => void): void {
    this.listeners.push(listener);
  }

  /** True while every invalidation older than a second has certainly been heard. */
  isHealthy(): boolean {
    return performance.now() - this.lastEcho < echoLifetime;
  }

  /**
   * Connects and waits for the first echo.
   *
   * @throws Error when none comes in 5 s: the connection goes through a pooler that does not keep sessions
   */
  async open(): Promise<void> {
    await this.connect();
    const deadline = performance.now() + 5_000;
    while (!this.isHealthy()) {
      if (performance.now() > deadline) {
        await this.close();
        throw new Error(
          'The database does not deliver notifications. DATABASE_URL must be a direct or session-pooled connection, not a transaction pooler.',
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    this.lastEcho = -Infinity;
    await this.client?.end().catch(() => undefined);
  }

  private async connect(): Promise<void> {
    const Client = this.address.Client ?? pg.Client;
    const client = new Client({ ...connectionConfig(this.address), query_timeout: echoLifetime * 2 });
    this.client = client;
    client.on('error', (error) => this.reconnect(client, error));
    client.on('end', () => this.reconnect(client, new Error('the listening connection ended')));
    client.on('notification', (message) => this.hear(message.payload ?? ''));
    try {
      await client.connect();
      await client.query('LISTEN credvault_invalidation');
      // An echo need not survive a crash: it must only arrive.
      await client.query('SET synchronous_commit = off');
      this.tell('everything');
      await this.echo(client);
    } catch (error) {
      this.reconnect(client, error);
    }
  }

  private async echo(client: pg.Client): Promise<void> {
    if (this.closed || this.client !== client) return;
    await client.query(`SELECT pg_notify('credvault_invalidation', $1)`, [
      `echo:${this.echoName}:${performance.now()}`,
    ]);
    this.timer = setTimeout(() => {
      this.echo(client).catch((error: unknown) => this.reconnect(client, error));
    }, echoEvery);
  }

  private hear(payload: string): void {
    const separator = payload.indexOf(':');
    const kind = payload.slice(0, separator);
    const id = payload.slice(separator + 1);
    if (kind !== 'echo') this.tell({ kind, id });
    else this.hearEcho(id);
  }

  private hearEcho(text: string): void {
    const [name, sentAt] = text.split(':');
    if (name === this.echoName) this.lastEcho = Number(sentAt);
  }

  private tell(invalidation: Invalidation | 'everything'): void {
    for (const listener of this.listeners) listener(invalidation);
  }

  private reconnect(client: pg.Client, error: unknown): void {
    if (this.closed || this.client !== client) return;
    this.client = undefined;
    this.lastEcho = -Infinity;
    this.onError(error);
    clearTimeout(this.timer);
    client.end().catch(() => undefined);
    this.timer = setTimeout(() => void this.connect(), reconnectAfter);
  }
}
