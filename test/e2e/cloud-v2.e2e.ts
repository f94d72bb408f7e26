import { createHash } from 'node:crypto';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { UserHmac } from '@credvault/crypto/user-hmac.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import type { Client, Reply } from '../support/client.js';
import { vaultOf } from '../support/fixtures.js';
import { apiKeyOf } from '../support/keys.js';
import { organizationOf } from '../support/organizations.js';
import { expectStatus, memberOf, newEmail, signUp, type Person } from '../support/people.js';
import { withdraw } from '../support/recovery.js';
import { startTestService, type TestService } from '../support/service.js';
import { settle } from './audit-trail.js';
import { ask, get, send } from './cloud-v2-requests.js';

let service: TestService;
/** The first account: administrator of the installation. */
let root: Person;
let jane: Person;

beforeAll(async () => {
  service = await startTestService();
  root = await signUp(service, 'Root Administrator');
});
beforeEach(async () => {
  jane = await signUp(service, 'Jane Developer');
});
afterAll(() => service?.stop());

interface Key {
  key: string;
  active: boolean;
  last_used: string | null;
  user_id: string;
  dc: object;
}

/** A key that is made here, and who it is when it is used by HTTP Basic. */
async function keyBy(client: Client): Promise<Key & { secret: string; headers: Record<string, string> }> {
  const made = expectStatus(await ask(client, 'POST', '/users/me/api-keys/'), 201);
  const { success, key, secret } = made.json<{ success: boolean; key: Key; secret: string }>();
  expect(success).toBe(true);
  const authorization = `Basic ${Buffer.from(`${key.key}:${secret}`).toString('base64')}`;
  return { ...key, secret, headers: { authorization } };
}

describe('keys', () => {
  it('are made, used, paused and deleted by key and secret alone, and resumed in person', async () => {
    const { headers, ...key } = await keyBy(jane.client);
    const withKey = (method: string, path: string, body?: object): Promise<Reply> =>
      ask(jane.client, method, path, { token: null, headers, body });
    const path = `/users/me/api-keys/${key.key}/`;
    expect(expectStatus(await withKey('GET', '/users/me/'), 200).body).toMatchObject({ uid: jane.userId });
    const shown = { key: key.key, active: true, user_id: jane.userId, dc: key.dc };
    expect((await withKey('GET', path)).body).toEqual({ ...shown, last_used: null });
    expect((await withKey('GET', '/users/me/api-keys')).json<Key[]>().map((one) => one.key)).toEqual([
      key.key,
      jane.tokenId,
    ]);
    expect((await send(jane, 'PATCH', path, { active: false })).body).toMatchObject({ active: false });
    expectStatus(await withKey('GET', '/users/me'), 401);
    const resuming = { body: { active: true } };
    expect(expectStatus(await ask(jane.client, 'PATCH', path, resuming), 403).text).toContain(
      'takes a session',
    );
    expectStatus(await ask(jane.sessionClient, 'PATCH', path, resuming), 200);
    expectStatus(await withKey('GET', '/users/me'), 200);
    // As in v1, where it is a personal token.
    expectStatus(await jane.sessionClient.get(`/api-tokens/${key.key}`), 200);
    expectStatus(await withKey('DELETE', path), 204);
    expectStatus(await withKey('GET', '/users/me'), 401);
  });

  it('make none that outlives them', async () => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const reply = await jane.sessionClient.post('/api-tokens', { name: 'Brief', expiresAt });
    const brief = jane.client.as(expectStatus(reply, 201).data<{ token: string }>().token);
    const made = await keyBy(brief);
    const { data } = (await jane.sessionClient.get(`/api-tokens/${made.key}`)).json<{
      data: { expiresAt: string };
    }>();
    expect(data.expiresAt).toBe(expiresAt);
  });

  it('of somebody else are not there, and a stale session makes none', async () => {
    expectStatus(await get(jane, `/users/me/api-keys/${root.tokenId}`), 404);
    const id = uuidOf('user', jane.userId) ?? '';
    await service.database.rows(`UPDATE sessions SET stepped_up_at = NULL WHERE user_id = $1`, [id]);
    service.app.get(CredentialRegistry, { strict: false }).invalidate({ kind: 'user', id });
    expectStatus(await ask(jane.sessionClient, 'POST', '/users/me/api-keys'), 403);
    const path = `/users/me/api-keys/${jane.tokenId}`;
    expectStatus(await send(jane, 'PATCH', path, { active: false }), 200);
    const resumed = await ask(jane.sessionClient, 'PATCH', path, { body: { active: true } });
    expect(expectStatus(resumed, 403).text).toContain('POST /api/v1/auth/step-up');
  });
});

