import { setTimeout as sleep } from 'node:timers/promises';
import { uuidOf } from '@credvault/database/typed-id.js';
import { Client, type Reply } from '../support/client.js';
import { vaultOf } from '../support/fixtures.js';
import { apiKeyOf } from '../support/keys.js';
import { joined, organizationOf, type OrganizationAnswer } from '../support/organizations.js';
import { expectStatus, memberOf, password, type Person, signUp } from '../support/people.js';
import { projectOf } from '../support/projects.js';
import { deletedVaultOf } from '../support/recovery.js';
import { startTestService, type TestService } from '../support/service.js';
import { fill } from './filled-organization.js';

/** What is ended on one process may work on another for at most this long, in milliseconds (DESIGN, promise 8). */
const longest = 1_000;

let service: TestService;
let there: TestService;
/** Has two organizations and acts in the first one, which is empty. */
let owner: Person;
let acme: OrganizationAnswer;

beforeAll(async () => {
  service = await startTestService();
  there = await startTestService({ sharing: service });
});
beforeEach(async () => {
  owner = await signUp(service, 'Olga');
  acme = await organizationOf(owner);
});
afterAll(async () => {
  await there.stop();
  await service.stop();
});

const name = 'Olga (personal)';
const forced = { force: true, name };

function remove(person: Person, query: Record<string, string | boolean> = {}): Promise<Reply> {
  return person.sessionClient.delete(`/organizations/${owner.organizationId}`, { query });
}

/** What a refusal says is left. */
function leftOf(reply: Reply): Record<string, string> {
  const { details } = expectStatus(reply, 409).json<{
    error: { details: { path: string; message: string }[] };
  }>().error;
  return Object.fromEntries(details.map(({ path, message }) => [path, message]));
}

/** How many rows of a table are left of an organization. */
async function rowsIn(table: string, organizationId: string): Promise<number> {
  const column = table === 'organizations' ? 'id' : 'organization_id';
  const rows = await service.database.rows(`SELECT 1 FROM ${table} WHERE ${column} = $1`, [
    uuidOf('organization', organizationId),
  ]);
  return rows.length;
}

