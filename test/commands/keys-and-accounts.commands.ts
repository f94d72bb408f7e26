import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { addRootKey, readRootKeyFile } from '@credvault/crypto/root-key-file.js';
import { generateRootKey, parseRootKey, rootKeyText, type RootKey } from '@credvault/crypto/root-key.js';
import { RootRotation } from '@credvault/crypto/root-rotation.js';
import { underRotationLock } from '@credvault/crypto/rotation-lock.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import { Client } from '../support/client.js';
import { clusterAddress } from '../support/cluster.js';
import { databaseUrlOf, testRootKey } from '../support/cluster-address.js';
import { type SecretAnswer, secretOf, vaultOf } from '../support/fixtures.js';
import { expectStatus, newAddress, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';

const root = join(import.meta.dirname, '../..');
const loader = join(root, 'test/support/typescript-loader.mjs');

let folder: string;
let keyFile: string;
let here: TestService;
let there: TestService;
let person: Person;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'credvault-commands-'));
  keyFile = join(folder, 'root.key');
  writeKeyFile(parseRootKey(testRootKey, 'the key of the tests'));
  here = await startTestService({ environment: keyEnvironment() });
  there = await startTestService({ environment: keyEnvironment(), sharing: here });
  person = await signUp(here);
});
afterAll(async () => {
  await there.stop();
  await here.stop();
  rmSync(folder, { recursive: true, force: true });
});

function keyEnvironment(): Record<string, string> {
  return { CREDVAULT_ROOT_KEY: '', CREDVAULT_ROOT_KEY_FILE: keyFile };
}

function writeKeyFile(key: RootKey): void {
  writeFileSync(keyFile, `${key.id} ${rootKeyText(key)}\n`, { mode: 0o600 });
}

/** Runs `npm run keys -- …` the way it runs beside a service: as another process. */
function keys(...args: string[]): Promise<{ code: number; output: string }> {
  const program = ['--import', loader, join(root, 'apps/api/src/commands/keys.ts'), ...args];
  const environment = {
    PATH: process.env.PATH,
    DATABASE_URL: databaseUrlOf(clusterAddress(), here.databaseName),
    CREDVAULT_DATA_DIR: folder,
    ...keyEnvironment(),
  };
  return new Promise((resolve) => {
    execFile(process.execPath, program, { env: environment }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
    });
  });
}

/** Rotates in this process, and gives what it said. */
async function rotateHere(): Promise<string> {
  const said: string[] = [];
  const { database, rootKeys } = there.runtime;
  await new RootRotation(database, rootKeys, (line) => said.push(line)).rotate();
  return said.join('\n');
}

async function wrappingKeys(): Promise<string[]> {
  const rows = await here.database.rows<{ id: string }>(
    `SELECT root_key_id AS id FROM system_keys UNION SELECT root_key_id FROM data_keys`,
  );
  return rows.map(({ id }) => id);
}

/** Makes vaults and secrets and reads them back on both services, until it is told to stop. */
async function useUntil(stopped: () => boolean): Promise<{ path: string; value: string }[]> {
  const made: { path: string; value: string }[] = [];
  while (!stopped()) {
    const vault = await vaultOf(person);
    const value = `value ${made.length}`;
    const { id } = await secretOf(person, vault.id, { value });
    made.push({ path: `/vaults/${vault.id}/secrets/${id}`, value });
    await readAll(made.slice(-5));
    await sleep(20);
  }
  return made;
}

async function readAll(made: { path: string; value: string }[]): Promise<void> {
  for (const service of [here, there]) {
    for (const { path, value } of made) {
      const reply = expectStatus(await person.client.at(service).get(path), 200);
      expect(reply.data<SecretAnswer>().value).toBe(value);
    }
  }
}