describe('oneself', () => {
  it('changes the e-mail address with a session only, and only where mail can be sent', async () => {
    expectStatus(await send(jane, 'PATCH', '/users/me/', { email: newEmail() }), 403);
    const reply = await ask(jane.sessionClient, 'PATCH', '/users/me', { body: { email: newEmail() } });
    expectStatus(reply, 409);
  });

  it('is signed in the same way each time, and nobody else is', async () => {
    const hmacs = service.app.get(UserHmac, { strict: false });
    for (const { userId, ...person } of [jane, root])
      expect((await ask(person.client, 'GET', '/users/me')).body).toMatchObject({ hmac: hmacs.sign(userId) });
    const plain = createHash('sha256').update(jane.userId).digest('hex');
    expect(hmacs.sign(jane.userId)).not.toBe(plain);
  });
});

describe('organizations', () => {
  it('get another plan than the first from an administrator of the installation alone', async () => {
    const wanted = { name: 'Acme', plan_type: 4, email: 'acme@example.com', notifications_enabled: false };
    expectStatus(await send(jane, 'POST', '/organizations/', wanted), 403);
    const made = expectStatus(await send(root, 'POST', '/organizations/', wanted), 201).json<{
      id: string;
    }>();
    expect(made).toMatchObject({ ...wanted, project_count: 0, role_fqn: 'org_admin' });
    expect((await get(root, `/organizations/${made.id}/`)).body).toEqual(made);
    const [row] = await service.database.rows<{ plan: string }>(
      `SELECT plan FROM organizations WHERE id = $1`,
      [uuidOf('organization', made.id)],
    );
    expect(row?.plan).toBe('pro');
    // A key acts in one organization: the new one is listed, and not its to change.
    expectStatus(await send(root, 'PUT', `/organizations/${made.id}`, { name: 'Other' }), 404);
    const own = `/organizations/${jane.organizationId}/`;
    expectStatus(await send(jane, 'PUT', own, { plan_type: 2 }), 403);
    const setPlan = `UPDATE organizations SET plan = $2 WHERE id = $1`;
    await service.database.rows(setPlan, [uuidOf('organization', jane.organizationId), 'pro']);
    expectStatus(await send(jane, 'PUT', own, { plan_type: 4 }), 403);
    expect(expectStatus(await send(jane, 'PUT', own, { plan_type: 3 }), 200).body).toMatchObject({
      plan_type: 3,
    });
    await service.database.rows(setPlan, [uuidOf('organization', jane.organizationId), 'free']);
    const changed = { name: 'Jane & Co', email: 'jane@example.com', plan_type: 1 };
    expect(expectStatus(await send(jane, 'PUT', own, changed), 200).body).toMatchObject(changed);
    expect((await send(jane, 'PUT', own, { notifications_enabled: false })).body).toMatchObject({
      ...changed,
      notifications_enabled: false,
    });
    expect((await send(jane, 'PUT', own, { email: null })).body).toMatchObject({ email: null });
  });

  it('want mail, or not, in both APIs alike, as whoever manages the subscription says', async () => {
    const own = `/organizations/${jane.organizationId}/`;
    const admin = await memberOf(service, jane, 'admin');
    expectStatus(await send(admin, 'PUT', own, { notifications_enabled: false }), 403);
    expectStatus(await send(admin, 'PUT', own, { notifications_enabled: true }), 200);
    expectStatus(await send(jane, 'PUT', own, { notifications_enabled: false }), 200);
    const said = (await jane.client.get('/subscription')).data<{ notificationsEnabled: boolean }>();
    expect(said.notificationsEnabled).toBe(false);
    expectStatus(await jane.client.patch('/subscription', { notificationsEnabled: true }), 200);
    expect((await get(jane, own)).body).toMatchObject({ notifications_enabled: true });
    expect((await get(jane, '/organizations')).body).toEqual([
      expect.objectContaining({ notifications_enabled: true, project_count: 0 }),
    ]);
  });

  it('are deleted by their owner when they are empty and not the last', async () => {
    const path = `/organizations/${jane.organizationId}/`;
    const remove = (): Promise<Reply> => ask(jane.sessionClient, 'DELETE', path);
    expectStatus(await send(jane, 'DELETE', path), 403);
    expectStatus(await remove(), 409);
    await organizationOf(jane);
    const vault = await vaultOf(jane);
    const message = 'The organization is not empty. Delete what is in it first, or use /api/v1.';
    expect(expectStatus(await remove(), 409).body).toMatchObject({ message, errors: { vaults: ['1'] } });
    await withdraw(jane, `/vaults/${vault.id}`);
    expect(expectStatus(await remove(), 409).body).toMatchObject({ errors: { restorableVaults: ['1'] } });
  });
});

