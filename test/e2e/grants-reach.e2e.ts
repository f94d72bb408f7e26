import { setTimeout as sleep } from 'node:timers/promises';
import type { PermissionTestDto } from '../../apps/api/src/api-keys/api-key-checks.dto.js';
import type { Client, Reply } from '../support/client.js';
import { secretOf, vaultOf, type VaultAnswer } from '../support/fixtures.js';
import { apiKeyOf, type TestKey } from '../support/keys.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { grantTo, join, memberWithRole, roleOf, teamOf } from '../support/teams.js';

/** What is taken back on one process may be had on another for at most this long, in milliseconds (DESIGN, promise 8). */
const longest = 1_000;

let here: TestService;
let there: TestService;
let owner: Person;
let developer: Person;
let vault: VaultAnswer;
let secret: string;

beforeAll(async () => {
  here = await startTestService();
  there = await startTestService({ sharing: here });
  owner = await signUp(here);
});
beforeEach(async () => {
  developer = await memberOf(here, owner, 'developer');
  vault = await vaultOf(owner);
  secret = `/vaults/${vault.id}/secrets/${(await secretOf(owner, vault.id)).id}`;
});
afterAll(async () => {
  await there.stop();
  await here.stop();
});

const read = async (client: Client, service: TestService): Promise<number> =>
  (await client.at(service).get(secret)).status;

/** Both processes answer so: this one at once, the other one within a second. */
async function expectEverywhere(client: Client, status: number): Promise<void> {
  const deadline = performance.now() + longest;
  expect(await read(client, here)).toBe(status);
  while (performance.now() < deadline && (await read(client, there)) !== status) await sleep(10);
  expect(await read(client, there)).toBe(status);
}

describe('on every process', () => {
  it('a grant counts from the next request on, and until it is taken back', async () => {
    await expectEverywhere(developer.client, 404);
    const grant = await grantTo(owner, vault.id, developer);
    await expectEverywhere(developer.client, 200);
    expectStatus(await owner.client.delete(`/vaults/${vault.id}/grants/${grant.id}`), 204);
    await expectEverywhere(developer.client, 404);
  });

  it('a lower level counts from the next request on', async () => {
    const grant = await grantTo(owner, vault.id, developer, 'editor');
    const write = async (service: TestService): Promise<number> =>
      (await developer.client.at(service).patch(secret, { value: 'another' })).status;
    expect([await write(here), await write(there)]).toEqual([200, 200]);
    expectStatus(
      await owner.client.patch(`/vaults/${vault.id}/grants/${grant.id}`, { level: 'reader' }),
      200,
    );
    expect(await write(here)).toBe(403);
    await sleep(longest);
    expect(await write(there)).toBe(403);
  });

  it('a grant to a team counts for who is in it, and leaving the team ends it', async () => {
    const team = await teamOf(owner, [developer]);
    await expectEverywhere(developer.client, 404);
    await grantTo(owner, vault.id, team);
    await expectEverywhere(developer.client, 200);
    expectStatus(await owner.client.delete(`/teams/${team.id}/members/${developer.userId}`), 204);
    await expectEverywhere(developer.client, 404);
    await join(owner, team, developer.userId);
    await expectEverywhere(developer.client, 200);
    expectStatus(await owner.client.delete(`/teams/${team.id}`), 204);
    await expectEverywhere(developer.client, 404);
  });

  it('a change of a custom role counts for all who have it', async () => {
    const role = await roleOf(owner, { scopes: ['vault:read', 'secret:read'], reachesAllVaults: true });
    const person = await memberWithRole(here, owner, role);
    await expectEverywhere(person.client, 200);
    const change = async (fields: object): Promise<void> => {
      expectStatus(await owner.client.patch(`/roles/${role.id}`, fields), 200);
    };
    await change({ scopes: ['vault:read'] });
    await expectEverywhere(person.client, 403);
    await change({ scopes: ['vault:read', 'secret:read'], reachesAllVaults: false });
    await expectEverywhere(person.client, 404);
    await grantTo(owner, vault.id, person);
    await expectEverywhere(person.client, 200);
  });

  /** Ways to lose a vault: the trigger that tells the other processes, and what prepares and does it. */
  const losses: [string, string, () => Promise<{ person: Person; lose: () => Promise<Reply> }>][] = [
    [
      'grants',
      'invalidate_member',
      async () => {
        const { id } = await grantTo(owner, vault.id, developer);
        return {
          person: developer,
          lose: () => owner.client.delete(`/vaults/${vault.id}/grants/${id}`),
        };
      },
    ],
    [
      'grants',
      'invalidate_team',
      async () => {
        const { id } = await grantTo(owner, vault.id, await teamOf(owner, [developer]));
        return {
          person: developer,
          lose: () => owner.client.delete(`/vaults/${vault.id}/grants/${id}`),
        };
      },
    ],
    [
      'team_members',
      'invalidate',
      async () => {
        const team = await teamOf(owner, [developer]);
        await grantTo(owner, vault.id, team);
        return {
          person: developer,
          lose: () => owner.client.delete(`/teams/${team.id}/members/${developer.userId}`),
        };
      },
    ],
    [
      'roles',
      'invalidate',
      async () => {
        const { id } = await roleOf(owner, { scopes: ['vault:read', 'secret:read'], reachesAllVaults: true });
        return {
          person: await memberWithRole(here, owner, { id }),
          lose: () => owner.client.patch(`/roles/${id}`, { reachesAllVaults: false }),
        };
      },
    ],
  ];

  it.each(losses)('have caches of their own: of %s the trigger %s tells the other one', async (...loss) => {
    const [table, trigger, prepare] = loss;
    const { person, lose } = await prepare();
    await expectEverywhere(person.client, 200);
    await here.database.rows(`ALTER TABLE ${table} DISABLE TRIGGER ${trigger}`);
    try {
      expect([200, 204]).toContain((await lose()).status);
      expect(await read(person.client, here)).toBe(404);
      await sleep(longest);
      // If this were 404, the tests above could not fail.
      expect(await read(person.client, there)).toBe(200);
    } finally {
      await here.database.rows(`ALTER TABLE ${table} ENABLE TRIGGER ${trigger}`);
    }
  });
});

describe('the API key of a developer', () => {
  const permission = async ({ id }: TestKey): Promise<PermissionTestDto> => {
    const body = { scope: 'secret:read', vaultId: vault.id };
    return expectStatus(await owner.client.post(`/api-keys/${id}/test-permission`, body), 200).data();
  };

  it('reaches what its owner reaches, and loses it with them', async () => {
    const key = await apiKeyOf(developer);
    await expectEverywhere(key.client, 404);
    expect((await permission(key)).allowed).toBe(false);
    const grant = await grantTo(owner, vault.id, developer);
    await expectEverywhere(key.client, 200);
    expect((await permission(key)).allowed).toBe(true);
    expectStatus(await owner.client.delete(`/vaults/${vault.id}/grants/${grant.id}`), 204);
    await expectEverywhere(key.client, 404);
    expect((await permission(key)).allowed).toBe(false);
  });

  it('that is narrowed to a vault loses it with its owner too, and gains no other one', async () => {
    const grant = await grantTo(owner, vault.id, developer);
    const key = await apiKeyOf(developer, { vaultIds: [vault.id] });
    const another = await vaultOf(owner);
    await grantTo(owner, another.id, developer);
    expectStatus(await key.client.get(`/vaults/${another.id}`), 404);
    await expectEverywhere(key.client, 200);
    expectStatus(await owner.client.delete(`/vaults/${vault.id}/grants/${grant.id}`), 204);
    await expectEverywhere(key.client, 404);
  });
});