/** Every table that says of its rows to which organization they belong. */
async function tablesOfTenants(): Promise<string[]> {
  const rows = await service.database.rows<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attname = 'organization_id' AND NOT a.attisdropped
       AND c.relnamespace = 'public'::regnamespace`,
  );
  return ['organizations', ...rows.map((row) => row.name)];
}

describe('deleting an organization that is empty', () => {
  it('ends its credentials, on every process, and the person signs in to their other one', async () => {
    for (const each of [service, there]) {
      for (const client of [owner.client, owner.sessionClient]) {
        expectStatus(await client.at(each).get('/vaults'), 200);
      }
    }
    expectStatus(await remove(owner), 204);
    for (const client of [owner.client, owner.sessionClient]) expectStatus(await client.get('/vaults'), 401);
    await sleep(longest);
    for (const client of [owner.client, owner.sessionClient]) {
      expectStatus(await client.at(there).get('/vaults'), 401);
    }
    const visitor = new Client(service, { address: owner.address });
    const signedIn = await visitor.post('/auth/login', { email: owner.email, password });
    const { accessToken } = expectStatus(signedIn, 200).data<{ accessToken: string }>();
    const left = await visitor.get('/organizations', { token: accessToken });
    expect(left.data<OrganizationAnswer[]>()).toEqual([{ ...acme, current: true }]);
  });

  it('keeps the trail, which ends with it', async () => {
    expectStatus(await remove(owner), 204);
    const [last] = await service.database.rows(
      `SELECT type, outcome, status, resource_type, resource_id, details FROM audit_events
       WHERE organization_id = $1 ORDER BY occurred_at DESC, id DESC LIMIT 1`,
      [uuidOf('organization', owner.organizationId)],
    );
    expect(last).toEqual({
      type: 'organization.deleted',
      outcome: 'success',
      status: 204,
      resource_type: 'organization',
      resource_id: uuidOf('organization', owner.organizationId),
      details: {},
    });
  });

  it('does not happen without a record', async () => {
    await service.database.rows(`ALTER TABLE audit_events RENAME TO lost_events`);
    try {
      expectStatus(await remove(owner), 503);
    } finally {
      await service.database.rows(`ALTER TABLE lost_events RENAME TO audit_events`);
    }
    expectStatus(await owner.sessionClient.get('/vaults'), 200);
  });

  it('honours If-Match', async () => {
    const path = `/organizations/${owner.organizationId}`;
    const { etag = '' } = (await owner.client.get(path)).headers;
    expectStatus(await owner.client.patch(path, { name: 'Renamed' }), 200);
    const stale = { headers: { 'if-match': etag } };
    expectStatus(await owner.sessionClient.delete(path, stale), 412);
    expectStatus(await owner.sessionClient.delete(path), 204);
  });
});

describe('deleting an organization that is not empty', () => {
  it('is refused, and the refusal says how much is left of what', async () => {
    await fill(service, owner);
    expect(leftOf(await remove(owner))).toEqual({
      vaults: '3',
      restorableVaults: '1',
      projects: '1',
      apiKeys: '1',
      members: '1',
      serviceAccounts: '1',
      invitations: '1',
    });
    expectStatus(await owner.client.get('/vaults'), 200);
  });

  it.each([
    ['vaults', (person: Person) => vaultOf(person)],
    ['restorableVaults', (person: Person) => deletedVaultOf(person)],
    ['projects', (person: Person) => projectOf(person)],
    ['apiKeys', (person: Person) => apiKeyOf(person)],
    ['members', (person: Person) => memberOf(service, person, 'owner')],
  ])('%s are enough', async (kind, make) => {
    await make(owner);
    expect(leftOf(await remove(owner))).toEqual({ [kind]: '1' });
  });

  it('takes force and the exact name', async () => {
    await fill(service, owner);
    for (const [query, path] of [
      [{ force: true }, 'name'],
      [{ name }, 'force'],
      [{ force: false, name }, 'force'],
      [{ force: true, name: name.toUpperCase() }, 'name'],
      [{ force: true, name: `${name} ` }, 'name'],
      [{ force: true, name: 'Acme' }, 'name'],
      [{ force: 'yes', name }, 'force'],
    ] as const) {
      const reply = expectStatus(await remove(owner, query), 400);
      expect(reply.body).toMatchObject({ error: { details: [{ path }] } });
    }
    expectStatus(await remove(owner, forced), 204);
  });

  it('leaves nothing of it but the trail, and everything of others', async () => {
    const other = await signUp(service, 'Somebody else');
    await fill(service, other);
    const serviceAccount = await fill(service, owner);
    const tables = await tablesOfTenants();
    const before = await Promise.all(tables.map((table) => rowsIn(table, other.organizationId)));
    // Tables that hold nothing before would prove nothing afterwards.
    expect(tables.filter((_, index) => before[index] === 0).sort()).toEqual([
      'mfa_challenges',
      'secret_imports',
    ]);
    expectStatus(await remove(owner, forced), 204);
    const after = await Promise.all(tables.map((table) => rowsIn(table, other.organizationId)));
    expect(after).toEqual(before);
    const left = await Promise.all(
      tables.map(async (table) => ((await rowsIn(table, owner.organizationId)) > 0 ? [table] : [])),
    );
    expect(left.flat()).toEqual(['audit_events']);
    expect(await service.database.rows(`SELECT 1 FROM users WHERE id = $1`, [serviceAccount])).toEqual([]);
  });

  it('ends what others have in it, on every process', async () => {
    const key = await apiKeyOf(owner);
    const member = await memberOf(service, owner, 'admin');
    const clients = [key.client, member.client, member.sessionClient];
    for (const client of clients) {
      for (const each of [service, there]) expectStatus(await client.at(each).get('/vaults'), 200);
    }
    expectStatus(await remove(owner, forced), 204);
    for (const client of clients) expectStatus(await client.get('/vaults'), 401);
    await sleep(longest);
    for (const client of clients) expectStatus(await client.at(there).get('/vaults'), 401);
  });
});

describe('deleting is refused', () => {
  it('to all but owners', async () => {
    for (const role of ['admin', 'developer', 'viewer', 'auditor', 'billing']) {
      const member = await memberOf(service, owner, role);
      const reply = expectStatus(await remove(member, forced), 403);
      expect(reply.body).toMatchObject({ error: { details: [{ code: 'owner_required' }] } });
    }
  });

  it('for an organization that is not acted in, as for one that does not exist', async () => {
    expectStatus(await owner.sessionClient.delete(`/organizations/${acme.id}`), 404);
    const stranger = await signUp(service, 'Somebody else');
    expectStatus(await remove(stranger, forced), 404);
    await joined(service, stranger, owner.organizationId, 'owner');
    expectStatus(await remove(stranger, forced), 404);
  });

  it('for the last organization of the person', async () => {
    const lonely = await signUp(service, 'Lonely');
    const path = `/organizations/${lonely.organizationId}`;
    const query = { force: true, name: 'Lonely (personal)' };
    const refused = expectStatus(await lonely.sessionClient.delete(path, { query }), 409);
    expect(refused.text).toContain('only organization');
    const other = await organizationOf(lonely);
    expectStatus(await lonely.sessionClient.delete(path), 204);
    const visitor = new Client(service, { address: lonely.address });
    const signedIn = await visitor.post('/auth/login', { email: lonely.email, password });
    const { accessToken } = expectStatus(signedIn, 200).data<{ accessToken: string }>();
    expectStatus(await visitor.delete(`/organizations/${other.id}`, { token: accessToken }), 409);
  });

  it('to a session that proved too long ago who it stands for', async () => {
    await service.database.rows(
      `UPDATE sessions SET stepped_up_at = now() - interval '5 minutes' WHERE user_id = $1`,
      [uuidOf('user', owner.userId)],
    );
    await sleep(longest);
    expect(expectStatus(await remove(owner), 403).body).toMatchObject({
      error: { code: 'STEP_UP_REQUIRED' },
    });
  });
});
