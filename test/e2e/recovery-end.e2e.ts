import { uuidOf } from '@credvault/database/typed-id.js';
import { MaintenanceService } from '../../apps/api/src/service/maintenance.service.js';
import { secretOf, vaultOf, type VaultAnswer } from '../support/fixtures.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import {
  deletedSecretOf,
  deletedSecretsOf,
  deletedVaultOf,
  deletedVaultsOf,
  keepFor,
  noRemains,
  remainsOf,
  withdraw,
} from '../support/recovery.js';
import { startTestService, type TestService } from '../support/service.js';
import { trailOf, type AuditEvent } from './audit-trail.js';

let service: TestService;
let owner: Person;

beforeAll(async () => {
  service = await startTestService();
  owner = await signUp(service, 'Olga');
});
afterAll(() => service.stop());

/** Lets the window of something deleted end now, with whatever went with it. */
async function end(table: 'deleted_vaults' | 'deleted_secrets', column: string, id: string): Promise<void> {
  const uuid = uuidOf(id.startsWith('vlt') ? 'vault' : 'secret', id);
  await service.database.rows(`UPDATE ${table} SET restorable_until = now() WHERE ${column} = $1`, [uuid]);
}

const purge = (at = service): Promise<void> => at.app.get(MaintenanceService, { strict: false }).run();

/** The records of secrets of a vault that were purged. */
async function purgesIn(vaultId: string): Promise<AuditEvent[]> {
  return (await trailOf(owner, { type: 'secret.purged' })).filter((record) => record.vaultId === vaultId);
}

/** Puts secrets into a vault by SQL, with two versions each whose content nobody can read. */
async function fill(vault: VaultAnswer, number: number): Promise<void> {
  const place = [uuidOf('organization', owner.organizationId), uuidOf('vault', vault.id)];
  await service.database.rows(
    `WITH made AS (
       INSERT INTO secrets (organization_id, vault_id, id, key, type, current_version)
       SELECT $1, $2, gen_random_uuid(), 'KEY_' || n, 'text', 2 FROM generate_series(1, $3) n
       RETURNING organization_id, vault_id, id)
     INSERT INTO secret_versions (organization_id, vault_id, secret_id, version, key_version, value, created_by)
     SELECT organization_id, vault_id, id, version, 1, 'sealed'::bytea, id FROM made, generate_series(1, 2) version`,
    [...place, number],
  );
  await service.database.rows(
    `UPDATE vaults SET secret_count = secret_count + $3 WHERE organization_id = $1 AND id = $2`,
    [...place, number],
  );
}

describe('when the window of a vault ends', () => {
  it('it is neither listed nor restored any more, and the next run destroys its key', async () => {
    const [ended, kept] = [await deletedVaultOf(owner), await deletedVaultOf(owner)];
    await end('deleted_vaults', 'id', ended.id);
    expect((await deletedVaultsOf(owner)).map(({ id }) => id)).toEqual([kept.id]);
    expectStatus(await owner.client.post(`/deleted-vaults/${ended.id}/restore`), 404);
    expectStatus(await owner.client.delete(`/deleted-vaults/${ended.id}`), 404);
    expect(await remainsOf(service, ended.id)).toMatchObject({ vaults: 1, keys: 1 });
    await purge();
    expect(await remainsOf(service, ended.id)).toEqual(noRemains);
    expect(await remainsOf(service, kept.id)).toMatchObject({ vaults: 1, secrets: 1, versions: 1, keys: 1 });
    const [record, ...others] = await trailOf(owner, { type: 'vault.purged' });
    expect(record).toMatchObject({
      actor: { type: 'service' },
      vaultId: ended.id,
      details: { secretCount: 1 },
    });
    expect(others).toEqual([]);
  });

  it('a service that starts destroys what ended while none ran', async () => {
    const vault = await deletedVaultOf(owner);
    await end('deleted_vaults', 'id', vault.id);
    const later = await startTestService({ sharing: service });
    await later.stop();
    expect(await remainsOf(service, vault.id)).toEqual(noRemains);
  });

  it('one that cannot be purged holds no other up', async () => {
    const [first, second] = [await deletedVaultOf(owner), await deletedVaultOf(owner)];
    for (const { id } of [first, second]) await end('deleted_vaults', 'id', id);
    await service.database.rows(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one'; END $$`,
    );
    await service.database.rows(
      `CREATE TRIGGER refuse BEFORE DELETE ON deleted_vaults FOR EACH ROW
       WHEN (OLD.id = '${uuidOf('vault', first.id)}') EXECUTE FUNCTION refuse()`,
    );
    const { failures } = service.app.get(MaintenanceService, { strict: false });
    await purge();
    expect(service.app.get(MaintenanceService, { strict: false }).failures).toBe(failures + 1);
    await service.database.rows(`DROP TRIGGER refuse ON deleted_vaults`);
    expect(await remainsOf(service, first.id)).toMatchObject({ vaults: 1, secrets: 1, keys: 1 });
    expect(await remainsOf(service, second.id)).toEqual(noRemains);
    await purge();
    expect(await remainsOf(service, first.id)).toEqual(noRemains);
  });
});

