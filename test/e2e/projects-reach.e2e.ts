import { publicId, newUuid } from '@credvault/database/typed-id.js';
import type { Client, Reply } from '../support/client.js';
import { secretOf, vaultOf, type SecretAnswer, type VaultAnswer } from '../support/fixtures.js';
import { apiKeyOf } from '../support/keys.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import {
  askToGrantProject,
  grantProjectTo,
  projectOf,
  type EnvironmentAnswer,
  type ProjectAnswer,
} from '../support/projects.js';
import { startTestService, type TestService } from '../support/service.js';
import { grantTo, join, memberWithRole, roleOf, teamOf, type GrantAnswer } from '../support/teams.js';
import { trailOf } from './audit-trail.js';

let service: TestService;
let owner: Person;
let developer: Person;
let project: ProjectAnswer;
let vault: VaultAnswer;
let secret: SecretAnswer;

beforeAll(async () => {
  service = await startTestService();
  owner = await signUp(service, 'Olga Owner');
});
beforeEach(async () => {
  developer = await memberOf(service, owner, 'developer');
  project = await projectOf(owner, { name: 'Granted' });
  vault = await vaultOf(owner, { name: 'Live', projectId: project.id, environment: 'production' });
  secret = await secretOf(owner, vault.id);
});
afterAll(() => service.stop());

/** `details` of an error answer. */
function detailsOf(reply: Reply): { path: string; code: string; message: string }[] {
  const { details = [] } = reply.json<{
    error: { details?: { path: string; code: string; message: string }[] };
  }>().error;
  return details;
}

/** What a list holds, and that its total says the same. */
async function idsOf(client: Client, path: string, query: Record<string, string> = {}): Promise<string[]> {
  const { data, pagination } = expectStatus(await client.get(path, { query }), 200).json<{
    data: { id: string }[];
    pagination: { total: number };
  }>();
  expect(pagination.total).toBe(data.length);
  return data.map(({ id }) => id);
}

/** What somebody gets who reads the secret, writes it, and changes the vault and the project. */
async function triesOf({ client }: Pick<Person, 'client'>): Promise<number[]> {
  const path = `/vaults/${vault.id}/secrets/${secret.id}`;
  const replies = [
    await client.get(path),
    await client.patch(path, { value: 'another' }),
    await client.patch(`/vaults/${vault.id}`, { description: 'changed' }),
    await client.patch(`/projects/${project.id}`, { description: 'changed' }),
  ];
  return replies.map(({ status }) => status);
}

describe('a project that is not granted', () => {
  it('does not exist, and is neither listed nor counted', async () => {
    expect(await triesOf(developer)).toEqual([404, 404, 404, 404]);
    for (const path of ['', '/environments', '/environments/production', '/grants']) {
      expectStatus(await developer.client.get(`/projects/${project.id}${path}`), 404);
    }
    expectStatus(await developer.client.post(`/projects/${project.id}/environments`, { name: 'x' }), 404);
    expectStatus(await developer.client.delete(`/projects/${project.id}`), 404);
    expectStatus(await askToGrantProject(developer, project.id, developer, 'reader'), 404);
    expect(await idsOf(developer.client, '/projects')).toEqual([]);
    expect(await idsOf(developer.client, '/projects', { search: 'Granted' })).toEqual([]);
    expect(await idsOf(developer.client, '/vaults', { environment: 'production' })).toEqual([]);
    const made = await developer.client.post('/vaults', { name: 'x', projectId: project.id });
    expect(detailsOf(expectStatus(made, 400))[0]?.code).toBe('unknown_project');
  });

  it('is not shown by a vault of it that is granted by itself', async () => {
    await grantTo(owner, vault.id, developer, 'manager');
    const shown = (await developer.client.get(`/vaults/${vault.id}`)).data<VaultAnswer>();
    expect(shown).toMatchObject({ projectId: null, environment: null });
    expect(await idsOf(developer.client, '/vaults', { projectId: project.id })).toEqual([]);
    expect(await idsOf(developer.client, '/vaults', { environment: 'production' })).toEqual([]);
    const sentBack = { name: 'Renamed', projectId: null, environment: null };
    expectStatus(await developer.client.patch(`/vaults/${vault.id}`, sentBack), 200);
    const environment = await developer.client.patch(`/vaults/${vault.id}`, { environment: 'staging' });
    expect(detailsOf(expectStatus(environment, 400))[0]?.code).toBe('needs_project');
    const kept = (await owner.client.get(`/vaults/${vault.id}`)).data<VaultAnswer>();
    expect(kept).toMatchObject({ name: 'Renamed', projectId: project.id, environment: 'production' });
  });
});

