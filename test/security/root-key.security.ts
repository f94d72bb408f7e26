import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { readSettings } from '@credvault/config/settings.js';
import { openRuntime } from '../../apps/api/src/runtime/open-runtime.js';
import { clusterAddress, dropDatabase, type TestDatabase } from '../support/cluster.js';
import { databaseUrlOf } from '../support/cluster-address.js';

const rightKey = randomBytes(32).toString('base64');
const otherKey = randomBytes(32).toString('base64');

let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'credvault-keys-'));
  database = await emptyDatabase();
  await start({ CREDVAULT_ROOT_KEY: rightKey });
});
afterAll(async () => {
  await dropDatabase(database);
  rmSync(folder, { recursive: true, force: true });
});

/** A database without any schema, as an operator makes one for the first start. */
async function emptyDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  const client = new pg.Client({ connectionString: databaseUrlOf(clusterAddress(), 'postgres') });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${name}`);
  } finally {
    await client.end();
  }
  return { name, url: databaseUrlOf(clusterAddress(), name) };
}

/** Opens what a start of the service opens, and closes it again. */
async function start(keys: Record<string, string>, at = database): Promise<void> {
  const settings = readSettings({ DATABASE_URL: at.url, CREDVAULT_DATA_DIR: folder, ...keys });
  const runtime = await openRuntime({ settings, logger: pino({ level: 'silent' }) });
  await runtime.close();
}

/** The whole database as text: every object of the schema and every row. */
async function dump({ url }: TestDatabase = database): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const objects = await client.query<{ name: string; kind: string }>(
      `SELECT c.relname AS name, c.relkind AS kind FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1, 2`,
    );
    const lines = objects.rows.map(({ name, kind }) => `${kind} ${name}`);
    for (const { name } of objects.rows.filter(({ kind }) => kind === 'r')) {
      const { rows } = await client.query<{ row: string }>(
        `SELECT t::text AS row FROM "${name}" t ORDER BY 1`,
      );
      lines.push(...rows.map(({ row }) => `${name}: ${row}`));
    }
    return lines.join('\n');
  } finally {
    await client.end();
  }
}

describe('a start with', () => {
  it.each<[string, () => Record<string, string>, RegExp]>([
    ['the key of another database', () => ({ CREDVAULT_ROOT_KEY: otherKey }), /root key/i],
    ['no key', () => ({}), /root key|root\.key/i],
    [
      'a key file that is not there',
      () => ({ CREDVAULT_ROOT_KEY_FILE: join(folder, 'missing.key') }),
      /missing\.key/,
    ],
    ['a key that is none', () => ({ CREDVAULT_ROOT_KEY: 'changeme' }), /CREDVAULT_ROOT_KEY/],
    [
      'a key that can be guessed',
      () => ({ CREDVAULT_ROOT_KEY: Buffer.alloc(32).toString('base64') }),
      /CREDVAULT_ROOT_KEY/,
    ],
    [
      'a key file of garbage',
      () => ({ CREDVAULT_ROOT_KEY_FILE: written('garbage.key', 'no key at all') }),
      /garbage\.key/,
    ],
  ])('%s is refused and changes nothing', async (_which, keys, reason) => {
    const before = await dump();
    await expect(start(keys())).rejects.toThrow(reason);
    expect(await dump()).toBe(before);
  });

  it('no message quotes a key', async () => {
    for (const key of [otherKey, `${otherKey},${otherKey}`, otherKey.slice(1)]) {
      const error = await start({ CREDVAULT_ROOT_KEY: key }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(Error);
      expect(String(error)).not.toContain(otherKey.slice(0, 20));
      expect(String((error as Error).stack)).not.toContain(otherKey.slice(0, 20));
    }
  });

  it('a data key that the root key does not open is refused too', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const statement = `UPDATE system_keys SET wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1) WHERE name = 'pepper'`;
    try {
      await client.query(statement);
      const before = await dump();
      await expect(start({ CREDVAULT_ROOT_KEY: rightKey })).rejects.toThrow();
      expect(await dump()).toBe(before);
      await client.query(statement);
    } finally {
      await client.end();
    }
    await start({ CREDVAULT_ROOT_KEY: rightKey });
  });

  it('a wrong key on a database that is still empty makes no table', async () => {
    const empty = await emptyDatabase();
    try {
      const before = await dump(empty);
      await expect(start({ CREDVAULT_ROOT_KEY: 'changeme' }, empty)).rejects.toThrow(/CREDVAULT_ROOT_KEY/);
      await expect(start({}, empty)).rejects.toThrow();
      expect(await dump(empty)).toBe(before);
    } finally {
      await dropDatabase(empty);
    }
  });
});

describe('these checks', () => {
  it('would notice a start that goes through', async () => {
    await start({ CREDVAULT_ROOT_KEY: rightKey });
    await start({ CREDVAULT_ROOT_KEY: `${otherKey},${rightKey}` });
  });

  it('would notice a table, a row or a byte', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      const before = await dump();
      await client.query(`CREATE TABLE noticed (id integer)`);
      const withTable = await dump();
      expect(withTable).not.toBe(before);
      await client.query(`INSERT INTO noticed VALUES (1)`);
      expect(await dump()).not.toBe(withTable);
      await client.query(`DROP TABLE noticed`);
      expect(await dump()).toBe(before);
    } finally {
      await client.end();
    }
  });
});

function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