it('a step of the maintenance that fails keeps no other from its turn', async () => {
  const vault = await deletedVaultOf(owner);
  // The messages of services in one process go to the log of the newest.
  const newest = await startTestService({ sharing: service });
  await service.database.rows(`ALTER TABLE secret_imports RENAME TO out_of_sight`);
  await end('deleted_vaults', 'id', vault.id);
  await purge(newest).finally(() =>
    service.database.rows(`ALTER TABLE out_of_sight RENAME TO secret_imports`),
  );
  await newest.stop();
  expect(await remainsOf(service, vault.id)).toEqual(noRemains);
  expect(newest.logs.filter((line) => line.includes('Maintenance failed'))).toEqual([
    expect.stringContaining('42P01'),
  ]);
});

describe('when the window of a secret ends', () => {
  it('it is neither listed nor restored any more, and the next run deletes it, with a record', async () => {
    const vault = await vaultOf(owner);
    const [ended, kept] = [await deletedSecretOf(owner, vault.id), await deletedSecretOf(owner, vault.id)];
    await end('deleted_secrets', 'id', ended.id);
    expect((await deletedSecretsOf(owner, vault.id)).map(({ id }) => id)).toEqual([kept.id]);
    const path = `/vaults/${vault.id}/deleted-secrets/${ended.id}`;
    expectStatus(await owner.client.post(`${path}/restore`), 404);
    expectStatus(await owner.client.delete(path), 404);
    await purge();
    expect(await remainsOf(service, vault.id)).toMatchObject({ secrets: 1, versions: 2, keys: 1 });
    const records = await purgesIn(vault.id);
    expect(records.map(({ actor, resource }) => [actor.type, resource?.ids])).toEqual([
      ['service', [ended.id]],
    ]);
    expectStatus(await owner.client.post(`/vaults/${vault.id}/deleted-secrets/${kept.id}/restore`), 200);
  });

  it('those that went with a vault stay with it', async () => {
    const vault = await deletedVaultOf(owner);
    await end('deleted_secrets', 'vault_id', vault.id);
    await purge();
    expectStatus(await owner.client.post(`/deleted-vaults/${vault.id}/restore`), 200);
    expect((await owner.client.get(`/vaults/${vault.id}/secrets`)).data()).toHaveLength(1);
  });

  it('hundreds of them go batch by batch, once each, also when two services look at once', async () => {
    const vault = await vaultOf(owner);
    await fill(vault, 250);
    const rows = await service.database.rows<{ id: string }>(`SELECT id FROM secrets WHERE vault_id = $1`, [
      uuidOf('vault', vault.id),
    ]);
    // As if each had been deleted alone.
    await withdraw(owner, `/vaults/${vault.id}`);
    expectStatus(await owner.client.post(`/deleted-vaults/${vault.id}/restore`), 200);
    await withdraw(owner, `/vaults/${vault.id}`);
    await service.database.rows(`UPDATE deleted_secrets SET with_vault = false WHERE vault_id = $1`, [
      uuidOf('vault', vault.id),
    ]);
    await end('deleted_secrets', 'vault_id', vault.id);
    const there = await startTestService({ sharing: service });
    await Promise.all([purge(), purge(there)]);
    await there.stop();
    expect(await remainsOf(service, vault.id)).toMatchObject({ vaults: 1, secrets: 0, versions: 0 });
    const records = await purgesIn(vault.id);
    const purged = records.flatMap(({ resource }) => resource?.ids ?? []);
    expect(purged.map((id) => uuidOf('secret', id)).sort()).toEqual(rows.map(({ id }) => id).sort());
    expect(Math.max(...records.map(({ resource }) => resource?.ids.length ?? 0))).toBeLessThanOrEqual(100);
  });
});

it('a vault of five thousand secrets goes and comes back whole', async () => {
  const vault = await vaultOf(owner);
  await fill(vault, 5_000);
  const secret = await secretOf(owner, vault.id, { key: 'REAL', value: 'a value' });
  await keepFor(owner, 30);
  expectStatus(await owner.client.delete(`/vaults/${vault.id}`), 204);
  expect(await remainsOf(service, vault.id)).toEqual({
    ...noRemains,
    vaults: 1,
    secrets: 5_001,
    versions: 10_001,
    keys: 1,
  });
  expectStatus(await owner.client.post(`/deleted-vaults/${vault.id}/restore`), 200);
  expect(await remainsOf(service, vault.id)).toEqual({ ...noRemains, keys: 1 });
  const [counts] = await service.database.rows(
    `SELECT (SELECT count(*)::int FROM secrets WHERE vault_id = $1) AS secrets,
       (SELECT count(*)::int FROM secret_versions WHERE vault_id = $1) AS versions,
       (SELECT secret_count FROM vaults WHERE id = $1) AS counted`,
    [uuidOf('vault', vault.id)],
  );
  expect(counts).toEqual({ secrets: 5_001, versions: 10_001, counted: 5_001 });
  const read = await owner.client.get(`/vaults/${vault.id}/secrets/${secret.id}`);
  expect(read.data()).toMatchObject({ value: 'a value' });
});