describe('rotate-root', () => {
  it('replaces the root key while the service serves', async () => {
    const before = readRootKeyFile(keyFile).ids();
    let ended = false;
    const traffic = useUntil(() => ended);
    const { code, output } = await keys('rotate-root').finally(() => (ended = true));
    const made = await traffic;
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('Retired') as string });
    const after = readRootKeyFile(keyFile).ids();
    expect(after).toHaveLength(1);
    expect(before).not.toEqual(after);
    expect(await wrappingKeys()).toEqual(after);
    expect(made.length).toBeGreaterThan(3);
    await readAll(made);
    for (const service of [here, there]) expect(service.runtime.rootKeys.set.current.id).toBe(after[0]);
  });

  it('takes up a rotation that was interrupted', async () => {
    const { id } = addRootKey(keyFile);
    expect(await rotateHere()).toContain(`Going on to ${id}`);
    expect(readRootKeyFile(keyFile).ids()).toEqual([id]);
    expect(await wrappingKeys()).toEqual([id]);
  });

  it('runs once at a time, and not beside a command that wraps keys', async () => {
    const { runtime } = here;
    const before = readFileSync(keyFile, 'utf8');
    for (const mode of ['exclusive', 'shared'] as const) {
      await underRotationLock(runtime, mode, async () => {
        await expect(rotateHere()).rejects.toThrow('Another command');
      });
    }
    await underRotationLock(runtime, 'exclusive', async () => {
      const vault = await vaultOf(person);
      const { code, output } = await keys('rotate-vault', vault.id);
      expect({ code, output }).toEqual({
        code: 1,
        output: expect.stringContaining('Another command') as string,
      });
    });
    expect(readFileSync(keyFile, 'utf8')).toBe(before);
    await rotateHere();
  });

  it('waits for who has wrapped a key with the old root key and not committed it yet', async () => {
    const { database, rootKeys } = here.runtime;
    const old = rootKeys.set.current.id;
    let rotation: Promise<string> | undefined;
    await database.transaction(async (transaction) => {
      await transaction.rows(
        `INSERT INTO system_keys (name, root_key_id, wrapped) SELECT 'late', root_key_id, wrapped FROM system_keys LIMIT 1`,
      );
      rotation = rotateHere();
      rotation.catch(() => undefined);
      while (rootKeys.set.current.id === old) await sleep(20);
      await sleep(1_000);
      expect(readRootKeyFile(keyFile).ids()).toContain(old);
      await transaction.rows(`DELETE FROM system_keys WHERE name = 'late'`);
    });
    await rotation;
    expect(readRootKeyFile(keyFile).ids()).not.toContain(old);
  });
});

describe('a key file that is not the one of the database', () => {
  it('is not taken over by a service that runs', async () => {
    const right = readFileSync(keyFile, 'utf8');
    const ids = readRootKeyFile(keyFile).ids();
    writeKeyFile(generateRootKey());
    try {
      await here.database.rows(`SELECT pg_notify('credvault_invalidation', 'root_keys:reload')`);
      await sleep(2_500);
      // Nest has one logger for all applications of a process.
      const said = [...here.logs, ...there.logs].filter((line) =>
        line.includes('This root key is not the one'),
      );
      expect(said.length).toBeGreaterThan(0);
      const vault = await vaultOf(person);
      await secretOf(person, vault.id);
      expect(await wrappingKeys()).toEqual(ids);
      const visitor = new Client(here, { address: newAddress() });
      expectStatus(await visitor.get('/health/ready'), 200);
    } finally {
      writeFileSync(keyFile, right);
    }
  });
});

describe('rotate-vault', () => {
  it('replaces the data key of a vault while it is in use', async () => {
    const vault = await vaultOf(person);
    const made = [];
    for (const value of ['one', 'two', 'three']) {
      const { id } = await secretOf(person, vault.id, { value });
      made.push({ path: `/vaults/${vault.id}/secrets/${id}`, value });
    }
    let ended = false;
    const traffic = (async () => {
      while (!ended) await readAll(made);
    })();
    const { code, output } = await keys('rotate-vault', vault.id).finally(() => (ended = true));
    await traffic;
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('version 2') as string });
    await readAll(made);
    const versions = await here.database.rows<{ version: number }>(
      `SELECT version FROM data_keys WHERE owner_id = $1`,
      [uuidOf('vault', vault.id)],
    );
    expect(versions).toEqual([{ version: 2 }]);
  });

  it('says that there is no such vault, and to what is no id it shows one that would be', async () => {
    const { code, output } = await keys('rotate-vault', 'nonsense');
    expect(code).toBe(1);
    const [example = ''] = /vlt_\w+/.exec(output) ?? [];
    expect(uuidOf('vault', example)).toBeDefined();
    const unknown = await keys('rotate-vault', example);
    expect(unknown.code).toBe(1);
    expect(unknown.output).toMatch(/vault/i);
    expect(unknown.output).not.toMatch(/ {4}at |is no id/);
  });
});

describe('status', () => {
  it('says which root keys wrap how many keys', async () => {
    const [id] = readRootKeyFile(keyFile).ids();
    const { code, output } = await keys('status');
    expect(code).toBe(0);
    expect(output).toMatch(new RegExp(`${id} wraps \\d+ keys`));
  });
});
