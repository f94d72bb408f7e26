import { setTimeout as sleep } from 'node:timers/promises';
import { uuidOf } from '@credvault/database/typed-id.js';
import { apiKeyOf } from '../support/keys.js';
import { secretOf, vaultOf } from '../support/fixtures.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { grantTo } from '../support/teams.js';

/** What is revoked may work on another process for at most this long, in milliseconds (DESIGN, promise 8). */
const longest = 1_000;

let here: TestService;
let there: TestService;
let jane: Person;
let vaultId: string;
let secret: string;

beforeAll(async () => {
  here = await startTestService();
  there = await startTestService({ sharing: here });
  jane = await signUp(here);
  vaultId = (await vaultOf(jane)).id;
  secret = `/vaults/${vaultId}/secrets/${(await secretOf(jane, vaultId)).id}`;
});
afterAll(async () => {
  await there.stop();
  await here.stop();
});

async function become(person: Person, role: string): Promise<void> {
  const user = uuidOf('user', person.userId);
  await here.database.rows(`UPDATE memberships SET role = $2 WHERE user_id = $1`, [user, role]);
}

describe('a key is never wider than its owner', () => {
  it('also when the role shrinks later, on every process', async () => {
    const member = await memberOf(here, jane, 'developer');
    await grantTo(jane, vaultId, member);
    const { client } = await apiKeyOf(member, { scopes: ['secret:read'] });
    for (const service of [here, there, here, there]) {
      expectStatus(await client.at(service).get(secret), 200);
    }
    await become(member, 'viewer');
    await sleep(longest);
    for (const service of [here, there]) expectStatus(await client.at(service).get(secret), 403);
    await become(member, 'developer');
    await sleep(longest);
    for (const service of [here, there]) expectStatus(await client.at(service).get(secret), 200);
  });

  it('nor can its secret be taken for the day when the role grows again', async () => {
    const partner = await memberOf(here, jane, 'owner');
    const admin = await memberOf(here, jane, 'admin');
    const { id } = await apiKeyOf(partner, { scopes: ['billing:manage', 'vault:read'] });
    const harmless = await apiKeyOf(partner, { scopes: ['vault:read'] });
    await become(partner, 'viewer');
    for (const verb of ['rotate', 'resume']) {
      expectStatus(await admin.client.post(`/api-keys/${id}/${verb}`), 403);
      expectStatus(await admin.client.post(`/api-keys/${harmless.id}/${verb}`), 200);
    }
  });

  it('which the trigger tells: without it the other process would go on', async () => {
    const member = await memberOf(here, jane, 'developer');
    await grantTo(jane, vaultId, member);
    const { client } = await apiKeyOf(member, { scopes: ['secret:read'] });
    for (const service of [here, there]) expectStatus(await client.at(service).get(secret), 200);
    await here.database.rows(`ALTER TABLE memberships DISABLE TRIGGER USER`);
    try {
      await become(member, 'viewer');
      await sleep(longest);
      for (const service of [here, there]) expectStatus(await client.at(service).get(secret), 200);
    } finally {
      await here.database.rows(`ALTER TABLE memberships ENABLE TRIGGER USER`);
    }
  });
});

describe('what is done to a key on one process', () => {
  type Act = (id: string) => Promise<unknown>;
  const acts: [string, number, Act][] = [
    ['pausing it', 401, (id) => jane.client.post(`/api-keys/${id}/pause`)],
    ['rotating it', 401, (id) => jane.client.post(`/api-keys/${id}/rotate`, {})],
    ['deleting it', 401, (id) => jane.client.delete(`/api-keys/${id}`)],
    ['taking a scope', 403, (id) => jane.client.patch(`/api-keys/${id}`, { scopes: ['vault:read'] })],
    [
      'narrowing its addresses',
      403,
      (id) => jane.client.patch(`/api-keys/${id}`, { allowedIps: ['192.0.2.1'] }),
    ],
  ];

  it.each(acts)('holds on the other: %s', async (_what, status, act) => {
    const { id, client } = await apiKeyOf(jane, { scopes: ['secret:read'] });
    for (const service of [here, there, here, there]) {
      expectStatus(await client.at(service).get(secret), 200);
    }
    await act(id);
    expectStatus(await client.at(here).get(secret), status);
    await sleep(longest);
    expectStatus(await client.at(there).get(secret), status);
  });

  it.each(acts)(
    'holds there at once, without the channel that tells the other: %s',
    async (_what, status, act) => {
      const { id, client } = await apiKeyOf(jane, { scopes: ['secret:read'] });
      for (const service of [here, there]) expectStatus(await client.at(service).get(secret), 200);
      for (const table of ['api_keys', 'api_key_secrets']) {
        await here.database.rows(`ALTER TABLE ${table} DISABLE TRIGGER invalidate`);
      }
      try {
        await act(id);
        expectStatus(await client.at(here).get(secret), status);
        await sleep(longest);
        // Nobody has told the other process: if this were refused, the tests above could not fail.
        expectStatus(await client.at(there).get(secret), 200);
      } finally {
        for (const table of ['api_keys', 'api_key_secrets']) {
          await here.database.rows(`ALTER TABLE ${table} ENABLE TRIGGER invalidate`);
        }
      }
    },
  );
});
