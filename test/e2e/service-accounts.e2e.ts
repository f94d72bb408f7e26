import type { Reply } from '../support/client.js';
import { secretOf, vaultOf } from '../support/fixtures.js';
import { apiKeyOf, type MintedKeyAnswer } from '../support/keys.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { asMember, serviceAccountOf, type ServiceAccountAnswer } from '../support/service-accounts.js';
import { startTestService, type TestService } from '../support/service.js';
import { grantTo, roleOf } from '../support/teams.js';
import { trailOf } from './audit-trail.js';

let service: TestService;
let jane: Person;

beforeAll(async () => {
  service = await startTestService();
});
beforeEach(async () => {
  jane = await signUp(service);
});
afterAll(() => service.stop());

const at = ({ id }: ServiceAccountAnswer): string => `/service-accounts/${id}`;

/** `details[0]` of an error answer. */
function detailOf(reply: Reply): unknown {
  return reply.json<{ error: { details?: unknown[] } }>().error.details?.[0];
}

async function namesOf(query: Record<string, string | number>): Promise<string[]> {
  const reply = await jane.client.get('/service-accounts', { query });
  return expectStatus(reply, 200)
    .data<ServiceAccountAnswer[]>()
    .map(({ name }) => name);
}

describe('service accounts', () => {
  it('are made, read, changed and deleted', async () => {
    const { client } = jane;
    const wish = { name: 'Deployments', description: 'Deploys the shop', role: 'developer' };
    const made = expectStatus(await client.post('/service-accounts', wish), 201);
    const account = made.data<ServiceAccountAnswer>();
    expect(account).toEqual({
      ...wish,
      id: expect.stringMatching(/^svc_/) as string,
      createdAt: expect.stringMatching(/\.\d{3}Z$/) as string,
      updatedAt: account.createdAt,
    });
    expect(made.headers['location']).toBe(`/api/v1/service-accounts/${account.id}`);
    expect(expectStatus(await client.get(at(account)), 200).data()).toEqual(account);

    const changed = expectStatus(await client.patch(at(account), { name: 'Shop', role: 'viewer' }), 200);
    expect(changed.data()).toMatchObject({ name: 'Shop', description: wish.description, role: 'viewer' });
    expect((await client.get(at(account))).data()).toEqual(changed.data());

    expectStatus(await client.delete(at(account)), 204);
    for (const reply of [
      await client.get(at(account)),
      await client.patch(at(account), { name: 'x' }),
      await client.delete(at(account)),
    ]) {
      expectStatus(reply, 404);
    }
    const events = await trailOf(jane, { resource: account.id });
    expect(events.map(({ type, outcome }) => [type, outcome]).slice(0, 4)).toEqual([
      ['service_account.created', 'success'],
      ['service_account.viewed', 'success'],
      ['service_account.updated', 'success'],
      ['service_account.viewed', 'success'],
    ]);
    expect(events.filter(({ type }) => type === 'service_account.deleted')).toHaveLength(1);
  });

  it('are changed and deleted only in the state their client has seen', async () => {
    const account = await serviceAccountOf(jane);
    const stale = { headers: { 'if-match': (await jane.client.get(at(account))).headers['etag'] ?? '' } };
    // Its role stands in another row than its name: a change of either counts.
    for (const change of [{ name: 'Renamed' }, { role: 'viewer' }, {}]) {
      const { etag = '' } = (await jane.client.get(at(account))).headers;
      const reply = await jane.client.patch(at(account), change, { headers: { 'if-match': etag } });
      expect(expectStatus(reply, 200).headers['etag']).not.toBe(etag);
      expectStatus(await jane.client.patch(at(account), { name: 'Late' }, stale), 412);
    }
    expectStatus(await jane.client.delete(at(account), stale), 412);
  });

  it('are made once by a repeated request', async () => {
    const headers = { 'idempotency-key': 'one-robot' };
    const wish = { name: 'Once', role: 'viewer' };
    const first = expectStatus(await jane.client.post('/service-accounts', wish, { headers }), 201);
    const again = expectStatus(await jane.client.post('/service-accounts', wish, { headers }), 201);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.data()).toEqual(first.data());
    expect(await namesOf({})).toEqual(['Once']);
  });

  it('are listed, found by name and role, sorted and paged', async () => {
    const custom = await roleOf(jane, { scopes: ['vault:read'] });
    await serviceAccountOf(jane, { name: 'Alpha', role: 'viewer' });
    await serviceAccountOf(jane, { name: 'Beta', role: custom.id });
    await serviceAccountOf(jane, { name: 'Gamma', role: 'developer' });
    expect(await namesOf({ sort: 'name' })).toEqual(['Alpha', 'Beta', 'Gamma']);
    expect(await namesOf({ sort: '-name', limit: 2 })).toEqual(['Gamma', 'Beta']);
    expect(await namesOf({ search: 'ALPH' })).toEqual(['Alpha']);
    expect(await namesOf({ role: 'viewer' })).toEqual(['Alpha']);
    expect(await namesOf({ role: custom.id })).toEqual(['Beta']);
    expect(await namesOf({ role: 'nonsense' })).toEqual([]);
    expect(await namesOf({ createdAfter: '2099-01-01T00:00:00Z' })).toEqual([]);
    const reply = await jane.client.get('/service-accounts', { query: { limit: 1, sort: 'name' } });
    const { pagination } = reply.json<{ pagination: { total: number; nextCursor: string } }>();
    expect(pagination.total).toBe(3);
    expect(await namesOf({ limit: 2, sort: 'name', cursor: pagination.nextCursor })).toEqual([
      'Beta',
      'Gamma',
    ]);
  });
});

