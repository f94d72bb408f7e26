import { builtInRoles, scopesOfRole } from '@credvault/access/roles.js';
import { allScopes, type Scope } from '@credvault/access/scopes.js';
import { newUuid, publicId, uuidOf } from '@credvault/database/typed-id.js';
import { organizationRoles, projectRoles } from '../../apps/api/src/cloud-v2/cloud-roles.js';
import type { Reply } from '../support/client.js';
import { secretOf, vaultOf } from '../support/fixtures.js';
import { apiKeyOf } from '../support/keys.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { grantTo, memberWithRole, roleOf, type RoleAnswer } from '../support/teams.js';
import { trailOf } from './audit-trail.js';

let service: TestService;
let owner: Person;

beforeAll(async () => {
  service = await startTestService();
});
beforeEach(async () => {
  owner = await signUp(service);
});
afterAll(() => service.stop());

const rolesOf = async ({ client }: Person, query: Record<string, string> = {}): Promise<RoleAnswer[]> =>
  expectStatus(await client.get('/roles', { query }), 200).data<RoleAnswer[]>();

function detailsOf(reply: Reply): { path: string; code: string; message: string }[] {
  return reply.json<{ error: { details: { path: string; code: string; message: string }[] } }>().error
    .details;
}

/** An invitation that has this role, written by SQL. */
async function invite(role: RoleAnswer, expiresIn: string): Promise<void> {
  await service.database.rows(
    `INSERT INTO invitations (organization_id, id, email, role, custom_role_id, digest, invited_by, expires_at)
     VALUES ($1, $2, $3, 'custom', $4, $5, $6, now() + $7::interval)`,
    [
      uuidOf('organization', owner.organizationId),
      newUuid(),
      `${newUuid()}@example.com`,
      uuidOf('role', role.id),
      Buffer.from(newUuid()),
      uuidOf('user', owner.userId),
      expiresIn,
    ],
  );
}

describe('the list of roles', () => {
  it('shows the built-in ones with their committed scopes, and how many have them', async () => {
    await memberOf(service, owner, 'viewer');
    const roles = await rolesOf(owner);
    expect(roles.map(({ id }) => id)).toEqual([...builtInRoles]);
    for (const { id, name, builtIn, scopes, createdAt } of roles) {
      expect({ name, builtIn, createdAt }).toEqual({ name: id, builtIn: true, createdAt: null });
      expect(new Set(scopes)).toEqual(scopesOfRole(id));
    }
    expect(roles.filter(({ reachesAllVaults }) => reachesAllVaults).map(({ id }) => id)).toEqual([
      'owner',
      'admin',
    ]);
    const counts = Object.fromEntries(roles.map(({ id, memberCount }) => [id, memberCount]));
    expect(counts).toEqual({ owner: 1, admin: 0, developer: 0, viewer: 1, auditor: 0, billing: 0 });
  });

  it('can be searched, filtered, sorted and walked through', async () => {
    const made = [await roleOf(owner, { name: 'Zebra' }), await roleOf(owner, { name: 'apple' })];
    expect(await rolesOf(owner, { builtIn: 'false' })).toEqual(made);
    expect((await rolesOf(owner, { builtIn: 'true' })).map(({ id }) => id)).toEqual([...builtInRoles]);
    expect(await rolesOf(owner, { search: 'ZEB' })).toEqual([made[0]]);
    expect((await rolesOf(owner, { sort: '-createdAt', limit: '1' }))[0]).toEqual(made[1]);
    expect(await rolesOf(owner, { createdAfter: '2020-01-01T00:00:00Z' })).toHaveLength(2);
    for (const sort of ['position,name', 'name', '-name', 'createdAt', '-updatedAt']) {
      const walked: string[] = [];
      let query: Record<string, string> = { limit: '3', sort };
      for (;;) {
        const page = expectStatus(await owner.client.get('/roles', { query }), 200).json<{
          data: RoleAnswer[];
          pagination: { nextCursor: string | null; total: number };
        }>();
        expect(page.pagination.total).toBe(8);
        walked.push(...page.data.map(({ id }) => id));
        if (page.pagination.nextCursor === null) break;
        query = { limit: '3', sort, cursor: page.pagination.nextCursor };
      }
      expect([...walked].sort()).toEqual([...builtInRoles, ...made.map(({ id }) => id)].sort());
    }
  });

  it('shows nothing of another organization', async () => {
    const role = await roleOf(owner, { name: 'Ours' });
    const stranger = await signUp(service);
    expect((await rolesOf(stranger)).map(({ id }) => id)).toEqual([...builtInRoles]);
    expectStatus(await stranger.client.get(`/roles/${role.id}`), 404);
    // A name is unique in its organization, not beyond.
    await roleOf(stranger, { name: 'Ours' });
  });
});

