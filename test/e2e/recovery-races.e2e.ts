import { setTimeout as sleep } from 'node:timers/promises';
import { uuidOf } from '@credvault/database/typed-id.js';
import { VaultKeyRotationService } from '../../apps/api/src/secrets/vault-key-rotation.service.js';
import { MaintenanceService } from '../../apps/api/src/service/maintenance.service.js';
import type { Reply } from '../support/client.js';
import { secretOf, vaultOf, type SecretAnswer, type VaultAnswer } from '../support/fixtures.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { deletedSecretOf, deletedVaultOf, keepFor, noRemains, remainsOf } from '../support/recovery.js';
import { startTestService, type TestService } from '../support/service.js';
import { rounds } from '../support/rounds.js';

const patience = 60_000 + rounds * 3_000;

let here: TestService;
let there: TestService;
let owner: Person;

beforeAll(async () => {
  here = await startTestService();
  there = await startTestService({ sharing: here });
  owner = await signUp(here);
});
afterAll(async () => {
  await there.stop();
  await here.stop();
});

const statusesOf = (replies: Reply[]): number[] => replies.map(({ status }) => status).sort();

/** What every count says, beside what there is. */
async function expectExactCounts(): Promise<void> {
  const wrong = await here.database.rows(
    `SELECT v.id FROM vaults v WHERE v.secret_count <>
       (SELECT count(*) FROM secrets s WHERE s.organization_id = v.organization_id AND s.vault_id = v.id)
     UNION ALL SELECT o.id FROM organizations o WHERE o.vault_count <>
       (SELECT count(*) FROM vaults v WHERE v.organization_id = o.id)`,
  );
  expect(wrong).toEqual([]);
}

const restore = (service: TestService, vaultId: string): Promise<Reply> =>
  owner.client.at(service).post(`/deleted-vaults/${vaultId}/restore`);

describe('race of recovery:', () => {
  it(
    'a vault that is restored twice: once, and the other finds nothing',
    async () => {
      for (let round = 0; round < rounds; round++) {
        const { id } = await deletedVaultOf(owner);
        const replies = await Promise.all([restore(here, id), restore(there, id)]);
        expect(statusesOf(replies)).toEqual([200, 404]);
        expectStatus(await owner.client.get(`/vaults/${id}`), 200);
      }
      await expectExactCounts();
    },
    patience,
  );

  it(
    'a vault that is restored while somebody deletes it for good: whole, or gone',
    async () => {
      for (let round = 0; round < rounds; round++) {
        const { id } = await deletedVaultOf(owner);
        const [restored, purged] = await Promise.all([
          restore(round % 2 ? here : there, id),
          owner.client.delete(`/deleted-vaults/${id}`),
        ]);
        expect([restored.status, purged.status]).toEqual(restored.status === 200 ? [200, 404] : [404, 204]);
        const list = await owner.client.get(`/vaults/${id}/secrets`);
        if (restored.status === 404) expect(await remainsOf(here, id)).toEqual(noRemains);
        else expect(expectStatus(list, 200).data()).toHaveLength(1);
      }
      await expectExactCounts();
    },
    patience,
  );

  it(
    'a vault that is restored while its window ends: whole, or gone',
    async () => {
      for (let round = 0; round < rounds; round++) {
        const { id } = await deletedVaultOf(owner);
        await here.database.rows(
          `UPDATE deleted_vaults SET restorable_until = clock_timestamp() + make_interval(secs => $2) WHERE id = $1`,
          [uuidOf('vault', id), (round % 5) * 0.004],
        );
        const purge = async (): Promise<void> => {
          await sleep((round % 5) * 4);
          await there.app.get(MaintenanceService, { strict: false }).run();
        };
        const [restored] = await Promise.all([restore(here, id), purge()]);
        if (restored.status === 200) {
          expect((await owner.client.get(`/vaults/${id}/secrets`)).data()).toHaveLength(1);
          expect(await remainsOf(here, id)).toEqual({ ...noRemains, keys: 1 });
        } else {
          expectStatus(restored, 404);
          await there.app.get(MaintenanceService, { strict: false }).run();
          expect(await remainsOf(here, id)).toEqual(noRemains);
        }
      }
      await expectExactCounts();
    },
    patience,
  );

  it(
    'a vault that is deleted while it is written: what was acknowledged comes back with it',
    async () => {
      await keepFor(owner, 30);
      for (let round = 0; round < rounds; round++) {
        const vault: VaultAnswer = await vaultOf(owner);
        const secret = await secretOf(owner, vault.id, { value: 'old' });
        const path = `/vaults/${vault.id}`;
        const [created, changed, removed, deleted] = await Promise.all([
          owner.client.post(`${path}/secrets`, { key: 'NEW', value: 'new' }),
          owner.client.at(there).patch(`${path}/secrets/${secret.id}`, { value: 'new' }),
          owner.client.post(`${path}/grants`, { memberId: owner.userId, level: 'reader' }),
          owner.client.at(round % 2 ? here : there).delete(path),
        ]);
        expectStatus(deleted, 204);
        expect([201, 404]).toContain(created.status);
        expect([200, 404]).toContain(changed.status);
        expect([201, 404]).toContain(removed.status);
        expectStatus(await restore(here, vault.id), 200);
        const read = expectStatus(await owner.client.get(`${path}/secrets`), 200).data<SecretAnswer[]>();
        const values = Object.fromEntries(read.map(({ key, value }) => [key, value]));
        expect(values).toEqual({
          [secret.key]: changed.status === 200 ? 'new' : 'old',
          ...(created.status === 201 ? { NEW: 'new' } : {}),
        });
      }
      await keepFor(owner, 0);
      await expectExactCounts();
    },
    patience,
  );

  it(
    'a secret that is restored twice while another one takes its name: one of that name',
    async () => {
      const { id: vaultId } = await vaultOf(owner);
      for (let round = 0; round < rounds; round++) {
        const secret = await deletedSecretOf(owner, vaultId);
        const path = `/vaults/${vaultId}/deleted-secrets/${secret.id}/restore`;
        const [created, ...restored] = await Promise.all([
          owner.client.post(`/vaults/${vaultId}/secrets`, { key: secret.key, value: 'new' }),
          owner.client.post(path),
          owner.client.at(there).post(path),
        ]);
        const expected = created.status === 201 ? [409, 409] : [200, 404];
        expect([created.status, statusesOf(restored)]).toEqual([expected[0] === 409 ? 201 : 409, expected]);
      }
      await expectExactCounts();
    },
    patience,
  );

  it(
    'secrets that are deleted and restored while the key of their vault is rotated: each can be read',
    async () => {
      await keepFor(owner, 30);
      const { id: vaultId } = await vaultOf(owner);
      const rotation = there.app.get(VaultKeyRotationService, { strict: false });
      for (let round = 0; round < rounds; round++) {
        const secret = await secretOf(owner, vaultId, { value: `value ${round}` });
        const path = `/vaults/${vaultId}/secrets/${secret.id}`;
        const goAndReturn = async (): Promise<void> => {
          expectStatus(await owner.client.delete(path), 204);
          expectStatus(
            await owner.client.post(`/vaults/${vaultId}/deleted-secrets/${secret.id}/restore`),
            200,
          );
        };
        await Promise.all([goAndReturn(), rotation.rotate(uuidOf('vault', vaultId) ?? '', () => undefined)]);
        expect((await owner.client.get(path)).data()).toMatchObject({ value: `value ${round}` });
      }
      await keepFor(owner, 0);
      expect(await remainsOf(here, vaultId)).toEqual({ ...noRemains, keys: 1 });
    },
    patience,
  );
});
