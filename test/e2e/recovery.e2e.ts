import { uuidOf } from '@credvault/database/typed-id.js';
import { secretOf, vaultOf, type SecretAnswer, type VaultAnswer } from '../support/fixtures.js';
import { apiKeyOf } from '../support/keys.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import {
  deletedSecretOf,
  deletedSecretsOf,
  deletedVaultsOf,
  keepFor,
  noRemains,
  remainsOf,
  withdraw,
} from '../support/recovery.js';
import { startTestService, type TestService } from '../support/service.js';
import { grantTo, teamOf } from '../support/teams.js';
import { settle, trailOf } from './audit-trail.js';

const thirtyDays = 30 * 24 * 60 * 60_000;

let service: TestService;
let owner: Person;
let developer: Person;

beforeAll(async () => {
  service = await startTestService();
  owner = await signUp(service, 'Olga');
  developer = await memberOf(service, owner, 'developer');
});
beforeEach(() => keepFor(owner, 0));
afterAll(() => service.stop());

const run = <T extends object>(sql: string, ...values: unknown[]): Promise<T[]> =>
  service.database.rows<T>(sql, values);

/** Everything that the database holds of a vault, row by row, without what a restore changes. */
async function contentsOf(vaultId: string): Promise<unknown[]> {
  const rows = await run<{ row: unknown }>(
    `SELECT to_jsonb(v) - 'revision' - 'updated_at' AS row FROM vaults v WHERE id = $1
     UNION ALL SELECT to_jsonb(s) FROM secrets s WHERE vault_id = $1
     UNION ALL SELECT to_jsonb(n) FROM secret_versions n WHERE vault_id = $1
     UNION ALL SELECT to_jsonb(g) FROM grants g WHERE vault_id = $1
     UNION ALL SELECT to_jsonb(k) FROM data_keys k WHERE owner_id = $1 ORDER BY 1`,
    uuidOf('vault', vaultId),
  );
  return rows.map(({ row }) => row);
}

async function vaultCount(): Promise<number> {
  const reply = await owner.client.get('/vaults', { query: { limit: 1 } });
  return expectStatus(reply, 200).json<{ pagination: { total: number } }>().pagination.total;
}

/** A vault that two members may use, with one secret of two versions and one of one. */
async function filledVault(): Promise<{ vault: VaultAnswer; secret: SecretAnswer; path: string }> {
  const vault = await vaultOf(owner, { name: 'Payments', description: 'Cards', maxVersions: 7 });
  await grantTo(owner, vault.id, developer, 'manager');
  const secret = await secretOf(owner, vault.id, { key: 'CARD', value: 'first', notes: 'noted' });
  await secretOf(owner, vault.id, { key: 'OTHER' });
  const path = `/vaults/${vault.id}`;
  expectStatus(await owner.client.patch(`${path}/secrets/${secret.id}`, { value: 'second' }), 200);
  return { vault, secret, path };
}

it('everything that a row holds has its place where deleted rows are', async () => {
  const pairs = [
    ['vaults', 'deleted_vaults'],
    ['secrets', 'deleted_secrets'],
    ['secret_versions', 'deleted_secret_versions'],
    // The grant of a project is none of a vault.
    ['grants', 'deleted_vault_grants', 'project_id'],
  ];
  for (const [present = '', deleted = '', except = ''] of pairs) {
    const missing = await run(
      `SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $1 AND column_name <> $3
       EXCEPT SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $2`,
      present,
      deleted,
      except,
    );
    expect(missing).toEqual([]);
  }
});

describe('without a recovery window', () => {
  it('deletion is for good, as it always was', async () => {
    const { vault, secret, path } = await filledVault();
    expectStatus(await owner.client.delete(`${path}/secrets/${secret.id}`), 204);
    expect(await deletedSecretsOf(owner, vault.id)).toEqual([]);
    expectStatus(await owner.client.delete(path), 204);
    expect(await remainsOf(service, vault.id)).toEqual(noRemains);
    expect(await deletedVaultsOf(owner)).toEqual([]);
    expectStatus(await owner.client.post(`/deleted-vaults/${vault.id}/restore`), 404);
    const [record] = (await trailOf(owner, { type: 'vault.deleted' })).slice(-1);
    expect(record?.details).toEqual({ secretCount: 1 });
  });

  it('a vault takes along what could still be restored of it', async () => {
    const vault = await vaultOf(owner);
    await deletedSecretOf(owner, vault.id);
    expect(await remainsOf(service, vault.id)).toMatchObject({ secrets: 1, versions: 2, keys: 1 });
    expectStatus(await owner.client.delete(`/vaults/${vault.id}`), 204);
    expect(await remainsOf(service, vault.id)).toEqual(noRemains);
  });
});