describe('people', () => {
  it('are invited by e-mail, accept in person, and get roles at once', async () => {
    const guest = await signUp(service, 'Gus Guest');
    const users = `/organizations/${jane.organizationId}/users/`;
    const added = await send(jane, 'POST', users, { user: guest.email, role_fqn: 'org_member' });
    const { token, ...invitation } = expectStatus(added, 200).json<{ token: string }>();
    expect(invitation).toEqual({
      user: guest.email,
      user_id: null,
      organization_id: jane.organizationId,
      role_fqn: 'org_member',
      added: false,
      invited: true,
    });
    const invitations = await get(jane, `/organizations/${jane.organizationId}/invitations/`);
    expect(invitations.body).toEqual([
      expect.objectContaining({ email: guest.email, role_fqn: 'org_member', status: 'open' }),
    ]);
    expectStatus(await send(guest, 'POST', '/users/me/accept-invite/', { token }), 403);
    const accepted = await ask(guest.sessionClient, 'POST', '/users/me/accept-invite/', { body: { token } });
    expect(expectStatus(accepted, 200).body).toMatchObject({ organization_id: jane.organizationId });
    const promoted = await send(jane, 'POST', users, { user: guest.userId, role_fqn: 'org_admin' });
    expect(promoted.body).toMatchObject({ user_id: guest.userId, added: true, invited: false });
    expect((await get(jane, users)).body).toEqual([
      expect.objectContaining({ uid: jane.userId, organization_roles: [roleIn('org_admin')] }),
      expect.objectContaining({
        uid: guest.userId,
        email: guest.email,
        organization_roles: [roleIn('org_admin')],
      }),
    ]);
    expect((await get(jane, '/users/')).json<object[]>()).toHaveLength(2);
    expect((await get(jane, '/users/', { 'no-roles': '1' })).body).toEqual([]);
    expectStatus(
      await send(jane, 'DELETE', `${users}${encodeURIComponent(guest.email.toUpperCase())}/`),
      204,
    );
    expectStatus(await send(jane, 'DELETE', `${users}${guest.userId}`), 404);
  });

  it('are named by id or address, and an owner stays one', async () => {
    const users = `/organizations/${jane.organizationId}/users/`;
    expectStatus(await send(jane, 'POST', users, { user: jane.userId, role_fqn: 'org_admin' }), 200);
    expect(await roleOf(jane)).toBe('owner');
    for (const user of ['usr_nobody', root.userId, 'nobody'])
      expectStatus(await send(jane, 'POST', users, { user, role_fqn: 'org_member' }), 404);
    expectStatus(await send(jane, 'POST', users, { user: 'not@an@address', role_fqn: 'org_member' }), 400);
    expectStatus(await send(jane, 'POST', users, { user: jane.email, role_fqn: 'owner' }), 400);
  });

  it('get the role that was named, in the place of any other, by whoever has it to give', async () => {
    const users = `/organizations/${jane.organizationId}/users/`;
    const viewer = await memberOf(service, jane, 'viewer');
    const give = (person: Person, user: string, role_fqn: string): Promise<Reply> =>
      send(person, 'POST', users, { user, role_fqn });
    expectStatus(await give(jane, viewer.userId, 'org_member'), 200);
    expect(await roleOf(viewer)).toBe('developer');
    const fields = { name: 'Team lead', scopes: ['team:manage', 'organization:read'] };
    const { id } = expectStatus(await jane.client.post('/roles', fields), 201).data<{ id: string }>();
    const lead = await memberOf(service, jane, 'viewer');
    const path = `/organizations/${jane.organizationId}/members/${lead.userId}`;
    expectStatus(await jane.client.patch(path, { role: id }), 200);
    expectStatus(await give(lead, lead.userId, 'org_admin'), 403);
    expectStatus(await give(lead, viewer.userId, 'org_member'), 200);
    expect((await get(jane, users)).body).toContainEqual(
      expect.objectContaining({ uid: lead.userId, organization_roles: [roleIn('org_admin')] }),
    );
    expectStatus(await give(jane, lead.email, 'org_admin'), 200);
    expect(await roleOf(lead)).toBe('admin');
  });

  it('are told of what they may not do before whether somebody is there', async () => {
    const viewer = await memberOf(service, jane, 'viewer');
    for (const named of ['nobody@example.com', root.userId, jane.userId])
      expectStatus(await send(viewer, 'DELETE', `/organizations/${jane.organizationId}/users/${named}`), 403);
  });

  it('are nobody to a program that may not see them', async () => {
    const { client } = await apiKeyOf(jane, { scopes: ['project:write', 'project:read'] });
    for (const named of [jane.email, 'nobody@example.com', jane.userId]) {
      const path = `/organizations/${jane.organizationId}/users/${named}`;
      const reply = expectStatus(await ask(client, 'DELETE', path), 403);
      expect(reply.body).toMatchObject({ errors: { scope: ['organization:read'] } });
    }
  });

  async function roleOf({ userId }: Person): Promise<string | undefined> {
    const [membership] = await service.database.rows<{ role: string }>(
      `SELECT role FROM memberships WHERE organization_id = $1 AND user_id = $2`,
      [uuidOf('organization', jane.organizationId), uuidOf('user', userId)],
    );
    return membership?.role;
  }

  const roleIn = (role_fqn: string): object => ({ organization_id: jane.organizationId, role_fqn });
});

