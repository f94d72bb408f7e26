import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type EmbeddedPostgres, findEmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
import { commandOf } from './process-command.js';

const isRoot = process.getuid?.() === 0;
const onlyLinux = process.platform === 'linux' ? it : it.skip;
const onlyRoot = isRoot ? it : it.skip;

describe('embedded PostgreSQL', () => {
  let folder: string;
  let dataDir: string;
  const children: ChildProcess[] = [];
  const started: EmbeddedPostgres[] = [];

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'credvault-embedded-'));
    chmodSync(folder, 0o711);
    dataDir = path.join(folder, 'data');
  });

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await Promise.all(started.splice(0).map((postgres) => postgres.stop()));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(at = dataDir, more: Partial<Parameters<typeof startEmbeddedPostgres>[0]> = {}) {
    const postgres = await startEmbeddedPostgres({ dataDir: at, dataDirIsDefault: false, ...more });
    started.push(postgres);
    return postgres;
  }

  it('creates a cluster once, keeps its data over a restart, and stops in order', async () => {
    const steps: string[] = [];
    const first = await start(dataDir, { onProgress: (step) => steps.push(step) });
    expect(first.firstStart).toBe(true);
    expect(steps).toContainEqual(expect.stringContaining(`Creating the database cluster in ${dataDir}`));
    expect(steps.at(-1)).toMatch(/^PostgreSQL 18\.\d+ is up \(pid \d+\)$/);
    await query(first, `CREATE TABLE kept AS SELECT 'yes' AS answer`);
    await Promise.all([first.stop(), first.stop()]);
    expect(await commandOf(first.pid)).toBeNull();
    expect(readFileSync(path.join(dataDir, 'postgres.log'), 'utf8')).toContain(
      'database system is shut down',
    );

    const second = await start();
    expect(second.firstStart).toBe(false);
    expect(await query(second, 'SELECT answer FROM kept')).toEqual([{ answer: 'yes' }]);
  });

  it('has the settings, the locale and the doors that the design asks for', async () => {
    const postgres = await start();
    const names = ['listen_addresses', 'fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums'];
    const setting = (name: string) => `current_setting('${name}') AS ${name}`;
    expect(
      await query(postgres, `SELECT ${[...names, 'server_encoding', 'max_connections'].map(setting).join()}`),
    ).toEqual([
      {
        listen_addresses: '',
        fsync: 'on',
        synchronous_commit: 'on',
        full_page_writes: 'on',
        data_checksums: 'on',
        server_encoding: 'UTF8',
        max_connections: '100',
      },
    ]);
    const locale = `SELECT datlocprovider AS provider, datlocale AS locale FROM pg_database WHERE datname = 'credvault'`;
    expect(await query(postgres, locale)).toEqual([{ provider: 'b', locale: 'C.UTF-8' }]);
    expect(await query(postgres, 'SELECT DISTINCT auth_method FROM pg_hba_file_rules')).toEqual([
      { auth_method: 'scram-sha-256' },
    ]);
    const mode = (name: string) => (statSync(path.join(dataDir, name)).mode & 0o777).toString(8);
    expect([mode('postgres'), mode('postgres-socket'), mode('postgres.password')]).toEqual([
      '700',
      '700',
      '600',
    ]);
    expect(statSync(path.join(dataDir, 'postgres.password')).uid).toBe(process.getuid?.());
    const wrong = new pg.Client({ ...postgres.connection, password: 'wrong' });
    await expect(wrong.connect()).rejects.toMatchObject({ code: '28P01' });
  });

  onlyLinux(
    'gives PostgreSQL a session of its own, no root rights and nothing of its environment',
    async () => {
      process.env['CREDVAULT_ROOT_KEY'] = 'must-not-be-inherited';
      const { pid } = await start();
      delete process.env['CREDVAULT_ROOT_KEY'];
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
      const names = environment.map((entry) => entry.split('=')[0]);
      expect(names.filter((name) => !name?.startsWith('PG'))).toEqual(['PATH', 'LANG', 'LC_ALL', 'TZ']);
      const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
      expect(status.slice(status.lastIndexOf(')') + 2).split(' ')[3]).toBe(String(pid));
      expect(statSync(`/proc/${pid}`).uid).not.toBe(0);
    },
  );

  it('starts PostgreSQL again by itself when it is killed, as often as it is', async () => {
    const steps: string[] = [];
    const postgres = await start(dataDir, { onProgress: (step) => steps.push(step) });
    await query(postgres, 'CREATE TABLE survives ()');
    for (let round = 0; round < 2; round += 1) {
      const killed = postgres.pid;
      process.kill(killed, 'SIGKILL');
      await until(() => postgres.pid !== killed);
      expect(await query(postgres, 'SELECT * FROM survives')).toEqual([]);
    }
    expect(steps.filter((step) => step.includes('has ended unexpectedly'))).toHaveLength(2);
  });

  it('adopts the running PostgreSQL, restarts that too, and starts none beside it', async () => {
    const first = await start();
    const second = await start();
    expect(second.pid).toBe(first.pid);
    expect(second.connection).toEqual(first.connection);
    const killed = first.pid;
    process.kill(killed, 'SIGKILL');
    await until(() => first.pid !== killed && second.pid !== killed);
    expect(second.pid).toBe(first.pid);
  });

  it('starts one postmaster when several start at the same moment', async () => {
    const at = path.join(folder, 'together');
    const all = await Promise.all([start(at), start(at), start(at)]);
    expect(new Set(all.map(({ pid }) => pid)).size).toBe(1);
    expect(all.filter(({ firstStart }) => firstStart)).toHaveLength(1);
  });

  it('is adopted after kill -9 of the service, and starts after kill -9 of both', async () => {
    const owner = await startInChild(dataDir);
    owner.child.kill('SIGKILL');
    const options = { dataDir, dataDirIsDefault: false };
    expect(await findEmbeddedPostgres(options)).toMatchObject({
      connection: { host: path.join(dataDir, 'postgres-socket') },
      location: dataDir,
    });
    const adopted = await start();
    expect(adopted.pid).toBe(owner.pid);
    await adopted.stop();
    expect(await findEmbeddedPostgres(options)).toBeNull();

    const next = await startInChild(dataDir);
    next.child.kill('SIGKILL');
    process.kill(next.pid, 'SIGKILL');
    expect(await query(await start(), 'SELECT answer FROM kept')).toEqual([{ answer: 'yes' }]);
  });

  it('makes the cluster anew when the start that made it was killed half-way', async () => {
    const at = path.join(folder, 'half-made');
    const { child } = runInChild(at);
    await until(() => listing(at).some((name) => name.startsWith('postgres-unfinished-')));
    child.kill('SIGKILL');
    expect(listing(at)).not.toContain('postgres');
    expect((await start(at)).firstStart).toBe(true);
    await until(() => listing(at).every((name) => !name.startsWith('postgres-unfinished-')));
  });

  onlyLinux('is not deceived by a pid file that names a zombie or a stranger', async () => {
    await (await start()).stop();
    // Under the account of PostgreSQL: it asks only about processes it may signal.
    const { uid, gid } = statSync(path.join(dataDir, 'postgres'));
    const stranger = spawn('sleep', ['60'], { uid, gid, stdio: 'ignore' });
    children.push(stranger);
    for (const pid of [await makeZombie({ uid, gid }), stranger.pid]) {
      const content = `${pid}\n${dataDir}/postgres\n1\n5432\n${dataDir}/postgres-socket\n\n\n`;
      for (const lock of ['postgres/postmaster.pid', 'postgres-socket/.s.PGSQL.5432.lock']) {
        writeFileSync(path.join(dataDir, lock), content);
        chownSync(path.join(dataDir, lock), uid, gid);
      }
      const postgres = await start();
      expect(postgres.pid).not.toBe(pid);
      await postgres.stop();
    }
  });

  it('puts the socket into a short folder when the path of the data is too long for one', async () => {
    const at = path.join(folder, 'long'.repeat(25));
    const postgres = await start(at);
    expect(postgres.connection.host).toMatch(/^\/tmp\/credvault-[0-9a-f]{16}$/);
    expect(statSync(postgres.connection.host).mode & 0o777).toBe(0o700);
    expect(await query(postgres, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await postgres.stop();
    rmSync(postgres.connection.host, { recursive: true });
  });

  it('refuses a cluster of another major version, a folder that is none, and a lost password, changing nothing', async () => {
    const at = path.join(folder, 'other');
    const cluster = path.join(at, 'postgres');
    const prepare = (file: string) => {
      rmSync(cluster, { recursive: true, force: true });
      mkdirSync(cluster, { recursive: true });
      for (const each of [at, cluster]) chmodSync(each, 0o755);
      writeFileSync(path.join(cluster, file), '15\n');
    };
    prepare('PG_VERSION');
    if (isRoot) await expect(start(at)).rejects.toThrow('belongs to root');
    if (isRoot) chownSync(cluster, 65_534, 65_534);
    await expect(start(at)).rejects.toThrow(/made by PostgreSQL 15, and this CredVault brings PostgreSQL 18/);
    expect(listing(cluster)).toEqual(['PG_VERSION']);
    writeFileSync(path.join(cluster, 'PG_VERSION'), '18\n');
    await expect(start(at)).rejects.toThrow('has lost its password file');
    prepare('holiday.jpg');
    if (isRoot) chownSync(cluster, 65_534, 65_534);
    await expect(start(at)).rejects.toThrow('is not a database cluster');
    expect(listing(cluster)).toEqual(['holiday.jpg']);
  });

  it('says what PostgreSQL said when it does not start', async () => {
    await expect(start(dataDir, { settings: { shared_buffers: 'plenty' } })).rejects.toThrow(
      /did not start.*\n.*invalid value for parameter "shared_buffers"/,
    );
  });

  it('wants an absolute path', async () => {
    await expect(start('.credvault')).rejects.toThrow('must be an absolute path');
  });

  onlyRoot('as root says which folder is closed to the account, or moves the default one', async () => {
    const closed = path.join(folder, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const checkout = path.join(closed, 'checkout');
    await expect(start(path.join(checkout, 'data'))).rejects.toThrow(`chmod o+x ${closed}"`);
    const moved = await start(path.join(checkout, '.credvault'), { dataDirIsDefault: true });
    expect(moved.location).toMatch(/^\/var\/lib\/credvault\/[0-9a-f]{16}$/);
    expect((await start(path.join(checkout, '.credvault'), { dataDirIsDefault: true })).pid).toBe(moved.pid);
    await Promise.all(started.splice(0).map((postgres) => postgres.stop()));
    rmSync(moved.location, { recursive: true });
  });

  /** The service of another process: ready when it says the postmaster's pid. */
  async function startInChild(at: string): Promise<{ child: ChildProcess; pid: number }> {
    const { child, output } = runInChild(at);
    await until(() => /up (\d+)/.test(output()));
    return { child, pid: Number(/up (\d+)/.exec(output())?.[1]) };
  }

  function runInChild(at: string): { child: ChildProcess; output: () => string } {
    const script = `
      import { registerHooks } from 'node:module';
      registerHooks({ resolve: (name, context, next) =>
        next(name.startsWith('.') && context.parentURL.endsWith('.ts') ? name.replace(/\\.js$/, '.ts') : name, context) });
      const { startEmbeddedPostgres } = await import(${JSON.stringify(new URL('./embedded-postgres.ts', import.meta.url).href)});
      const { pid } = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(at)}, dataDirIsDefault: false });
      console.log('up ' + pid);
      setInterval(() => undefined, 1000);`;
    const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    return { child, output: () => output };
  }

  /**
   * A child of a shell that then became a program which never asks after its children. The child waits for that: a shell
   * that still is one would take note of its end.
   */
  async function makeZombie(account: { uid: number; gid: number }): Promise<number> {
    const childEnds = 'until grep -q sleep /proc/$PPID/comm; do :; done';
    const child = spawn('/bin/sh', ['-c', 'sh -c "$1" & echo $!; exec sleep 60', 'sh', childEnds], {
      ...account,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const pid = await new Promise<number>((resolve) =>
      child.stdout?.once('data', (line: Buffer) => resolve(Number(line))),
    );
    await until(() => / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
    return pid;
  }
});

async function query(postgres: EmbeddedPostgres, text: string): Promise<unknown[]> {
  const client = new pg.Client(postgres.connection);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

function listing(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 15_000; !condition(); await sleep(5)) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${String(condition)}`);
  }
}
