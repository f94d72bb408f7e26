import { setTimeout as sleep } from 'node:timers/promises';
import { uuidOf } from '@credvault/database/typed-id.js';
import { Client, type Reply } from '../support/client.js';
import { apiKeyOf } from '../support/keys.js';
import { vaultOf } from '../support/fixtures.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';

/** What is changed by SQL is known to the caches within this time, in milliseconds (DESIGN, promise 8). */
const propagation = 1_000;

interface ApiError {
  code: string;
  message: string;
  details: { path: string; code: string; message: string }[];
}

let service: TestService;
let jane: Person;

beforeAll(async () => {
  service = await startTestService();
  jane = await signUp(service);
});
afterAll(() => service.stop());

const errorOf = (reply: Reply): ApiError => reply.json<{ error: ApiError }>().error;
const basic = (id: string, token: string): string =>
  `Basic ${Buffer.from(`${id}:${token}`).toString('base64')}`;

describe('a key', () => {
  it('authenticates as bearer token, as X-API-Key, and as id and password of HTTP Basic', async () => {
    const { id, key } = await apiKeyOf(jane, { scopes: ['vault:read'] });
    const visitor = new Client(service, { address: jane.address });
    const ways: Record<string, string>[] = [
      { authorization: `Bearer ${key}` },
      { 'x-api-key': key },
      { authorization: basic(id, key) },
      { authorization: basic(id, key), 'x-api-key': key },
    ];
    for (const headers of ways) {
      expectStatus(await visitor.get('/vaults', { headers }), 200);
      const self = expectStatus(await visitor.get('/api-keys/self', { headers }), 200);
      expect(self.data<{ id: string }>().id).toBe(id);
    }
  });

  it('so does a personal token, with its own id', async () => {
    const visitor = new Client(service, { address: jane.address });
    const reply = await visitor.get('/me', { headers: { authorization: basic(jane.tokenId, jane.token) } });
    expectStatus(reply, 200);
    expectStatus(await visitor.get('/me', { headers: { 'x-api-key': jane.token } }), 200);
    expectStatus(
      await visitor.get('/me', { headers: { authorization: basic(jane.userId, jane.session) } }),
      401,
    );
  });

  it('may do what its scopes say, and is told which one is missing', async () => {
    const { client } = await apiKeyOf(jane, { scopes: ['vault:read'] });
    expectStatus(await client.get('/vaults'), 200);
    const refused = expectStatus(await client.post('/vaults', { name: 'x' }), 403);
    expect(errorOf(refused)).toMatchObject({
      code: 'FORBIDDEN',
      message: 'Insufficient permissions for operation',
      details: [{ path: 'scope', code: 'missing_scope', message: 'vault:write' }],
    });
    expect(refused.headers['www-authenticate']).toContain('error="insufficient_scope", scope="vault:write"');
  });

  it('that may read secrets may list them, because the one implies the other', async () => {
    const vault = await vaultOf(jane);
    const reader = await apiKeyOf(jane, { scopes: ['secret:read'] });
    expect(reader.scopes).toEqual(['secret:read']);
    expectStatus(await reader.client.get(`/vaults/${vault.id}/secrets`), 200);
    const lister = await apiKeyOf(jane, { scopes: ['secret:list'] });
    expectStatus(await lister.client.get(`/vaults/${vault.id}/secrets`), 200);
    expectStatus(await lister.client.get(`/vaults/${vault.id}/export`, { query: { format: 'json' } }), 403);
  });

  it('knows what it is, and is no person', async () => {
    const key = await apiKeyOf(jane, { scopes: ['database:read'], name: 'Public dashboard' });
    const self = expectStatus(await key.client.get('/api-keys/self'), 200).data<object>();
    const { key: _key, client: _client, ...shown } = key;
    expect({ ...self, lastUsedAt: null }).toEqual(shown);
    const refused = expectStatus(await key.client.get('/me'), 403);
    expect(errorOf(refused).details[0]?.code).toBe('person_required');
    for (const client of [jane.client, jane.sessionClient]) {
      const reply = expectStatus(await client.get('/api-keys/self'), 403);
      expect(errorOf(reply).details[0]?.code).toBe('api_key_required');
    }
  });

  it('makes no personal token and ends no session, whatever its scopes', async () => {
    const { client } = await apiKeyOf(jane, { scopes: ['*'] });
    for (const reply of [
      await client.post('/api-tokens', { name: 'x' }),
      await client.get('/auth/sessions'),
      await client.post('/auth/password', {
        currentPassword: jane.password,
        newPassword: 'five tall owls sing',
      }),
    ]) {
      expect(errorOf(expectStatus(reply, 403)).details[0]?.code).toBe('session_required');
    }
  });

  it('of an administrator administers nothing', async () => {
    const { client } = await apiKeyOf(jane, { scopes: ['*'] });
    expectStatus(await jane.client.get('/admin/plans'), 200);
    expectStatus(await client.get('/admin/plans'), 403);
    expectStatus(await client.get('/admin/organizations'), 403);
  });
});