describe('the audit log', () => {
  it('is walked from entry to entry until it is empty', async () => {
    for (const name of ['One', 'Two', 'Three'])
      expectStatus(await send(jane, 'PUT', `/organizations/${jane.organizationId}`, { name }), 200);
    await settle(service);
    const path = `/organizations/${jane.organizationId}/auditlogs/`;
    const filter = { action: 'organization.updated' };
    const all = (await get(jane, path, filter)).json<{ id: string; created: string }[]>();
    expect(all).toHaveLength(3);
    expect(all[0]).toMatchObject({
      action: 'organization.updated',
      actor: { id: jane.userId, type: 'user' },
      context: { outcome: 'success', details: { fields: ['name'] } },
    });
    const [first, second] = all;
    const rest = await get(jane, path, { ...filter, last: first?.id ?? '' });
    expect(rest.body).toEqual(all.slice(1));
    expect((await get(jane, path, { ...filter, last: all[2]?.id ?? '' })).body).toEqual([]);
    const until = await get(jane, path, { ...filter, to: second?.created ?? '' });
    expect(until.body).toEqual(all.slice(2));
    expectStatus(await get(jane, path, { last: 'evt_nothing' }), 400);
    const foreign = (await get(root, `/organizations/${root.organizationId}/auditlogs/`)).json<
      { id: string }[]
    >();
    if (foreign[0]) expectStatus(await get(jane, path, { last: foreign[0].id }), 400);
  });
});
