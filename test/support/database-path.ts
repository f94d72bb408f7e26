import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusterAddress } from './cluster.js';

/** A way over TCP to the test cluster, which a test can cut, mend and slow down. */
export class DatabasePath {
  private readonly sockets = new Set<Socket>();
  /** Milliseconds that everything the database says is under way. */
  delay = 0;

  private isCut = false;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {
    server.on('connection', (client: Socket) => this.forward(client));
  }

  static async open(): Promise<DatabasePath> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new DatabasePath(server, (server.address() as AddressInfo).port);
  }

  /** What a service takes as its DATABASE_URL to go this way. */
  url(database: string): string {
    const { user, password } = clusterAddress();
    return `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${this.port}/${database}`;
  }

  /** Breaks every connection, and new ones as soon as they are there. */
  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.isCut = false;
  }

  close(): void {
    this.cut();
    this.server.close();
  }

  private forward(client: Socket): void {
    if (this.isCut) {
      client.destroy();
      return;
    }
    const { host, port } = clusterAddress();
    const database = connect(join(host, `.s.PGSQL.${port}`));
    client.pipe(database);
    database.on('data', (bytes) => {
      if (this.delay === 0) client.write(bytes);
      else void sleep(this.delay).then(() => client.write(bytes));
    });
    for (const [socket, other] of [[client, database] as const, [database, client] as const]) {
      this.sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
    }
  }
}