describe('a project that is granted', () => {
  it('gives its vaults at the level of the grant, and changes to it to managers alone', async () => {
    const grant = await grantProjectTo(owner, project.id, developer, 'reader');
    expect(grant).toMatchObject({ projectId: project.id, vaultId: null, level: 'reader' });
    expect(await triesOf(developer)).toEqual([200, 403, 403, 403]);
    expect(await idsOf(developer.client, '/projects')).toEqual([project.id]);
    expect(await idsOf(developer.client, '/vaults', { projectId: project.id })).toEqual([vault.id]);
    const [shown] = (await developer.client.get('/projects')).data<ProjectAnswer[]>();
    expect(shown?.vaultCount).toBe(1);
    const path = `/projects/${project.id}/grants/${grant.id}`;
    expectStatus(await owner.client.patch(path, { level: 'editor' }), 200);
    expect(await triesOf(developer)).toEqual([200, 200, 403, 403]);
    expectStatus(await owner.client.patch(path, { level: 'manager' }), 200);
    expect(await triesOf(developer)).toEqual([200, 200, 200, 200]);
    const refused = await memberOf(service, owner, 'developer');
    await grantProjectTo(developer, project.id, refused, 'manager');
    expectStatus(await owner.client.delete(path), 204);
    expect(await triesOf(developer)).toEqual([404, 404, 404, 404]);
    expectStatus(await owner.client.delete(path), 404);
    const types = (await trailOf(owner, { resource: grant.id }))
      .filter(({ outcome }) => outcome === 'success')
      .map(({ type }) => type);
    expect(types).toEqual(['grant.created', 'grant.updated', 'grant.updated', 'grant.deleted']);
  });

  it('gives and takes with each vault that is moved into it and out of it, at once', async () => {
    await grantProjectTo(owner, project.id, developer, 'editor');
    const loose = await vaultOf(owner, { name: 'Loose' });
    const status = async (): Promise<number> => (await developer.client.get(`/vaults/${loose.id}`)).status;
    expect(await status()).toBe(404);
    for (let round = 0; round < 3; round++) {
      expectStatus(await owner.client.patch(`/vaults/${loose.id}`, { projectId: project.id }), 200);
      expect(await status()).toBe(200);
      expect(await idsOf(developer.client, '/vaults')).toHaveLength(2);
      expectStatus(await owner.client.patch(`/vaults/${loose.id}`, { projectId: null }), 200);
      expect(await status()).toBe(404);
      expect(await idsOf(developer.client, '/vaults')).toEqual([vault.id]);
    }
    const made = await vaultOf(owner, { projectId: project.id });
    expectStatus(await developer.client.get(`/vaults/${made.id}`), 200);
  });

  it('to a team is granted to who is in it, as long as they are', async () => {
    const team = await teamOf(owner);
    await grantProjectTo(owner, project.id, team, 'reader');
    expect(await triesOf(developer)).toEqual([404, 404, 404, 404]);
    await join(owner, team, developer.userId);
    expect(await triesOf(developer)).toEqual([200, 403, 403, 403]);
    expect(await idsOf(developer.client, '/projects')).toEqual([project.id]);
    expectStatus(await owner.client.delete(`/teams/${team.id}/members/${developer.userId}`), 204);
    expect(await triesOf(developer)).toEqual([404, 404, 404, 404]);
  });

  it('and a vault of it that is granted too: the highest level counts', async () => {
    await grantProjectTo(owner, project.id, developer, 'editor');
    await grantTo(owner, vault.id, developer, 'reader');
    expect(await triesOf(developer)).toEqual([200, 200, 403, 403]);
    const team = await teamOf(owner, [developer]);
    await grantTo(owner, vault.id, team, 'manager');
    expect(await triesOf(developer)).toEqual([200, 200, 200, 403]);
    await grantProjectTo(owner, project.id, team, 'manager');
    expect(await triesOf(developer)).toEqual([200, 200, 200, 200]);
  });

  it('shows the vault of an environment to those who may see vaults', async () => {
    const path = `/projects/${project.id}/environments/production`;
    await grantProjectTo(owner, project.id, developer, 'reader');
    expect((await developer.client.get(path)).data<EnvironmentAnswer>().vaultId).toBe(vault.id);
    const role = await roleOf(owner, { scopes: ['project:read'] });
    const planner = await memberWithRole(service, owner, role);
    await grantProjectTo(owner, project.id, planner, 'manager');
    expect((await planner.client.get(path)).data<EnvironmentAnswer>().vaultId).toBeNull();
    const shown = (await planner.client.get(`/projects/${project.id}`)).data<ProjectAnswer>();
    expect(shown.vaultCount).toBe(0);
    expectStatus(await planner.client.patch(`/projects/${project.id}`, { name: 'x' }), 403);
  });

  it('goes with its grants when it is deleted, and with a member who leaves', async () => {
    const empty = await projectOf(owner);
    await grantProjectTo(owner, empty.id, developer, 'manager');
    expectStatus(await developer.client.delete(`/projects/${empty.id}`), 204);
    expectStatus(await developer.client.get(`/projects/${empty.id}`), 404);
    await grantProjectTo(owner, project.id, developer);
    const member = `/organizations/${owner.organizationId}/members/${developer.userId}`;
    expectStatus(await owner.client.delete(member), 204);
    expect((await owner.client.get(`/projects/${project.id}/grants`)).data()).toEqual([]);
  });
});

