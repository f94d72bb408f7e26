import type { SecretVersionDto } from '../../apps/api/src/secrets/secret-version.dto.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { type SecretAnswer, secretOf, vaultOf } from '../support/fixtures.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';
import { trailOf } from './audit-trail.js';

type Version = Wire<SecretVersionDto>;

let service: TestService;
let person: Person;
let secretPath: string;

beforeAll(async () => {
  service = await startTestService();
  person = await signUp(service);
});
afterAll(() => service.stop());

/** A secret whose versions have the values `v1`, `v2` … and notes `n1`, `n2` … */
async function secretWith(versions: number, maxVersions?: number): Promise<void> {
  const vault = await vaultOf(person, { maxVersions });
  const { id } = await secretOf(person, vault.id, { value: 'v1', notes: 'n1' });
  secretPath = `/vaults/${vault.id}/secrets/${id}`;
  for (let version = 2; version <= versions; version++) await write(`v${version}`, `n${version}`);
}

async function write(value: string, notes: string): Promise<SecretAnswer> {
  return expectStatus(await person.client.patch(secretPath, { value, notes }), 200).data<SecretAnswer>();
}

async function kept(query: Record<string, string | number> = {}): Promise<number[]> {
  const reply = expectStatus(await person.client.get(`${secretPath}/versions`, { query }), 200);
  return reply.data<Version[]>().map(({ version }) => version);
}

describe('versions of a secret', () => {
  it('are listed without values, the newest first', async () => {
    await secretWith(3);
    const reply = expectStatus(await person.client.get(`${secretPath}/versions`), 200);
    expect(reply.data<Version[]>().map(({ version, current }) => [version, current])).toEqual([
      [3, true],
      [2, false],
      [1, false],
    ]);
    expect(reply.data<Version[]>()[0]).toEqual({
      version: 3,
      current: true,
      createdBy: person.userId,
      createdAt: expect.any(String) as string,
    });
    expect(reply.text).not.toMatch(/"[vn][123]"/);
    expect(await kept({ sort: 'version', limit: 2 })).toEqual([1, 2]);
    expect(await kept({ limit: 1, offset: 1 })).toEqual([2]);
  });

  it('give value and notes back, each one with a record of its own', async () => {
    await secretWith(2);
    const first = expectStatus(await person.client.get(`${secretPath}/versions/1`), 200);
    expect(first.data()).toMatchObject({ value: 'v1', notes: 'n1', version: 1 });
    expect((await person.client.get(`${secretPath}/versions/2`)).data()).toMatchObject({
      value: 'v2',
      notes: 'n2',
      version: 2,
    });
    const reveals = await trailOf(person, {
      type: 'secret.revealed',
      resource: secretPath.split('/').at(-1) ?? '',
    });
    expect(reveals.map(({ details }) => details)).toEqual([{ version: 1 }, { version: 2 }]);
  });

  it.each(['0', '3', '-1', '1.0', '01', 'latest', '2147483648', '99999999999999999999'])(
    'have no number %s',
    async (number) => {
      await secretWith(2);
      expectStatus(await person.client.get(`${secretPath}/versions/${number}`), 404);
    },
  );

  it('go beyond the number a vault keeps, the oldest first', async () => {
    await secretWith(5, 3);
    expect(await kept()).toEqual([5, 4, 3]);
    expectStatus(await person.client.get(`${secretPath}/versions/2`), 404);
    expectStatus(await person.client.post(`${secretPath}/rollback`, { version: 2 }), 404);
    const vaultPath = secretPath.replace(/\/secrets.*/, '');
    expectStatus(await person.client.patch(vaultPath, { maxVersions: 1 }), 200);
    expect(await kept()).toEqual([5, 4, 3]);
    await write('v6', 'n6');
    expect(await kept()).toEqual([6]);
    expectStatus(await person.client.patch(vaultPath, { maxVersions: 2 }), 200);
    await write('v7', 'n7');
    expect(await kept()).toEqual([7, 6]);
  });

  it('are a hundred unless the vault says otherwise', async () => {
    await secretWith(102);
    const numbers = await kept({ limit: 1_000 });
    expect(numbers).toHaveLength(100);
    expect(numbers.at(-1)).toBe(3);
  });

  it('are kept by imports too', async () => {
    const vault = await vaultOf(person, { maxVersions: 2 });
    const { id } = await secretOf(person, vault.id, { key: 'K', value: '0', notes: 'kept' });
    secretPath = `/vaults/${vault.id}/secrets/${id}`;
    for (const value of ['1', '2']) {
      const body = { format: 'dotenv', content: `K=${value}`, onConflict: 'overwrite' };
      expectStatus(await person.client.post(`/vaults/${vault.id}/import`, body), 200);
    }
    expect(await kept()).toEqual([3, 2]);
    expect((await person.client.get(secretPath)).data()).toMatchObject({
      value: '2',
      notes: 'kept',
      version: 3,
    });
  });
});

describe('rolling back', () => {
  it('makes value and notes of an earlier version the newest one, and loses nothing', async () => {
    await secretWith(3);
    const reply = expectStatus(await person.client.post(`${secretPath}/rollback`, { version: 1 }), 200);
    expect(reply.data()).toMatchObject({ value: 'v1', notes: 'n1', version: 4 });
    expect((await person.client.get(secretPath)).data()).toEqual(reply.data());
    expect(await kept()).toEqual([4, 3, 2, 1]);
    expect((await person.client.get(`${secretPath}/versions/3`)).data()).toMatchObject({ value: 'v3' });
    const [record, ...others] = await trailOf(person, {
      type: 'secret.rolled_back',
      resource: secretPath.split('/').at(-1) ?? '',
    });
    expect(others).toEqual([]);
    expect(record?.details).toEqual({ from: 1, version: 4 });
  });

  it('takes back notes that did not exist then', async () => {
    const vault = await vaultOf(person);
    const { id } = await secretOf(person, vault.id, { value: 'bare' });
    secretPath = `/vaults/${vault.id}/secrets/${id}`;
    await write('v2', 'n2');
    expect((await person.client.post(`${secretPath}/rollback`, { version: 1 })).data()).toMatchObject({
      value: 'bare',
      notes: null,
    });
  });

  it('finds its version even when making the newest one drops it', async () => {
    await secretWith(2, 2);
    expect((await person.client.post(`${secretPath}/rollback`, { version: 1 })).data()).toMatchObject({
      value: 'v1',
      version: 3,
    });
    expect(await kept()).toEqual([3, 2]);
  });

  it.each([
    [{}],
    [{ version: 0 }],
    [{ version: '1' }],
    [{ version: 1.5 }],
    [{ version: 2_147_483_648 }],
    [{ version: 1, value: 'x' }],
  ])('refuses %j', async (body) => {
    await secretWith(1);
    expectStatus(await person.client.post(`${secretPath}/rollback`, body), 400);
    expect(await kept()).toEqual([1]);
  });

  it('knows no version that never was', async () => {
    await secretWith(1);
    expectStatus(await person.client.post(`${secretPath}/rollback`, { version: 2 }), 404);
  });
});
