import { newUuid, uuidOf } from '@credvault/database/typed-id.js';
import { secretOf, vaultOf, type VaultAnswer } from '../support/fixtures.js';
import { apiKeyOf, type TestKey } from '../support/keys.js';
import type { Reply } from '../support/client.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { projectOf } from '../support/projects.js';
import { deletedVaultsOf, keepFor, withdraw } from '../support/recovery.js';
import { startTestService, type TestService } from '../support/service.js';
import { asMember, serviceAccountOf } from '../support/service-accounts.js';
import { grantTo, join, memberWithRole, roleOf, teamOf, type TeamAnswer } from '../support/teams.js';

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

describe('whoever deleted a vault', () => {
  /** A vault of a project that a developer managed, and deleted. */
  async function deletedInProject(): Promise<{ path: string; grant: string }> {
    const project = await projectOf(owner);
    const body = { memberId: developer.userId, level: 'manager' };
    const granted = await owner.client.post(`/projects/${project.id}/grants`, body);
    const { id } = expectStatus(granted, 201).data<{ id: string }>();
    const vault = await vaultOf(owner, { projectId: project.id, environment: 'production' });
    await keepFor(owner, 30);
    expectStatus(await developer.client.delete(`/vaults/${vault.id}`), 204);
    return { path: `/deleted-vaults/${vault.id}`, grant: `/projects/${project.id}/grants/${id}` };
  }

  it('knows it no longer once they would not manage it', async () => {
    const { path, grant } = await deletedInProject();
    const known = async (): Promise<boolean> =>
      (await deletedVaultsOf(developer)).some(({ id }) => path.endsWith(id));
    expect(await known()).toBe(true);
    expectStatus(await owner.client.patch(grant, { level: 'editor' }), 200);
    expect(await known()).toBe(false);
    expectStatus(await developer.client.post(`${path}/restore`), 404);
    expectStatus(await developer.client.delete(path), 404);
    expectStatus(await owner.client.patch(grant, { level: 'manager' }), 200);
    expectStatus(await developer.client.post(`${path}/restore`), 200);
  });

  it('knows nothing of what they deleted in a former membership', async () => {
    const visitor = await memberOf(service, owner, 'developer');
    const vault = await vaultOf(owner);
    await grantTo(owner, vault.id, visitor, 'manager');
    await keepFor(owner, 30);
    expectStatus(await visitor.client.delete(`/vaults/${vault.id}`), 204);
    expect(await deletedVaultsOf(visitor)).toHaveLength(1);
    const membership = [uuidOf('organization', owner.organizationId), uuidOf('user', visitor.userId)];
    await run(
      `UPDATE memberships SET created_at = now() WHERE organization_id = $1 AND user_id = $2`,
      ...membership,
    );
    expect(await deletedVaultsOf(visitor)).toEqual([]);
    expectStatus(await visitor.client.post(`/deleted-vaults/${vault.id}/restore`), 404);
    expectStatus(await visitor.client.delete(`/deleted-vaults/${vault.id}`), 404);
  });
});

describe('what a deleted vault would give back', () => {
  const listing = ['vault:read', 'secret:list', 'organization:read'] as const;
  const reading = [...listing, 'secret:read'] as const;
  let lead: Person;

  beforeAll(async () => {
    lead = await memberWithRole(service, owner, await roleOf(owner, { scopes: ['team:manage', ...reading] }));
  });

  const roleToList = async (): Promise<string> => (await roleOf(owner, { scopes: [...listing] })).id;
  const roleToRead = async (): Promise<string> => (await roleOf(owner, { scopes: [...reading] })).id;

  interface Widening {
    grantee: Pick<Person, 'userId'> | Pick<TeamAnswer, 'id'>;
    widen: () => Promise<Reply>;
  }

  /** Ways to let somebody read what is granted to them or to a team. */
  const widenings: [string, () => Promise<Widening>][] = [
    [
      'a place in a team',
      async () => {
        const team = await teamOf(owner);
        const body = { memberId: developer.userId };
        return { grantee: team, widen: () => lead.client.post(`/teams/${team.id}/members`, body) };
      },
    ],
    [
      'more scopes of a role',
      async () => {
        const id = await roleToList();
        const widen = (): Promise<Reply> => lead.client.patch(`/roles/${id}`, { scopes: [...reading] });
        return { grantee: await memberWithRole(service, owner, { id }), widen };
      },
    ],
    [
      'another role of a member',
      async () => {
        const member = await memberWithRole(service, owner, { id: await roleToList() });
        const path = `/organizations/${owner.organizationId}/members/${member.userId}`;
        const role = await roleToRead();
        return { grantee: member, widen: () => lead.client.patch(path, { role }) };
      },
    ],
    [
      'another role of a service account',
      async () => {
        const robot = await serviceAccountOf(owner, { role: await roleToList() });
        const role = await roleToRead();
        const widen = (): Promise<Reply> => lead.client.patch(`/service-accounts/${robot.id}`, { role });
        return { grantee: asMember(robot), widen };
      },
    ],
  ];

  it.each(widenings)('is counted where somebody hands it out by %s', async (_by, prepare) => {
    const { grantee, widen } = await prepare();
    const vault = await vaultOf(owner);
    await grantTo(owner, vault.id, grantee);
    expectStatus(await widen(), 403);
    await withdraw(owner, `/vaults/${vault.id}`);
    expectStatus(await widen(), 403);
    expectStatus(await owner.client.delete(`/deleted-vaults/${vault.id}`), 204);
    expect((await widen()).status).toBeLessThan(300);
  });

  it.each(widenings)('is handed out by %s by whoever would get as much back', async (_by, prepare) => {
    const { grantee, widen } = await prepare();
    const vault = await vaultOf(owner);
    for (const to of [grantee, lead]) await grantTo(owner, vault.id, to);
    await withdraw(owner, `/vaults/${vault.id}`);
    expect((await widen()).status).toBeLessThan(300);
  });

  it('does not come to a key that was changed meanwhile', async () => {
    const [bound, vault] = [await vaultOf(owner), await vaultOf(owner)];
    const makeKey = async (): Promise<TestKey> => {
      const key = await apiKeyOf(owner, { scopes: ['vault:read'], vaultIds: [bound.id] });
      await grantTo(owner, vault.id, { keyId: key.id });
      return key;
    };
    const [kept, resumed, widened] = [await makeKey(), await makeKey(), await makeKey()];
    await withdraw(owner, `/vaults/${vault.id}`);
    expectStatus(await owner.client.post(`/api-keys/${resumed.id}/pause`), 200);
    expectStatus(await owner.client.post(`/api-keys/${resumed.id}/resume`), 200);
    expectStatus(
      await owner.client.patch(`/api-keys/${widened.id}`, { scopes: ['vault:read', 'secret:read'] }),
      200,
    );
    expectStatus(await owner.client.post(`/deleted-vaults/${vault.id}/restore`), 200);
    expectStatus(await kept.client.get(`/vaults/${vault.id}`), 200);
    for (const key of [resumed, widened]) expectStatus(await key.client.get(`/vaults/${vault.id}`), 404);
  });
});
