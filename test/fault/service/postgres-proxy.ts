import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { databaseAddress } from './postmaster.ts';
import { StatementReader } from './statement-reader.ts';

/**
 * What becomes of connections that listen for invalidations. `refused`: each that is about to listen is cut. `silent`: those
 * that listen or are about to stay open and let nothing through any more, as a network does that swallows packets.
 */
export type ListeningFate = 'forwarded' | 'refused' | 'silent';

interface Link {
  client: Socket;
  server: Socket;
  listens: boolean;
  /** It has sent an echo to itself: all that follows the LISTEN, forgetting everything included, is done. */
  speaks: boolean;
  /** Lets nothing through any more. What got lost cannot come later, so it stays so. */
  isSilent: boolean;
}

/** A TCP proxy in front of the PostgreSQL of a data folder. It reads along which statements are sent. */
export class PostgresProxy {
  /** How often each statement was executed: by its name, or, without one, by its text. */
  readonly statements = new Map<string, number>();
  /** Connections that were cut or have fallen silent. */
  hindered = 0;
  readonly #dataDir: string;
  readonly #server: Server;
  readonly #links = new Set<Link>();
  #fate: ListeningFate = 'forwarded';

  private constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.#server = createServer((client) => this.#accept(client));
  }

  static async open(dataDir: string): Promise<PostgresProxy> {
    const proxy = new PostgresProxy(dataDir);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** The database through this proxy, as a service takes it. @param applicationName tells its connections from others */
  databaseUrl(applicationName: string): string {
    const { user, password, database } = databaseAddress(this.#dataDir);
    const { port } = this.#server.address() as AddressInfo;
    const credentials = `${user}:${encodeURIComponent(String(password))}`;
    return `postgres://${credentials}@127.0.0.1:${port}/${database}?application_name=${applicationName}`;
  }

  /** From now on, until said otherwise. */
  treatListening(fate: ListeningFate): void {
    this.#fate = fate;
    if (fate === 'silent') for (const link of this.#links) if (link.listens) this.#hinder(link);
  }

  /** True while a connection listens, hears itself and lets everything through. */
  get isListening(): boolean {
    return [...this.#links].some(({ speaks, isSilent }) => speaks && !isSilent);
  }

  /** Statements executed so far. */
  get executed(): number {
    return [...this.statements.values()].reduce((sum, count) => sum + count, 0);
  }

  close(): void {
    this.#server.close();
    for (const link of this.#links) end(link);
  }

  #accept(client: Socket): void {
    const { host, port } = databaseAddress(this.#dataDir);
    const link: Link = {
      client,
      server: createConnection(`${host}/.s.PGSQL.${port}`),
      listens: false,
      speaks: false,
      isSilent: false,
    };
    this.#links.add(link);
    const reader = new StatementReader((statement) => this.#note(link, statement));
    client.on('data', (bytes) => {
      // A socket gives text only when it was told an encoding.
      reader.read(bytes as Buffer);
      if (!link.isSilent) link.server.write(bytes);
    });
    link.server.on('data', (bytes) => {
      if (!link.isSilent) client.write(bytes);
    });
    for (const socket of [client, link.server]) {
      socket.setNoDelay();
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#links.delete(link);
        end(link);
      });
    }
  }

  #note(link: Link, statement: string): void {
    this.statements.set(statement, (this.statements.get(statement) ?? 0) + 1);
    if (link.listens && statement.startsWith('SELECT pg_notify(')) link.speaks = true;
    if (!statement.startsWith('LISTEN ')) return;
    link.listens = true;
    if (this.#fate !== 'forwarded') this.#hinder(link);
  }

  #hinder(link: Link): void {
    this.hindered += 1;
    if (this.#fate === 'silent') link.isSilent = true;
    else end(link);
  }
}

function end({ client, server }: Link): void {
  client.destroy();
  server.destroy();
}
