import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync, chownSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded/embedded-postgres.js';
import { type DatabaseHost, failoverClient } from './failover-client.js';

describe('failoverClient', () => {
  let folder: string;
  let primary: EmbeddedPostgres;
  let standby: EmbeddedPostgres;
  const listeners: Server[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'credvault-failover-'));
    chmodSync(folder, 0o711);
    const start = (name: string) =>
      startEmbeddedPostgres({ dataDir: path.join(folder, name), dataDirIsDefault: false });
    await (await start('a')).stop();
    copyAsStandby(path.join(folder, 'a'), path.join(folder, 'b'));
    [primary, standby] = await Promise.all([start('a'), start('b')]);
  });

  afterAll(async () => {
    for (const listener of listeners) listener.close();
    await Promise.all([primary?.stop(), standby?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const at = ({ connection: { host, port } }: EmbeddedPostgres): DatabaseHost => ({ host, port });
  const credentials = () => {
    const { user, password, database } = primary.connection;
    return { user, password, database };
  };
  const servedFrom = async (client: pg.Client | pg.Pool) =>
    (await client.query<{ at: string }>(`SELECT current_setting('data_directory') AS at`)).rows[0]?.at;

  /** A host that takes connections and does with them what it is told; it counts them. */
  async function fakeHost(
    behave: (end: () => void) => void,
  ): Promise<DatabaseHost & { count: () => number }> {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined);
      behave(() => socket.destroy());
    }).unref();
    listeners.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, count: () => connections };
  }

  it('passes over a standby and a host that is gone, and remembers the primary', async () => {
    const gone = await fakeHost((end) => end());
    const Client = failoverClient([gone, at(standby), at(primary)]);
    for (let round = 0; round < 3; round += 1) {
      const client = new Client(credentials());
      await client.connect();
      expect(await servedFrom(client)).toBe(path.join(primary.location, 'postgres'));
      await client.end();
    }
    expect(gone.count()).toBe(1);
  });

  it('divides the time for connecting among the hosts, so a silent one does not use it up', async () => {
    const silent = await fakeHost(() => undefined);
    const Client = failoverClient([silent, at(primary)]);
    const pool = new pg.Pool({ ...credentials(), connectionTimeoutMillis: 2_000, Client });
    const tooLate = sleep(1_900).then(() => 'too late');
    expect(await Promise.race([servedFrom(pool), tooLate])).toBe(path.join(primary.location, 'postgres'));
    expect(silent.count()).toBe(1);
    await pool.end();
  });

  it('asks a single host nothing, and so connects to a standby too', async () => {
    const Client = failoverClient([at(standby)]);
    const client = new Client(credentials());
    await client.connect();
    expect(await servedFrom(client)).toBe(path.join(standby.location, 'postgres'));
    await client.end();
  });

  it('says of each host why it would not do, without the password', async () => {
    const gone = await fakeHost((end) => end());
    const client = new (failoverClient([at(standby), gone]))(credentials());
    const failure = await client.connect().then(
      () => 'connected',
      (error: unknown) => (error as Error).message,
    );
    expect(failure).toContain(`${standby.connection.host}:5432 (it is a standby)`);
    expect(failure).toContain(`127.0.0.1:${gone.port} (`);
    expect(failure).not.toContain(primary.connection.password);
  });

  it('keeps the SQLSTATE when all hosts agree on it', async () => {
    const client = new (failoverClient([at(standby), at(primary)]))({ ...credentials(), password: 'wrong' });
    await expect(client.connect()).rejects.toMatchObject({ code: '28P01' });
  });

  it('follows the primary in a pool when it dies and the standby is promoted', async () => {
    const pool = new pg.Pool({
      ...credentials(),
      max: 2,
      Client: failoverClient([at(primary), at(standby)]),
    });
    const poolErrors: Error[] = [];
    pool.on('error', (error) => poolErrors.push(error));
    expect(await servedFrom(pool)).toBe(path.join(primary.location, 'postgres'));

    await primary.stop();
    await expect(pool.connect()).rejects.toThrow('No database host is a primary');
    const promoter = new pg.Client(standby.connection);
    await promoter.connect();
    await promoter.query('SELECT pg_promote()');
    await promoter.end();

    await pool.query('CREATE TABLE written_after_failover ()');
    expect(await servedFrom(pool)).toBe(path.join(standby.location, 'postgres'));
    expect(poolErrors.length).toBeGreaterThan(0);
    await pool.end();
  });

  it('needs a host', () => {
    expect(() => failoverClient([])).toThrow(RangeError);
  });
});

/** A standby in the making: the copy of a stopped cluster that is told it is one. */
function copyAsStandby(from: string, to: string): void {
  mkdirSync(to);
  chmodSync(to, 0o711);
  for (const name of ['postgres', 'postgres.password']) execFileSync('cp', ['-a', path.join(from, name), to]);
  const mark = path.join(to, 'postgres/standby.signal');
  writeFileSync(mark, '');
  const { uid, gid } = statSync(path.join(to, 'postgres'));
  chownSync(mark, uid, gid);
}