describe('a deleted vault', () => {
  it('is gone for everybody, is listed with its end, and comes back as it was', async () => {
    const { vault, secret, path } = await filledVault();
    const earlier = await deletedSecretOf(owner, vault.id);
    const team = await teamOf(owner, [developer]);
    await grantTo(owner, vault.id, team, 'reader');
    const key = await apiKeyOf(owner, { vaultIds: [vault.id] });
    const [before, count] = [await contentsOf(vault.id), await vaultCount()];
    await withdraw(owner, path);
    for (const { client } of [owner, developer, key]) {
      for (const gone of [
        path,
        `${path}/secrets`,
        `${path}/deleted-secrets`,
        `${path}/secrets/${secret.id}`,
      ]) {
        expectStatus(await client.get(gone), 404);
      }
    }
    expect(await contentsOf(vault.id)).toHaveLength(1);
    expect(await vaultCount()).toBe(count - 1);
    const [listed] = await deletedVaultsOf(owner);
    expect(listed).toMatchObject({ id: vault.id, name: 'Payments', description: 'Cards', secretCount: 2 });
    expect(listed).toMatchObject({ deletedBy: owner.userId, createdAt: vault.createdAt });
    const { deletedAt = '', restorableUntil = '' } = listed ?? {};
    expect(Date.parse(restorableUntil) - Date.parse(deletedAt)).toBe(thirtyDays);

    const { etag } = (await owner.client.post(`/deleted-vaults/${vault.id}/restore`)).headers;
    expect(await contentsOf(vault.id)).toEqual(before);
    const read = expectStatus(await owner.client.get(path), 200);
    expect(read.headers.etag).toBe(etag);
    expect(read.data()).toMatchObject({ name: 'Payments', maxVersions: 7, secretCount: 2 });
    expect(await vaultCount()).toBe(count);
    expect(await deletedVaultsOf(owner)).toEqual([]);
    for (const { client } of [owner, developer, key]) {
      const revealed = expectStatus(await client.get(`${path}/secrets/${secret.id}`), 200);
      expect(revealed.data()).toMatchObject({ key: 'CARD', value: 'second', notes: 'noted', version: 2 });
      const first = expectStatus(await client.get(`${path}/secrets/${secret.id}/versions/1`), 200);
      expect(first.data()).toMatchObject({ value: 'first', version: 1 });
    }
    expect(await remainsOf(service, vault.id)).toEqual({ ...noRemains, secrets: 1, versions: 2, keys: 1 });
    expect((await deletedSecretsOf(owner, vault.id)).map(({ id }) => id)).toEqual([earlier.id]);

    const trail = (await trailOf(owner)).filter(({ resource }) => resource?.ids[0] === vault.id);
    const records = trail.filter(({ type }) => ['vault.deleted', 'vault.restored'].includes(type));
    expect(records.map(({ type, details }) => [type, details])).toEqual([
      ['vault.deleted', { secretCount: 2, restorableUntil }],
      ['vault.restored', { secretCount: 2 }],
    ]);
  });

  it('is listed by page, name and time', async () => {
    const lister = await signUp(service, 'Lena');
    await keepFor(lister, 30);
    for (const name of ['Alpha', 'Beta', 'Gamma']) {
      expectStatus(await lister.client.delete(`/vaults/${(await vaultOf(lister, { name })).id}`), 204);
    }
    const names = async (query: Record<string, string | number>): Promise<string[]> => {
      const reply = await lister.client.get('/deleted-vaults', { query });
      return expectStatus(reply, 200)
        .data<{ name: string }[]>()
        .map(({ name }) => name);
    };
    expect(await names({})).toEqual(['Gamma', 'Beta', 'Alpha']);
    expect(await names({ sort: 'name', limit: 2 })).toEqual(['Alpha', 'Beta']);
    expect(await names({ sort: 'restorableUntil', offset: 2 })).toEqual(['Gamma']);
    expect(await names({ search: 'ET' })).toEqual(['Beta']);
    expect(await names({ createdAfter: '2999-01-01T00:00:00Z' })).toEqual([]);
  });

  it('can be deleted for good at once, which destroys its key', async () => {
    const { vault, path } = await filledVault();
    await deletedSecretOf(owner, vault.id);
    await withdraw(owner, path);
    expect(await remainsOf(service, vault.id)).toEqual({
      vaults: 1,
      grants: 1,
      secrets: 3,
      versions: 5,
      keys: 1,
    });
    expectStatus(await owner.client.delete(`/deleted-vaults/${vault.id}`), 204);
    expect(await remainsOf(service, vault.id)).toEqual(noRemains);
    expectStatus(await owner.client.delete(`/deleted-vaults/${vault.id}`), 404);
    expectStatus(await owner.client.post(`/deleted-vaults/${vault.id}/restore`), 404);
    const [record] = (await trailOf(owner, { type: 'vault.purged' })).slice(-1);
    expect(record).toMatchObject({ actor: { id: owner.userId }, details: { secretCount: 2 } });
  });

  it('is not restored without a record', async () => {
    const { vault, path } = await filledVault();
    await withdraw(owner, path);
    await settle(service);
    await run(`ALTER TABLE audit_events RENAME TO lost_events`);
    try {
      expectStatus(await owner.client.post(`/deleted-vaults/${vault.id}/restore`), 503);
    } finally {
      await run(`ALTER TABLE lost_events RENAME TO audit_events`);
    }
    expect(await remainsOf(service, vault.id)).toMatchObject({ vaults: 1, secrets: 2 });
    expectStatus(await owner.client.post(`/deleted-vaults/${vault.id}/restore`), 200);
  });
});

it('a window that is lowered afterwards changes nothing for what is deleted', async () => {
  const vault = await vaultOf(owner);
  await keepFor(owner, 30);
  expectStatus(await owner.client.delete(`/vaults/${vault.id}`), 204);
  const [before] = await deletedVaultsOf(owner);
  await keepFor(owner, 1);
  expect((await deletedVaultsOf(owner))[0]).toEqual(before);
  await keepFor(owner, 0);
  expectStatus(await owner.client.post(`/deleted-vaults/${vault.id}/restore`), 200);
});