describe('the role of a service account', () => {
  it('is one of the organization, and never owner', async () => {
    const stranger = await signUp(service);
    const foreign = await roleOf(stranger, { scopes: ['vault:read'] });
    const account = await serviceAccountOf(jane);
    for (const [role, code] of [
      ['owner', 'owner_is_a_person'],
      ['nonsense', 'unknown_role'],
      ['custom', 'unknown_role'],
      [foreign.id, 'unknown_role'],
    ]) {
      const made = await jane.client.post('/service-accounts', { name: 'x', role });
      expect(detailOf(expectStatus(made, 400))).toMatchObject({ path: 'role', code });
      const changed = await jane.client.patch(at(account), { role });
      expect(detailOf(expectStatus(changed, 400))).toMatchObject({ path: 'role', code });
    }
    expect((await jane.client.get(at(account))).data<ServiceAccountAnswer>().role).toBe('developer');
  });

  it('lies within what whoever gives it may do', async () => {
    const admin = await memberOf(service, jane, 'admin');
    const rich = await roleOf(jane, { scopes: ['billing:manage'] });
    for (const role of [rich.id, 'billing']) {
      expectStatus(await admin.client.post('/service-accounts', { name: 'x', role }), 403);
    }
    const account = await serviceAccountOf(admin, { role: 'admin' });
    expectStatus(await admin.client.patch(at(account), { role: rich.id }), 403);
    // Whatever it has, others may rename it; only who has that too may delete it.
    expectStatus(await jane.client.patch(at(account), { role: rich.id }), 200);
    expectStatus(await admin.client.patch(at(account), { name: 'Renamed', role: rich.id }), 200);
    const refused = expectStatus(await admin.client.delete(at(account)), 403);
    expect(detailOf(refused)).toMatchObject({ path: 'serviceAccountId', code: 'outranks' });
    expectStatus(await jane.client.delete(at(account)), 204);
  });

  it('takes team:manage to give', async () => {
    const account = await serviceAccountOf(jane);
    for (const role of ['developer', 'viewer', 'auditor', 'billing']) {
      const { client } = await memberOf(service, jane, role);
      expectStatus(await client.get(at(account)), 200);
      expectStatus(await client.post('/service-accounts', { name: 'x', role: 'viewer' }), 403);
      expectStatus(await client.patch(at(account), { name: 'x' }), 403);
      expectStatus(await client.delete(at(account)), 403);
    }
  });
});

describe('what a service account does', () => {
  it('is recorded as its own', async () => {
    const account = await serviceAccountOf(jane);
    const vault = await vaultOf(jane);
    await grantTo(jane, vault.id, asMember(account), 'editor');
    const key = await apiKeyOf(jane, { ownerId: account.id });
    const secret = await secretOf({ ...jane, client: key.client }, vault.id);
    const versions = await jane.client.get(`/vaults/${vault.id}/secrets/${secret.id}/versions`);
    expect(expectStatus(versions, 200).data()).toMatchObject([{ createdBy: account.id }]);
    const child = await key.client.post('/api-keys', { name: 'Child', scopes: ['vault:read'] });
    expect(expectStatus(child, 201).data<MintedKeyAnswer>()).toMatchObject({
      ownerId: account.id,
      createdBy: account.id,
    });
    const events = await trailOf(jane, { actor: account.id });
    expect(events.map(({ type }) => type)).toEqual(['secret.created', 'api_key.created']);
    for (const { actor, credential } of events) {
      expect(actor).toEqual({ type: 'service_account', id: account.id });
      expect(credential).toEqual({ type: 'api_key', id: key.id });
    }
    // What it has done goes on naming it when it is gone.
    expectStatus(await jane.client.delete(at(account), { query: { keys: 'revoke' } }), 204);
    const later = await jane.client.get(`/vaults/${vault.id}/secrets/${secret.id}/versions`);
    expect(later.data()).toMatchObject([{ createdBy: account.id }]);
  });

  it('is nothing that takes a person', async () => {
    const account = await serviceAccountOf(jane, { role: 'admin' });
    const { client } = await apiKeyOf(jane, { ownerId: account.id });
    expectStatus(await client.get('/me'), 403);
    expectStatus(await client.get('/auth/sessions'), 403);
    expectStatus(await client.post('/api-tokens', { name: 'x' }), 403);
    const [row] = await service.database.rows<{ email: string | null; password_hash: string | null }>(
      `SELECT email, password_hash FROM users WHERE kind = 'service' AND name = $1`,
      [account.name],
    );
    expect(row).toEqual({ email: null, password_hash: null });
  });
});