describe('whoever makes a project', () => {
  it('manages it, and makes vaults in it that are everybody’s to whom it is granted', async () => {
    const own = await projectOf(developer);
    const colleague = await memberOf(service, owner, 'developer');
    await grantProjectTo(developer, own.id, colleague, 'editor');
    const made = await vaultOf(developer, { projectId: own.id, environment: 'staging' });
    await secretOf(colleague, made.id);
    const refused = await colleague.client.post('/vaults', { name: 'x', projectId: own.id });
    expect(detailsOf(expectStatus(refused, 403))).toEqual([
      { path: 'project', code: 'grant_too_low', message: 'manager' },
    ]);
    const grants = (await developer.client.get(`/projects/${own.id}/grants`)).data<GrantAnswer[]>();
    expect(grants.map(({ grantee, level }) => [grantee.id, level])).toEqual([
      [developer.userId, 'manager'],
      [colleague.userId, 'editor'],
    ]);
    const [mine] = grants;
    expectStatus(await owner.client.delete(`/projects/${own.id}/grants/${mine?.id}`), 204);
    expectStatus(await developer.client.get(`/vaults/${made.id}`), 404);
  });

  it('needs no grant if they reach everything, and is none who is narrowed to a vault', async () => {
    expect((await owner.client.get(`/projects/${project.id}/grants`)).data()).toEqual([]);
    const key = await apiKeyOf(owner, { vaultIds: [vault.id], scopes: ['*'] });
    expectStatus(await key.client.post('/projects', { name: 'x' }), 403);
    expect(await idsOf(key.client, '/projects')).toEqual([]);
    expectStatus(await key.client.get(`/projects/${project.id}`), 404);
    const shown = (await key.client.get(`/vaults/${vault.id}`)).data<VaultAnswer>();
    expect(shown.projectId).toBeNull();
    const moved = await key.client.patch(`/vaults/${vault.id}`, { projectId: project.id });
    expect(detailsOf(expectStatus(moved, 400))[0]?.code).toBe('unknown_project');
  });
});

