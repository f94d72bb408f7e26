import { newUuid, uuidOf } from '@credvault/database/typed-id.js';
import { secretOf, vaultOf, type VaultAnswer } from '../support/fixtures.js';
import { apiKeyOf } from '../support/keys.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { projectOf } from '../support/projects.js';
import { deletedVaultsOf, keepFor, withdraw } from '../support/recovery.js';
import { startTestService, type TestService } from '../support/service.js';
import { grantTo, join, teamOf } from '../support/teams.js';

const unknownVault = 'vlt_01jd3k5m7n8p9q0r1s2t3v4w5x';

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

/** A vault with a secret, which a developer manages. */
async function grantedVault(): Promise<{ vault: VaultAnswer; path: string }> {
  const vault = await vaultOf(owner);
  await grantTo(owner, vault.id, developer, 'manager');
  await secretOf(owner, vault.id);
  return { vault, path: `/vaults/${vault.id}` };
}

describe('a vault that is restored', () => {
  it('gives nothing back to whoever left meanwhile, not even when they have come back', async () => {
    const { vault, path } = await grantedVault();
    const team = await teamOf(owner, [developer]);
    const doomed = await teamOf(owner, [developer]);
    for (const grantee of [team, doomed]) await grantTo(owner, vault.id, grantee, 'editor');
    const visitor = await memberOf(service, owner, 'developer');
    await grantTo(owner, vault.id, visitor, 'manager');
    const [key, deletedKey] = [await apiKeyOf(owner), await apiKeyOf(owner)];
    for (const { id } of [key, deletedKey]) {
      await run(
        `INSERT INTO grants (organization_id, id, vault_id, api_key_id, level, created_by) VALUES ($1, $2, $3, $4, 1, $2)`,
        uuidOf('organization', owner.organizationId),
        newUuid(),
        uuidOf('vault', vault.id),
        uuidOf('apiKey', id),
      );
    }
    await withdraw(owner, path);
    expectStatus(await owner.client.delete(`/api-keys/${deletedKey.id}`), 204);
    expectStatus(await owner.client.delete(`/teams/${doomed.id}`), 204);
    const membership = [uuidOf('organization', owner.organizationId), uuidOf('user', visitor.userId)];
    await run(`DELETE FROM memberships WHERE organization_id = $1 AND user_id = $2`, ...membership);
    await run(
      `INSERT INTO memberships (organization_id, user_id, role) VALUES ($1, $2, 'developer')`,
      ...membership,
    );
    expectStatus(await owner.client.post(`/deleted-vaults/${vault.id}/restore`), 200);
    const grants = await run<{ grantee: string; level: number }>(
      `SELECT coalesce(user_id, team_id, api_key_id) AS grantee, level FROM grants WHERE vault_id = $1 ORDER BY level`,
      uuidOf('vault', vault.id),
    );
    expect(grants).toEqual([
      { grantee: uuidOf('apiKey', key.id), level: 1 },
      { grantee: uuidOf('team', team.id), level: 2 },
      { grantee: uuidOf('user', developer.userId), level: 3 },
    ]);
    expectStatus(await developer.client.get(path), 200);
  });

  it('goes back to its project and environment, as far as they are there and free', async () => {
    const project = await projectOf(owner);
    const place = { projectId: project.id, environment: 'production' };
    const [vault, other] = [await vaultOf(owner, place), await vaultOf(owner)];
    const restoredTo = async (vaultId: string): Promise<unknown> => {
      const reply = await owner.client.post(`/deleted-vaults/${vaultId}/restore`);
      const { projectId, environment } = expectStatus(reply, 200).data<VaultAnswer>();
      return { projectId, environment };
    };
    await withdraw(owner, `/vaults/${vault.id}`);
    expect(await restoredTo(vault.id)).toEqual(place);
    await withdraw(owner, `/vaults/${vault.id}`);
    expectStatus(await owner.client.patch(`/vaults/${other.id}`, place), 200);
    expect(await restoredTo(vault.id)).toEqual({ ...place, environment: null });
    await withdraw(owner, `/vaults/${other.id}`);
    const path = `/projects/${project.id}`;
    expectStatus(await owner.client.delete(`${path}/environments/production`), 204);
    expect(await restoredTo(other.id)).toEqual({ ...place, environment: null });
    for (const { id } of [vault, other]) await withdraw(owner, `/vaults/${id}`);
    expectStatus(await owner.client.delete(path), 204);
    expect(await restoredTo(vault.id)).toEqual({ projectId: null, environment: null });
  });

  it('is reached by whoever joined a team meanwhile to which it is granted', async () => {
    const { vault, path } = await grantedVault();
    const team = await teamOf(owner);
    await grantTo(owner, vault.id, team, 'reader');
    const newcomer = await memberOf(service, owner, 'developer');
    await withdraw(owner, path);
    await join(owner, team, newcomer.userId);
    expectStatus(await newcomer.client.get(path), 404);
    expectStatus(await owner.client.post(`/deleted-vaults/${vault.id}/restore`), 200);
    expectStatus(await newcomer.client.get(path), 200);
  });
});

describe('a deleted vault', () => {
  it('is known to those who reach every vault and to whoever deleted it, and to nobody else', async () => {
    const { vault } = await grantedVault();
    const stranger = await signUp(service, 'Mallory');
    const colleague = await memberOf(service, owner, 'developer');
    const admin = await memberOf(service, owner, 'admin');
    const viewer = await memberOf(service, owner, 'viewer');
    await grantTo(owner, vault.id, colleague, 'manager');
    await keepFor(owner, 30);
    expectStatus(await developer.client.delete(`/vaults/${vault.id}`), 204);
    const narrowed = await apiKeyOf(developer, { vaultIds: [(await vaultOf(developer)).id] });
    const path = `/deleted-vaults/${vault.id}`;
    for (const person of [stranger, colleague, narrowed]) {
      expect(await deletedVaultsOf(person)).toEqual([]);
      expectStatus(await person.client.post(`${path}/restore`), 404);
      expectStatus(await person.client.delete(path), 404);
    }
    expectStatus(await viewer.client.get('/deleted-vaults'), 403);
    expectStatus(await viewer.client.post(`${path}/restore`), 403);
    for (const person of [admin, developer]) {
      const [listed] = await deletedVaultsOf(person);
      expect(listed).toMatchObject({ id: vault.id, deletedBy: developer.userId });
    }
    expectStatus(await developer.client.post(`${path}/restore`), 200);
    expectStatus(await colleague.client.get(`/vaults/${vault.id}`), 200);
    expectStatus(await owner.client.post(`${path}/restore`), 404);
    expectStatus(await owner.client.post(`/deleted-vaults/${unknownVault}/restore`), 404);
  });
});