describe('where a key may come from', () => {
  it('is held to its blocks, by the address that the proxy names', async () => {
    const { key } = await apiKeyOf(jane, { allowedIps: ['203.0.113.0/24', '2001:db8::/32'] });
    const from = (address: string): Promise<Reply> =>
      new Client(service, { address, token: key }).get('/vaults');
    for (const address of ['203.0.113.1', '::ffff:203.0.113.1', '2001:db8:1::1']) {
      expectStatus(await from(address), 200);
    }
    for (const address of ['203.0.114.1', '2001:db9::1', '10.9.8.7']) {
      const refused = expectStatus(await from(address), 403);
      expect(errorOf(refused)).toMatchObject({
        code: 'FORBIDDEN',
        message: 'API key may not be used from this address',
        details: [{ path: 'address', code: 'address_not_allowed' }],
      });
    }
  });
});

describe('the owner of a key', () => {
  it('bounds it: it loses what they lose, and gets it back with them', async () => {
    const member = await memberOf(service, jane, 'developer');
    const { client, id } = await apiKeyOf(member, { scopes: ['vault:read', 'vault:write'] });
    const become = async (role: string): Promise<void> => {
      const user = uuidOf('user', member.userId);
      await service.database.rows(`UPDATE memberships SET role = $2 WHERE user_id = $1`, [user, role]);
      await sleep(propagation);
    };
    expectStatus(await client.post('/vaults', { name: 'x' }), 201);
    await become('viewer');
    expectStatus(await client.get('/vaults'), 200);
    expectStatus(await client.post('/vaults', { name: 'x' }), 403);
    const shown = await jane.client.get(`/api-keys/${id}`);
    expect(shown.data<{ scopes: string[] }>().scopes).toEqual(['vault:read', 'vault:write']);
    await become('billing');
    expectStatus(await client.get('/vaults'), 403);
    await become('developer');
    expectStatus(await client.post('/vaults', { name: 'x' }), 201);
  });

  it('takes it along when they leave', async () => {
    const member = await memberOf(service, jane, 'developer');
    const { client, id } = await apiKeyOf(member);
    expectStatus(await client.get('/vaults'), 200);
    const user = uuidOf('user', member.userId);
    await service.database.rows(`DELETE FROM memberships WHERE user_id = $1`, [user]);
    await sleep(propagation);
    const refused = expectStatus(await client.get('/vaults'), 401);
    expect(errorOf(refused)).toMatchObject({
      message: 'API key has no active owner',
      details: [{ path: 'authorization', code: 'owner_inactive' }],
    });
    expectStatus(await jane.client.get(`/api-keys/${id}`), 200);
    expectStatus(await jane.client.delete(`/api-keys/${id}`), 204);
  });
});

describe('the limit of a key', () => {
  let limited: TestService;
  let owner: Person;
  beforeAll(async () => {
    limited = await startTestService({ shippedPlans: true });
    owner = await signUp(limited);
  });
  afterAll(() => limited.stop());

  it('is 100 requests a minute on the free plan, then it says how long to wait; another key has its own', async () => {
    const { client } = await apiKeyOf(owner, { scopes: ['vault:read'] });
    const first = expectStatus(await client.get('/vaults'), 200);
    expect(first.headers['ratelimit-policy']).toBe('"api-key";q=100;w=60');
    expect(first.headers['ratelimit']).toBe('"api-key";r=99;t=60');
    const rest = await Promise.all(Array.from({ length: 99 }, () => client.get('/vaults')));
    for (const reply of rest) expectStatus(reply, 200);
    const refused = expectStatus(await client.get('/vaults'), 429);
    const { code, message } = errorOf(refused);
    expect([code, message]).toEqual(['RATE_LIMITED', 'Rate limit exceeded']);
    const [, wait] = /^"api-key";r=0;t=(\d+)$/.exec(refused.headers['ratelimit'] ?? '') ?? [];
    expect(refused.headers['retry-after']).toBe(wait);
    expect(Number(wait)).toBeLessThanOrEqual(60);
    expect(Number(wait)).toBeGreaterThan(0);
    expect(refused.headers['ratelimit-policy']).toBe('"api-key";q=100;w=60');
    const other = await apiKeyOf(owner, { scopes: ['vault:read'] });
    expect((await other.client.get('/vaults')).headers['ratelimit']).toBe('"api-key";r=99;t=60');
  });
});