describe('moving a vault into a project', () => {
  it('takes managing both, and is as much as granting it', async () => {
    const loose = await vaultOf(developer);
    const move = (by: Pick<Person, 'client'>): Promise<Reply> =>
      by.client.patch(`/vaults/${loose.id}`, { projectId: project.id });
    expectStatus(await move(developer), 400);
    const grant = await grantProjectTo(owner, project.id, developer, 'editor');
    expect(detailsOf(expectStatus(await move(developer), 403))[0]?.code).toBe('grant_too_low');
    const path = `/projects/${project.id}/grants/${grant.id}`;
    expectStatus(await owner.client.patch(path, { level: 'manager' }), 200);
    const weak = await apiKeyOf(developer, { scopes: ['vault:write', 'project:write'] });
    expect(detailsOf(expectStatus(await move(weak), 403)).map(({ code }) => code)).toContain('missing_scope');
    const ending = await apiKeyOf(developer, { scopes: ['*'], expiresIn: '30d' });
    expect(detailsOf(expectStatus(await move(ending), 403))[0]?.path).toBe('expiresAt');
    expectStatus(await move(developer), 200);
    const reader = await memberOf(service, owner, 'developer');
    await grantTo(owner, loose.id, reader, 'reader');
    expectStatus(await reader.client.patch(`/vaults/${loose.id}`, { projectId: null }), 403);
    expectStatus(await developer.client.patch(`/vaults/${loose.id}`, { projectId: null }), 200);
    expectStatus(await developer.client.get(`/vaults/${loose.id}`), 200);
  });
});

describe('nobody hands out more of a project than they have', () => {
  it('by a grant, a team, or a role', async () => {
    const role = await roleOf(owner, { scopes: ['team:manage', 'project:write', 'vault:read'] });
    const manager = await memberWithRole(service, owner, role);
    await grantProjectTo(owner, project.id, manager, 'manager');
    const granted = await askToGrantProject(manager, project.id, developer, 'reader');
    expect(detailsOf(expectStatus(granted, 403)).map(({ message }) => message)).toContain('secret:read');
    const team = await teamOf(owner);
    await grantProjectTo(owner, project.id, team, 'reader');
    const joined = await manager.client.post(`/teams/${team.id}/members`, { memberId: developer.userId });
    expectStatus(joined, 403);
    const wide = await roleOf(owner, { scopes: ['team:manage', 'vault:read'] });
    const other = await memberWithRole(
      service,
      owner,
      await roleOf(owner, { scopes: ['team:manage', 'vault:read'] }),
    );
    const holder = await memberWithRole(service, owner, wide);
    await grantProjectTo(owner, project.id, holder, 'reader');
    const narrow = await roleOf(owner, { scopes: ['team:manage'] });
    const narrowHolder = await memberWithRole(service, owner, narrow);
    await grantProjectTo(owner, project.id, narrowHolder, 'reader');
    const widened = await other.client.patch(`/roles/${narrow.id}`, {
      scopes: ['team:manage', 'vault:read'],
    });
    expect(detailsOf(expectStatus(widened, 403))[0]?.path).toBe('projectIds');
  });

  it('to nobody of another organization, and of none that is another’s', async () => {
    const mallory = await signUp(service, 'Mallory');
    expectStatus(await askToGrantProject(owner, project.id, mallory, 'reader'), 400);
    expectStatus(
      await askToGrantProject(owner, project.id, { id: publicId('team', newUuid()) }, 'reader'),
      400,
    );
    expectStatus(await askToGrantProject(mallory, project.id, mallory, 'reader'), 404);
    const grant = await grantProjectTo(owner, project.id, developer);
    const others = await projectOf(mallory);
    for (const path of [`/projects/${others.id}`, `/vaults/${vault.id}`]) {
      expectStatus(await owner.client.get(`${path}/grants/${grant.id}`), 404);
      expectStatus(await owner.client.delete(`${path}/grants/${grant.id}`), 404);
    }
    const twice = await askToGrantProject(owner, project.id, developer, 'manager');
    expect(detailsOf(expectStatus(twice, 409))[0]).toMatchObject({ path: 'memberId', message: grant.id });
  });
});