describe('a custom role', () => {
  it('is made, shown, changed and deleted, each with its record', async () => {
    const made = expectStatus(
      await owner.client.post('/roles', { name: 'Deployer', description: 'Ships', scopes: ['secret:read'] }),
      201,
    );
    const role = made.data<RoleAnswer>();
    expect(role).toMatchObject({
      name: 'Deployer',
      description: 'Ships',
      builtIn: false,
      // With what it implies, in the order of the catalogue.
      scopes: ['secret:list', 'secret:read'],
      reachesAllVaults: false,
      memberCount: 0,
    });
    const path = `/roles/${role.id}`;
    expect((await owner.client.get(path)).data()).toEqual(role);
    await memberWithRole(service, owner, role);
    expect((await owner.client.get(path)).data<RoleAnswer>().memberCount).toBe(1);
    const changed = expectStatus(await owner.client.patch(path, { name: 'Shipper' }), 200);
    expect(changed.data()).toMatchObject({ name: 'Shipper', scopes: role.scopes, memberCount: 1 });
    const stale = { headers: { 'if-match': made.headers.etag ?? '' } };
    expectStatus(await owner.client.patch(path, { name: 'Late' }, stale), 412);
    await service.database.rows(
      `UPDATE memberships SET role = 'viewer', custom_role_id = NULL WHERE custom_role_id = $1`,
      [uuidOf('role', role.id)],
    );
    expectStatus(await owner.client.delete(path), 204);
    expectStatus(await owner.client.delete(path), 404);
    const types = (await trailOf(owner))
      .filter(
        ({ resource, outcome, type }) =>
          resource?.ids.includes(role.id) === true && outcome === 'success' && type !== 'role.viewed',
      )
      .map(({ type }) => type);
    expect(types).toEqual(['role.created', 'role.updated', 'role.deleted']);
  });

  it('may have all that its maker has, by `*`', async () => {
    expect((await roleOf(owner, { scopes: ['*'] })).scopes).toEqual(allScopes);
  });

  it('gives what it says, where it says', async () => {
    const vault = await vaultOf(owner);
    const secret = await secretOf(owner, vault.id);
    const path = `/vaults/${vault.id}/secrets/${secret.id}`;
    const role = await roleOf(owner, { scopes: ['vault:read', 'secret:read'] });
    const person = await memberWithRole(service, owner, role);
    expectStatus(await person.client.get(path), 404);
    await grantTo(owner, vault.id, person, 'manager');
    expectStatus(await person.client.get(path), 200);
    // The grant says manager, the role does not let them write.
    expectStatus(await person.client.patch(path, { value: 'another' }), 403);
    const far = await roleOf(owner, { scopes: ['vault:read', 'secret:list'], reachesAllVaults: true });
    const seer = await memberWithRole(service, owner, far);
    expectStatus(await seer.client.get(`/vaults/${vault.id}`), 200);
    expectStatus(await seer.client.get(path), 403);
  });

  it.each([
    ['no scopes', { name: 'Odd', scopes: [] }],
    ['an unknown scope', { name: 'Odd', scopes: ['vault:steal'] }],
    ['a scope twice', { name: 'Odd', scopes: ['vault:read', 'vault:read'] }],
    ['a blank name', { name: '  ', scopes: ['vault:read'] }],
    ['a blank at the end', { name: 'OWNER ', scopes: ['vault:read'] }],
    ['what nobody sees in its name', { name: 'own\u200ber', scopes: ['vault:read'] }],
    ['a turn of direction in its name', { name: '\u202eowner', scopes: ['vault:read'] }],
    ['a reach that is no boolean', { name: 'Odd', scopes: ['vault:read'], reachesAllVaults: 'yes' }],
    ['null for its reach', { name: 'Odd', scopes: ['vault:read'], reachesAllVaults: null }],
  ])('with %s is 400', async (_what, body) => {
    expectStatus(await owner.client.post('/roles', body), 400);
  });

  it('named as no new one may be is still read and changed', async () => {
    const { id } = await roleOf(owner, { name: 'Old' });
    await service.database.rows(`UPDATE roles SET name = 'custom' WHERE id = $1`, [uuidOf('role', id)]);
    expect((await owner.client.get(`/roles/${id}`)).data<RoleAnswer>().name).toBe('custom');
    const changed = await owner.client.patch(`/roles/${id}`, { name: 'custom', scopes: ['vault:read'] });
    expect(expectStatus(changed, 200).data<RoleAnswer>().scopes).toEqual(['vault:read']);
  });

  const taken = ['owner', 'Viewer', 'ｏｗｎｅｒ', 'custom', ...organizationRoles, ...projectRoles];
  it.each([...taken, 'deployer', 'DEPLOYER'])('named %s like another one is 409', async (name) => {
    await roleOf(owner, { name: 'Deployer' });
    const other = await roleOf(owner, { name: 'Other' });
    for (const reply of [
      await owner.client.post('/roles', { name, scopes: ['vault:read'] }),
      await owner.client.patch(`/roles/${other.id}`, { name }),
    ]) {
      expect(detailsOf(expectStatus(reply, 409))[0]).toMatchObject({ path: 'name', code: 'taken' });
    }
  });

  it('in use cannot be deleted: 409 says how many have it', async () => {
    const role = await roleOf(owner, {});
    await memberWithRole(service, owner, role);
    await memberWithRole(service, owner, role);
    await invite(role, '1 day');
    await invite(role, '-1 day');
    const reply = expectStatus(await owner.client.delete(`/roles/${role.id}`), 409);
    expect(detailsOf(reply).map(({ path, message }) => [path, message])).toEqual([
      ['members', '2'],
      ['invitations', '1'],
    ]);
  });

  it('is not kept by an invitation that has ended', async () => {
    const role = await roleOf(owner, {});
    await invite(role, '-1 day');
    expectStatus(await owner.client.delete(`/roles/${role.id}`), 204);
  });

  it('is built in by name only: a path takes the id of a custom one', async () => {
    for (const id of ['viewer', 'owner', publicId('role', newUuid())]) {
      expectStatus(await owner.client.get(`/roles/${id}`), 404);
      expectStatus(await owner.client.patch(`/roles/${id}`, { name: 'Mine' }), 404);
      expectStatus(await owner.client.delete(`/roles/${id}`), 404);
    }
  });
});

