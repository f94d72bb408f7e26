import type { VaultLevel } from '@credvault/access/vault-levels.js';
import type { Reply } from '../support/client.js';
import { secretOf, vaultOf, type VaultAnswer } from '../support/fixtures.js';
import { apiKeyOf } from '../support/keys.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { askToGrant, grantTo, memberWithRole, roleOf, teamOf } from '../support/teams.js';

const value = 'the value that the attack is after';

let service: TestService;
let owner: Person;
let attacker: Person;
let vault: VaultAnswer;
let secret: string;

beforeAll(async () => {
  service = await startTestService();
  owner = await signUp(service);
});
beforeEach(async () => {
  attacker = await memberOf(service, owner, 'developer');
  vault = await vaultOf(owner);
  secret = `/vaults/${vault.id}/secrets/${(await secretOf(owner, vault.id, { value })).id}`;
});
afterAll(() => service.stop());

const grantsOf = async (): Promise<{ level: VaultLevel }[]> =>
  expectStatus(await owner.client.get(`/vaults/${vault.id}/grants`), 200).data();

describe('promoting oneself', () => {
  it('is impossible without a grant: the vault is not there', async () => {
    expectStatus(await askToGrant(attacker, vault.id, attacker, 'manager'), 404);
    const team = await teamOf(owner, [attacker]);
    expectStatus(await askToGrant(attacker, vault.id, team, 'reader'), 404);
    expect(await grantsOf()).toEqual([]);
  });

  it.each<VaultLevel>(['reader', 'editor'])('is impossible as a %s', async (level) => {
    const { id } = await grantTo(owner, vault.id, attacker, level);
    const team = await teamOf(owner, [attacker]);
    const path = `/vaults/${vault.id}/grants/${id}`;
    for (const reply of [
      await attacker.client.patch(path, { level: 'manager' }),
      await attacker.client.delete(path),
      await askToGrant(attacker, vault.id, attacker, 'manager'),
      await askToGrant(attacker, vault.id, team, 'manager'),
      await attacker.client.post(`/teams/${team.id}/members`, { memberId: attacker.userId }),
      await attacker.client.post('/roles', { name: 'Mine', scopes: ['*'], reachesAllVaults: true }),
    ]) {
      expectStatus(reply, 403);
    }
    expect((await grantsOf()).map((grant) => grant.level)).toEqual([level]);
  });

  it('is impossible by way of a team that one manages', async () => {
    const scopes = ['team:manage', 'organization:read', 'vault:read', 'secret:read'] as const;
    const manager = await memberWithRole(service, owner, await roleOf(owner, { scopes: [...scopes] }));
    const team = await teamOf(owner);
    await grantTo(owner, vault.id, team, 'manager');
    const join = { memberId: manager.userId };
    expectStatus(await manager.client.post(`/teams/${team.id}/members`, join), 403);
    expectStatus(await manager.client.get(secret), 404);
  });
});

describe('a stolen key', () => {
  const ask = async (fields: object, level: VaultLevel = 'reader'): Promise<Reply> =>
    askToGrant({ client: (await apiKeyOf(owner, fields)).client }, vault.id, attacker, level);

  it('that may not reveal lets nobody reveal', async () => {
    expectStatus(await ask({ scopes: ['vault:read', 'vault:write'] }), 403);
    expectStatus(await ask({ scopes: ['vault:read', 'vault:write', 'secret:read'] }, 'editor'), 403);
    expectStatus(await attacker.client.get(secret), 404);
  });

  it('that is narrowed to other vaults does not see this one', async () => {
    expectStatus(await ask({ vaultIds: [(await vaultOf(owner)).id] }), 404);
  });

  it('that ends, or that is bound to addresses, leaves no grant behind', async () => {
    expectStatus(await ask({ expiresIn: '30d' }), 403);
    expectStatus(await ask({ allowedIps: [owner.address] }), 403);
  });

  it('raises no grant, but may lower and take back', async () => {
    const { id } = await grantTo(owner, vault.id, attacker, 'editor');
    const { client } = await apiKeyOf(owner, { scopes: ['vault:read', 'vault:write'], expiresIn: '30d' });
    const path = `/vaults/${vault.id}/grants/${id}`;
    expectStatus(await client.patch(path, { level: 'manager' }), 403);
    expectStatus(await client.patch(path, { level: 'reader' }), 200);
    expectStatus(await client.patch(path, { level: 'editor' }), 403);
    expectStatus(await client.delete(path), 204);
  });

  it('narrowed to a vault grants that one alone', async () => {
    const other = await vaultOf(owner);
    const { client } = await apiKeyOf(owner, { vaultIds: [vault.id] });
    expectStatus(await askToGrant({ client }, vault.id, attacker, 'reader'), 201);
    expectStatus(await askToGrant({ client }, other.id, attacker, 'reader'), 404);
  });
});

describe('another organization', () => {
  let stranger: Person;
  beforeEach(async () => {
    stranger = await signUp(service);
  });

  it('is granted nothing: its people and teams are no members', async () => {
    const team = await teamOf(stranger);
    for (const grantee of [stranger, team]) {
      expectStatus(await askToGrant(owner, vault.id, grantee, 'reader'), 400);
    }
    expectStatus(await stranger.client.get(secret), 404);
  });

  it('sees, changes and takes back no grant, also through a vault of its own', async () => {
    const grant = await grantTo(owner, vault.id, attacker, 'reader');
    const own = await vaultOf(stranger);
    for (const vaultId of [vault.id, own.id]) {
      const path = `/vaults/${vaultId}/grants/${grant.id}`;
      expectStatus(await stranger.client.get(path), 404);
      expectStatus(await stranger.client.patch(path, { level: 'manager' }), 404);
      expectStatus(await stranger.client.delete(path), 404);
    }
    // Nor does a manager of another vault of the same organization.
    const another = await vaultOf(attacker);
    const path = `/vaults/${another.id}/grants/${grant.id}`;
    expectStatus(await attacker.client.patch(path, { level: 'manager' }), 404);
    expectStatus(await attacker.client.delete(path), 404);
    expect((await grantsOf()).map(({ level }) => level)).toEqual(['reader']);
  });

  it('has no use for roles of ours', async () => {
    const role = await roleOf(owner, { scopes: ['*'] });
    for (const reply of [
      await stranger.client.get(`/roles/${role.id}`),
      await stranger.client.patch(`/roles/${role.id}`, { scopes: ['vault:read'] }),
      await stranger.client.delete(`/roles/${role.id}`),
    ]) {
      expectStatus(reply, 404);
    }
  });
});
