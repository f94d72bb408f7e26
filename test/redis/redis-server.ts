import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { createClient } from '@redis/client';

/** A Redis of this machine, for one suite, on a free loopback port and without persistence. */
export class RedisServer {
  private process: ChildProcess | undefined;

  private constructor(
    private readonly port: number,
    private readonly password: string | undefined,
  ) {}

  /** Takes a free port and starts. @throws Error saying how to install what is missing */
  static async start({ password }: { password?: string } = {}): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), password);
    await server.start();
    return server;
  }

  get url(): string {
    const credentials = this.password === undefined ? '' : `:${encodeURIComponent(this.password)}@`;
    return `redis://${credentials}127.0.0.1:${this.port}`;
  }

  /** Starts on the same port as before, with nothing in it. */
  async start(): Promise<void> {
    const settings = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    if (this.password !== undefined) settings.push('--requirepass', this.password);
    const child = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.process = child;
    const missing = once(child, 'error').then(([error]) => {
      throw new Error(
        'These tests need a redis-server in the PATH. On Debian or Ubuntu: apt-get install redis-server',
        { cause: error },
      );
    });
    await Promise.race([isReady(child), missing]);
    missing.catch(() => undefined);
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    const child = this.process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Lets it hang: connections stay, and new ones are taken by the kernel, but nothing answers. */
  hang(): void {
    this.process?.kill('SIGSTOP');
  }

  goOn(): void {
    this.process?.kill('SIGCONT');
  }

  /** Every key in it. */
  async keys(): Promise<string[]> {
    const client = createClient({ url: this.url });
    await client.connect();
    try {
      return await client.keys('*');
    } finally {
      client.destroy();
    }
  }
}

async function isReady(child: ChildProcess): Promise<void> {
  const said: string[] = [];
  for await (const line of createInterface(child.stdout!)) {
    said.push(line);
    if (!line.includes('Ready to accept connections')) continue;
    child.stdout!.resume();
    return;
  }
  throw new Error(`redis-server did not start:\n${said.join('\n')}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