describe('nobody makes a role that can do more than they can', () => {
  const missing = (reply: Reply): string[] =>
    detailsOf(expectStatus(reply, 403)).map(({ message }) => message);

  it('an admin gives no scope of the owner, and reaches all', async () => {
    const admin = await memberOf(service, owner, 'admin');
    const scopes: Scope[] = ['vault:read', 'billing:manage'];
    expect(missing(await admin.client.post('/roles', { name: 'Too much', scopes }))).toEqual([
      'billing:manage',
    ]);
    await roleOf(admin, { scopes: ['*'], reachesAllVaults: true });
    const role = await roleOf(owner, { scopes: ['billing:manage', 'vault:read'] });
    const path = `/roles/${role.id}`;
    // What is too wide for an admin can be narrowed by one, and renamed, but not widened.
    expectStatus(await admin.client.patch(path, { name: 'Renamed' }), 200);
    expect(missing(await admin.client.patch(path, { scopes: [...scopes, 'key:read'] }))).toEqual([
      'billing:manage',
    ]);
    expect(missing(await admin.client.patch(path, { reachesAllVaults: true }))).toEqual(['billing:manage']);
    expectStatus(await admin.client.patch(path, { scopes: ['vault:read'] }), 200);
    expectStatus(await admin.client.patch(path, { scopes: ['vault:read', 'key:read'] }), 200);
    expect(missing(await admin.client.patch(path, { scopes }))).toEqual(['billing:manage']);
  });

  it('who does not reach every vault gives no such role', async () => {
    const role = await roleOf(owner, { scopes: ['team:manage', 'organization:read', 'vault:read'] });
    const manager = await memberWithRole(service, owner, role);
    const far = { name: 'Far', scopes: ['vault:read'], reachesAllVaults: true };
    expect(detailsOf(expectStatus(await manager.client.post('/roles', far), 403))[0]?.path).toBe('vaultIds');
    const near = await roleOf(manager, { scopes: ['vault:read'] });
    expectStatus(await manager.client.patch(`/roles/${near.id}`, { reachesAllVaults: true }), 403);
    // Nor makes their own role wider.
    expectStatus(await manager.client.patch(`/roles/${role.id}`, { reachesAllVaults: true }), 403);
    expectStatus(
      await manager.client.patch(`/roles/${role.id}`, { scopes: [...role.scopes, 'secret:read'] }),
      403,
    );
  });

  it('nor gives more to somebody in a vault that they do not reach themselves', async () => {
    const scopes: Scope[] = ['team:manage', 'organization:read', 'vault:read', 'secret:read'];
    const manager = await memberWithRole(service, owner, await roleOf(owner, { scopes }));
    const narrow = await roleOf(owner, { scopes: ['vault:read'] });
    const accomplice = await memberWithRole(service, owner, narrow);
    const vault = await vaultOf(owner);
    await grantTo(owner, vault.id, accomplice, 'reader');
    const widened = { scopes: ['vault:read', 'secret:read'] };
    expectStatus(await manager.client.patch(`/roles/${narrow.id}`, widened), 403);
    await grantTo(owner, vault.id, manager, 'reader');
    expectStatus(await manager.client.patch(`/roles/${narrow.id}`, widened), 200);
  });

  it('an API key makes roles within its own scopes, and none when it is narrowed', async () => {
    const key = await apiKeyOf(owner, { scopes: ['team:manage', 'organization:read', 'vault:read'] });
    const ask = (scopes: Scope[], reachesAllVaults = false): Promise<Reply> =>
      key.client.post('/roles', { name: `By key ${newUuid()}`, scopes, reachesAllVaults });
    expectStatus(await ask(['vault:read'], true), 201);
    expect(missing(await ask(['vault:read', 'secret:read']))).toEqual(['secret:list', 'secret:read']);
    const vault = await vaultOf(owner);
    const narrowed = await apiKeyOf(owner, { scopes: ['*'], vaultIds: [vault.id] });
    const far = { name: 'Far', scopes: ['vault:read'], reachesAllVaults: true };
    expectStatus(await narrowed.client.post('/roles', far), 403);
    const ending = await apiKeyOf(owner, { scopes: ['*'], expiresIn: '30d' });
    expect(detailsOf(expectStatus(await ending.client.post('/roles', far), 403))[0]?.path).toBe('expiresAt');
  });

  it.each(['developer', 'viewer', 'auditor', 'billing'])('a %s makes and changes none', async (name) => {
    const role = await roleOf(owner, {});
    const { client } = await memberOf(service, owner, name);
    expectStatus(await client.get('/roles'), 200);
    expectStatus(await client.post('/roles', { name: 'Mine', scopes: ['organization:read'] }), 403);
    expectStatus(await client.patch(`/roles/${role.id}`, { name: 'Mine' }), 403);
    expectStatus(await client.delete(`/roles/${role.id}`), 403);
  });
});
