import { uuidOf, newUuid, publicId } from '@credvault/database/typed-id.js';
import type { ConnectionTestDto, PermissionTestDto } from '../../apps/api/src/api-keys/api-key-checks.dto.js';
import type { Reply } from '../support/client.js';
import { apiKeyOf, type TestKey } from '../support/keys.js';
import { vaultOf } from '../support/fixtures.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';

let service: TestService;
let jane: Person;

beforeAll(async () => {
  service = await startTestService({ shippedPlans: true });
  jane = await signUp(service);
  await service.database.rows(`UPDATE plans SET token_requests_per_minute = 1000000`);
  await service.database.rows(`UPDATE organizations SET token_requests_per_minute = 1000000`);
});
afterAll(() => service.stop());

type Query = Record<string, string>;

async function test(key: { id: string }, query: Query = {}): Promise<ConnectionTestDto> {
  const reply = await jane.client.post(`/api-keys/${key.id}/test`, undefined, { query });
  return expectStatus(reply, 200).data<ConnectionTestDto>();
}

/** The checks that failed, with their reasons. */
async function failures(key: { id: string }, query: Query = {}): Promise<Record<string, string | null>> {
  const { success, checks } = await test(key, query);
  expect(success).toBe(checks.every(({ passed }) => passed));
  for (const { passed, reason } of checks) expect(passed).toBe(reason === null);
  const failed = checks.filter(({ passed }) => !passed);
  return Object.fromEntries(failed.map(({ check, reason }) => [check, reason]));
}

const change = (key: { id: string }, sql: string): Promise<unknown> =>
  service.database.rows(`UPDATE api_keys SET ${sql} WHERE id = $1`, [uuidOf('apiKey', key.id)]);

describe('the test of a connection', () => {
  it('passes every check of a key that works', async () => {
    const names = ['exists', 'not_paused', 'not_expired', 'address_allowed', 'owner_active', 'plan_limit'];
    expect(await test(await apiKeyOf(jane))).toEqual({
      success: true,
      checks: names.map((check) => ({ check, passed: true, reason: null })),
    });
  });

  it('says that a key is paused, or has expired, or both', async () => {
    const key = await apiKeyOf(jane);
    await change(key, 'paused_at = now()');
    expect(await failures(key)).toEqual({ not_paused: 'API key is paused' });
    await change(key, `expires_at = now() - interval '1 second'`);
    expect(await failures(key)).toEqual({
      not_paused: 'API key is paused',
      not_expired: 'API key has expired',
    });
  });

  it('says that the address is not allowed: that of whoever tests, or another one', async () => {
    const key = await apiKeyOf(jane, { allowedIps: ['203.0.113.0/24', '2001:db8::/32'] });
    const reason = (address: string): object => ({
      address_allowed: `The address ${address} is in none of the key's blocks.`,
    });
    expect(await failures(key)).toEqual(reason(jane.address));
    expect(await failures(key, { ipAddress: '198.51.100.1' })).toEqual(reason('198.51.100.1'));
    for (const ipAddress of ['203.0.113.77', '2001:db8::7'])
      expect(await failures(key, { ipAddress })).toEqual({});
  });

  it('says that the owner has left', async () => {
    const member = await memberOf(service, jane, 'developer');
    const key = await apiKeyOf(member);
    expect(await failures(key)).toEqual({});
    await service.database.rows(`DELETE FROM memberships WHERE user_id = $1`, [
      uuidOf('user', member.userId),
    ]);
    expect(await failures(key)).toEqual({
      owner_active: 'The owner of the key is no member of the organization any more.',
    });
  });

  it('says that the limit is used up, and for how long', async () => {
    const key = await apiKeyOf(jane, { scopes: ['vault:read'] });
    await Promise.all(Array.from({ length: 99 }, () => key.client.get('/vaults')));
    expect(await failures(key)).toEqual({});
    expectStatus(await key.client.get('/vaults'), 200);
    const reason = (await failures(key))['plan_limit'];
    expect(reason).toMatch(/^Rate limit exceeded: 100 requests a minute are used up\. Wait \d+ seconds\.$/);
    await service.database.rows(`UPDATE plans SET api_key_requests_per_minute = NULL`);
    try {
      expect(await failures(key)).toEqual({});
    } finally {
      await service.database.rows(`UPDATE plans SET api_key_requests_per_minute = 100`);
    }
  });

  it('costs no quota: neither of the key, nor of whoever tests', async () => {
    const key = await apiKeyOf(jane, { scopes: ['key:read'] });
    const limitOf = (reply: Reply): string => reply.headers['ratelimit'] ?? '';
    expect(limitOf(await key.client.get('/api-keys/self'))).toContain('r=99;');
    for (const client of [jane.client, key.client]) {
      for (const left of [59, 58]) {
        const reply = expectStatus(await client.post(`/api-keys/${key.id}/test`), 200);
        expect(reply.headers['ratelimit-policy']).toBe('"test";q=60;w=60');
        // Jane has made other tests before.
        if (client === key.client) expect(limitOf(reply)).toContain(`"test";r=${left};`);
      }
    }
    const asked = await key.client.post(`/api-keys/${key.id}/test-permission`, { scope: 'key:read' });
    expect(limitOf(asked)).toContain('"test";r=57;');
    expect(limitOf(await key.client.get('/api-keys/self'))).toContain('r=98;');
  });

  it('does not use the key', async () => {
    const key = await apiKeyOf(jane);
    await test(key);
    const usage = await jane.client.get(`/api-keys/${key.id}/usage`);
    expect(usage.data()).toEqual([]);
    const shown = await jane.client.get(`/api-keys/${key.id}`);
    expect(shown.data<{ lastUsedAt: string | null }>().lastUsedAt).toBeNull();
  });

  it('is 404 for a key of another organization, and needs key:read', async () => {
    const key = await apiKeyOf(jane);
    const mallory = await signUp(service);
    expectStatus(await mallory.client.post(`/api-keys/${key.id}/test`), 404);
    const blind = await apiKeyOf(jane, { scopes: ['key:manage'] });
    expectStatus(await blind.client.post(`/api-keys/${key.id}/test`), 403);
    for (const ipAddress of ['everywhere', '10.0.0.0/8', 'fe80::1%eth0', '']) {
      const query = { ipAddress };
      expectStatus(await jane.client.post(`/api-keys/${key.id}/test`, undefined, { query }), 400);
    }
  });
});

