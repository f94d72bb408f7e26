import { publicId, uuidOf } from '@credvault/database/typed-id.js';
import { Client } from '../support/client.js';
import { secretOf, vaultOf } from '../support/fixtures.js';
import { apiKeyOf } from '../support/keys.js';
import {
  askToSwitch,
  joined,
  organizationOf,
  switched,
  type OrganizationAnswer,
} from '../support/organizations.js';
import { expectStatus, memberOf, password, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';

let service: TestService;
let administrator: Person;
let victim: Person;
let attacker: Person;

beforeAll(async () => {
  service = await startTestService();
  administrator = await signUp(service, 'The administrator');
});
beforeEach(async () => {
  victim = await signUp(service, 'Victim');
  attacker = await signUp(service, 'Attacker');
});
afterAll(() => service.stop());

const victimPath = (): string => `/organizations/${victim.organizationId}`;

describe('whoever is no member', () => {
  it('neither sees, renames, deletes nor enters an organization, not even as administrator of the installation', async () => {
    for (const stranger of [attacker, administrator]) {
      const { sessionClient: client } = stranger;
      expectStatus(await client.get(victimPath()), 404);
      expectStatus(await client.patch(victimPath(), { name: 'Mine' }), 404);
      const query = { force: true, name: 'Victim (personal)' };
      expectStatus(await client.delete(victimPath(), { query }), 404);
      expectStatus(await askToSwitch(stranger, victim.organizationId), 404);
      const seen = (await client.get('/organizations', { query: { search: 'Victim' } })).data();
      expect(seen).toEqual([]);
    }
    expect((await victim.client.get(victimPath())).data()).toMatchObject({ name: 'Victim (personal)' });
  });

  it('takes no cursor from one list of organizations to another', async () => {
    await organizationOf(victim);
    const page = await victim.client.get('/organizations', { query: { limit: 1 } });
    const { nextCursor } = page.json<{ pagination: { nextCursor: string } }>().pagination;
    expectStatus(await attacker.client.get('/organizations', { query: { cursor: nextCursor } }), 400);
    const key = await apiKeyOf(victim);
    expectStatus(await key.client.get('/organizations', { query: { cursor: nextCursor } }), 400);
  });
});

describe('whoever was a member', () => {
  it('cannot switch back in, and their session there is gone', async () => {
    await joined(service, attacker, victim.organizationId, 'developer');
    const inside = await switched(attacker, victim.organizationId);
    await service.database.rows(`DELETE FROM memberships WHERE organization_id = $1 AND user_id = $2`, [
      uuidOf('organization', victim.organizationId),
      uuidOf('user', attacker.userId),
    ]);
    const visitor = new Client(service, { address: attacker.address });
    const reply = await visitor.post('/auth/refresh', { refreshToken: inside.refreshToken });
    expectStatus(reply, 401);
    const again = await visitor.post('/auth/login', { email: attacker.email, password });
    const { accessToken: token } = expectStatus(again, 200).data<{ accessToken: string }>();
    const body = { organizationId: victim.organizationId };
    expectStatus(await visitor.post('/auth/switch', body, { token }), 404);
  });
});

describe('a session that was switched', () => {
  it('is dead with all its tokens: replaying the old refresh token ends nothing of the new one', async () => {
    const acme = await organizationOf(victim);
    const visitor = new Client(service, { address: victim.address });
    const refreshed = await visitor.post('/auth/refresh', { refreshToken: victim.refreshToken });
    const tokens = expectStatus(refreshed, 200).data<{ accessToken: string; refreshToken: string }>();
    const there = await switched({ ...victim, sessionClient: victim.client.as(tokens.accessToken) }, acme.id);
    for (const refreshToken of [victim.refreshToken, tokens.refreshToken]) {
      expectStatus(await visitor.post('/auth/refresh', { refreshToken }), 401);
    }
    expectStatus(await there.sessionClient.get('/me'), 200);
    expectStatus(await visitor.post('/auth/refresh', { refreshToken: there.refreshToken }), 200);
  });

  it('takes no vault, cursor or retry key of one organization into the other', async () => {
    const vault = await vaultOf(victim);
    await secretOf(victim, vault.id);
    const headers = { 'idempotency-key': 'the-same' };
    const made = await victim.sessionClient.post('/vaults', { name: 'Here' }, { headers });
    const page = await victim.client.get('/vaults', { query: { limit: 1 } });
    const { nextCursor } = page.json<{ pagination: { nextCursor: string } }>().pagination;
    const there = await switched(victim, (await organizationOf(victim)).id);
    expectStatus(await there.client.get(`/vaults/${vault.id}/secrets`), 404);
    expectStatus(await there.client.get('/vaults', { query: { cursor: nextCursor } }), 400);
    const again = await there.sessionClient.post('/vaults', { name: 'Here' }, { headers });
    expect(expectStatus(again, 201).data<{ id: string }>().id).not.toBe(made.data<{ id: string }>().id);
  });

  it('is no way for a role to grow: the rights are those of the organization that is acted in', async () => {
    await joined(service, attacker, victim.organizationId, 'viewer');
    const inside = await switched(attacker, victim.organizationId);
    for (const client of [inside.client, inside.sessionClient]) {
      expectStatus(await client.patch(victimPath(), { name: 'Mine' }), 403);
    }
    const query = { force: true, name: 'Victim (personal)' };
    expectStatus(await inside.sessionClient.post('/auth/step-up', { password }), 200);
    expectStatus(await inside.sessionClient.delete(victimPath(), { query }), 403);
  });
});

describe('an owner who was demoted a moment ago', () => {
  it('does not delete the organization with the session that was opened as owner', async () => {
    const former = await memberOf(service, victim, 'owner');
    expectStatus(await former.sessionClient.get(victimPath()), 200);
    await service.database.rows(`UPDATE memberships SET role = 'admin' WHERE user_id = $1`, [
      uuidOf('user', former.userId),
    ]);
    const query = { force: true, name: 'Victim (personal)' };
    expectStatus(await former.sessionClient.delete(victimPath(), { query }), 403);
  });
});

describe('names of organizations', () => {
  it.each([
    `'); DROP TABLE organizations; --`,
    '<script>alert(1)</script>',
    '=cmd|calc',
    '${jndi:ldap://x}',
    '名前 \u{1f512}',
    '%s%n',
  ])('are text and nothing else: %s', async (name) => {
    const made = await organizationOf(victim, name);
    expect(made.name).toBe(name);
    const found = await victim.client.get('/organizations', { query: { search: name } });
    expect(found.data<OrganizationAnswer[]>().map(({ id }) => id)).toEqual([made.id]);
  });

  it.each(['a\u0000b', 'a\u2028b', 'a\u001b[31m', '\ud800', 'a\u202eb', 'a\u200bb', 'ab '])(
    'refuse what breaks logs and lines, or hides: %j',
    async (name) => {
      expectStatus(await victim.client.post('/organizations', { name }), 400);
    },
  );
});

describe('the name of anything that people read', () => {
  it.each([
    ['/projects', {}],
    ['/vaults', {}],
    ['/teams', {}],
    ['/service-accounts', { role: 'viewer' }],
    ['/api-keys', { scopes: ['vault:read'] }],
    ['/roles', { scopes: ['vault:read'] }],
  ])('hides nothing: %s', async (path, fields) => {
    for (const name of ['Pay\u202eroll', 'Pay\u200broll', 'Payroll ', '\ufeffPayroll']) {
      expectStatus(await victim.client.post(path, { name, ...fields }), 400);
    }
    expectStatus(await victim.client.post(path, { name: 'Payroll', ...fields }), 201);
  });
});

describe('ids', () => {
  it.each(['', ' ', '0', `' OR 1=1`, '../admin', publicId('user', '00000000-0000-0000-0000-000000000000')])(
    'that are none are 400 or 404 in a switch: %j',
    async (organizationId) => {
      const reply = await victim.sessionClient.post('/auth/switch', { organizationId });
      expect([400, 404]).toContain(reply.status);
    },
  );
});