describe('the test of a permission', () => {
  const ask = async (key: TestKey, body: object): Promise<PermissionTestDto> => {
    const reply = await jane.client.post(`/api-keys/${key.id}/test-permission`, body);
    return expectStatus(reply, 200).data<PermissionTestDto>();
  };

  it('knows the scopes of the key, and what they imply', async () => {
    const key = await apiKeyOf(jane, { scopes: ['secret:read'] });
    const allowed = { allowed: true, reason: 'The key may do this.' };
    expect(await ask(key, { scope: 'secret:read' })).toEqual(allowed);
    expect(await ask(key, { scope: 'secret:list' })).toEqual(allowed);
    expect(await ask(key, { scope: 'secret:write' })).toEqual({
      allowed: false,
      reason: 'The key has not the scope secret:write.',
    });
  });

  it('knows that the role of the owner has shrunk', async () => {
    const member = await memberOf(service, jane, 'developer');
    const key = await apiKeyOf(member, { scopes: ['vault:write', 'vault:read'] });
    expect((await ask(key, { scope: 'vault:write' })).allowed).toBe(true);
    const user = uuidOf('user', member.userId);
    await service.database.rows(`UPDATE memberships SET role = 'viewer' WHERE user_id = $1`, [user]);
    expect(await ask(key, { scope: 'vault:write' })).toEqual({
      allowed: false,
      reason: "The role of the key's owner does not have the scope vault:write.",
    });
    expect((await ask(key, { scope: 'vault:read' })).allowed).toBe(true);
  });

  it('knows the vaults of the key, and says of unknown ones no more than that', async () => {
    const [inside, outside] = [await vaultOf(jane), await vaultOf(jane)];
    const mallory = await signUp(service);
    const foreign = await vaultOf(mallory);
    const key = await apiKeyOf(jane, { scopes: ['secret:list'], vaultIds: [inside.id] });
    const scope = 'secret:list';
    expect((await ask(key, { scope, vaultId: inside.id })).allowed).toBe(true);
    expect((await ask(key, { scope })).allowed).toBe(true);
    expect(await ask(key, { scope, vaultId: outside.id })).toEqual({
      allowed: false,
      reason: 'The key is limited to other vaults.',
    });
    for (const vaultId of [foreign.id, publicId('vault', newUuid()), 'vlt_x', key.id]) {
      expect(await ask(key, { scope, vaultId })).toEqual({
        allowed: false,
        reason: 'There is no such vault.',
      });
    }
  });

  it('says no for a key that is paused or has expired', async () => {
    const key = await apiKeyOf(jane);
    await change(key, 'paused_at = now()');
    expect(await ask(key, { scope: 'vault:read' })).toEqual({ allowed: false, reason: 'API key is paused' });
    await change(key, `paused_at = NULL, expires_at = now() - interval '1 second'`);
    expect(await ask(key, { scope: 'vault:read' })).toEqual({
      allowed: false,
      reason: 'API key has expired',
    });
  });

  it.each([
    [{}],
    [{ scope: '*' }],
    [{ scope: 'vault:*' }],
    [{ scope: 'vault:read', vaultId: '' }],
    [{ scope: 'vault:read', vaultId: null }],
  ])('refuses %j', async (body) => {
    const key = await apiKeyOf(jane);
    expectStatus(await jane.client.post(`/api-keys/${key.id}/test-permission`, body), 400);
  });
});
