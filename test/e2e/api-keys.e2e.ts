import { uuidOf } from '@credvault/database/typed-id.js';
import { allScopes, scopeCatalogue } from '@credvault/access/scopes.js';
import { scopesOfRole } from '@credvault/access/roles.js';
import type { ApiKeyDto } from '../../apps/api/src/api-keys/api-key.dto.js';
import type { ScopeDto } from '../../apps/api/src/api-keys/scope.dto.js';
import { apiKeyOf } from '../support/keys.js';
import { vaultOf } from '../support/fixtures.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';
import { trailOf } from './audit-trail.js';

type Key = Wire<ApiKeyDto>;

const day = 24 * 60 * 60_000;
let service: TestService;
let jane: Person;

beforeAll(async () => {
  service = await startTestService();
  jane = await signUp(service);
});
afterAll(() => service.stop());

const keyAt = async (id: string): Promise<Key> =>
  expectStatus(await jane.client.get(`/api-keys/${id}`), 200).data<Key>();

describe('a key that is made', () => {
  it('has every field, and shows its secret this once', async () => {
    const reply = expectStatus(
      await jane.client.post('/api-keys', { name: 'Mobile app', scopes: ['notebook:read', 'database:read'] }),
      201,
    );
    const made = reply.data<Key & { key: string }>();
    expect(made).toEqual({
      id: expect.stringMatching(/^key_[0-9a-z]{26}$/) as string,
      name: 'Mobile app',
      description: '',
      hint: made.key.slice(0, made.hint.length),
      status: 'active',
      // In the order of the catalogue.
      scopes: ['database:read', 'notebook:read'],
      vaultIds: null,
      projectIds: null,
      environments: null,
      allowedIps: null,
      expiresAt: null,
      lastUsedAt: null,
      lastRotatedAt: null,
      rotationDueAt: new Date(Date.parse(made.createdAt) + 90 * day).toISOString(),
      previousSecret: null,
      ownerId: jane.userId,
      owner: { id: jane.userId, type: 'user', name: jane.name },
      createdBy: jane.userId,
      createdAt: expect.stringMatching(/\.\d{3}Z$/) as string,
      updatedAt: made.createdAt,
      key: expect.stringMatching(/^cv_[0-9A-Za-z]{49}$/) as string,
    });
    expect(made.hint.length).toBeLessThan(12);
    expect(reply.headers['location']).toBe(`/api/v1/api-keys/${made.id}`);
    expect(reply.headers['etag']).toMatch(/^"[^"]+"$/);
    const { key, ...shown } = made;
    const [again, list] = [await jane.client.get(`/api-keys/${made.id}`), await jane.client.get('/api-keys')];
    expect(again.data()).toEqual(shown);
    expect(again.headers['etag']).toBe(reply.headers['etag']);
    expect(list.data<Key[]>()).toContainEqual(shown);
    for (const { text } of [again, list]) expect(text).not.toContain(key);
  });

  it('stands in the database as a digest alone', async () => {
    const { key } = await apiKeyOf(jane);
    const random = key.slice(3, 46);
    for (const table of ['api_keys', 'api_key_secrets', 'audit_events', 'idempotency_keys']) {
      const rows = await service.database.rows(`SELECT 1 FROM ${table} t WHERE t::text LIKE $1`, [
        `%${random}%`,
      ]);
      expect([table, rows]).toEqual([table, []]);
    }
    expect(service.logs.join('\n')).not.toContain(random);
  });

  it('has the bounds that were asked for', async () => {
    const [one, two] = [await vaultOf(jane), await vaultOf(jane)];
    const { id } = await apiKeyOf(jane, {
      name: 'Data pipeline',
      description: 'Nightly import',
      scopes: ['database:write', 'query:execute'],
      vaultIds: [two.id, one.id],
      allowedIps: ['203.0.113.0/24', '2001:DB8::/32', '198.51.100.7'],
    });
    expect(await keyAt(id)).toMatchObject({
      name: 'Data pipeline',
      description: 'Nightly import',
      scopes: ['database:write', 'query:execute'],
      vaultIds: [two.id, one.id],
      allowedIps: ['203.0.113.0/24', '2001:db8::/32', '198.51.100.7/32'],
    });
  });

  it.each([
    ['never', null],
    ['30d', 30],
    ['90d', 90],
    ['1y', 365],
  ] as const)('with expiresIn %s ends as the document says', async (expiresIn, days) => {
    const { createdAt, expiresAt } = await apiKeyOf(jane, { expiresIn });
    const end = days === null ? null : new Date(Date.parse(createdAt) + days * day).toISOString();
    expect(expiresAt).toBe(end);
  });

  it('ends at a date of its own', async () => {
    const reply = await jane.client.post('/api-keys', {
      name: 'Until then',
      scopes: ['vault:read'],
      expiresAt: '2099-01-01T01:00:00+01:00',
    });
    expect(expectStatus(reply, 201).data<Key>().expiresAt).toBe('2099-01-01T00:00:00.000Z');
  });

  it('with * may do all that its maker may, and no more', async () => {
    expect((await apiKeyOf(jane, { scopes: ['*'] })).scopes).toEqual(allScopes);
    const developer = await memberOf(service, jane, 'developer');
    const own = allScopes.filter((scope) => scopesOfRole('developer').has(scope));
    expect((await apiKeyOf(developer, { scopes: ['*'] })).scopes).toEqual(own);
    const narrow = await apiKeyOf(jane, { scopes: ['key:manage', 'vault:read'] });
    const child = await narrow.client.post('/api-keys', { name: 'Child', scopes: ['*', 'vault:read'] });
    expect(expectStatus(child, 201).data<Key>().scopes).toEqual(['vault:read', 'key:manage']);
  });

  it('made by a key belongs to the owner of that key', async () => {
    const developer = await memberOf(service, jane, 'developer');
    const parent = await apiKeyOf(developer, { scopes: ['key:manage'] });
    const reply = await parent.client.post('/api-keys', { name: 'Child', scopes: ['key:manage'] });
    expect(expectStatus(reply, 201).data<Key>()).toMatchObject({
      ownerId: developer.userId,
      createdBy: developer.userId,
    });
  });
});

describe('a repeated request', () => {
  it('for a key is not answered with the secret again, but with the id of the key', async () => {
    const headers = { 'idempotency-key': 'make-one-key' };
    const make = { name: 'Once', scopes: ['vault:read'] };
    const first = expectStatus(await jane.client.post('/api-keys', make, { headers }), 201);
    const { id, key } = first.data<{ id: string; key: string }>();
    const again = expectStatus(await jane.client.post('/api-keys', make, { headers }), 409);
    expect(again.text).not.toContain(key);
    expect(again.json<{ error: object }>().error).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(id) as string,
      details: [{ path: 'id', code: 'shown_once', message: id }],
    });
    expectStatus(await jane.client.post('/api-keys', { ...make, name: 'Other' }, { headers }), 422);
    const found = await jane.client.get('/api-keys', { query: { search: 'Once' } });
    expect(found.data<Key[]>()).toHaveLength(1);
  });

  it('is one of the same key: two keys of one owner do not answer for each other', async () => {
    const [one, two] = [await apiKeyOf(jane), await apiKeyOf(jane)];
    const headers = { 'idempotency-key': 'the-same-for-both' };
    const ids = await Promise.all(
      [one, two].map(async ({ client }) => {
        const reply = await client.post('/vaults', { name: 'Theirs' }, { headers });
        expect(expectStatus(reply, 201).headers['idempotency-replayed']).toBeUndefined();
        return reply.data<{ id: string }>().id;
      }),
    );
    expect(ids[0]).not.toBe(ids[1]);
    const again = expectStatus(await one.client.post('/vaults', { name: 'Theirs' }, { headers }), 201);
    expect([again.headers['idempotency-replayed'], again.data<{ id: string }>().id]).toEqual([
      'true',
      ids[0],
    ]);
  });
});

describe('a change', () => {
  it('touches what was sent, and the key keeps its secret', async () => {
    const vault = await vaultOf(jane);
    const made = await apiKeyOf(jane, { scopes: ['vault:read', 'key:read'], expiresIn: '30d' });
    const path = `/api-keys/${made.id}`;
    const { key: _key, client, ...before } = made;
    const renamed = expectStatus(await jane.client.patch(path, { name: 'Renamed' }), 200).data<Key>();
    expect(renamed).toEqual({ ...before, name: 'Renamed', updatedAt: renamed.updatedAt });
    const all = {
      description: 'New',
      scopes: ['vault:read'],
      vaultIds: [vault.id],
      allowedIps: ['10.0.0.0/8'],
      expiresAt: '2099-01-01T00:00:00.000Z',
    };
    expect(expectStatus(await jane.client.patch(path, all), 200).data()).toMatchObject(all);
    expectStatus(await client.get('/vaults'), 200);
    const free = { vaultIds: null, allowedIps: null, expiresAt: null };
    expect(expectStatus(await jane.client.patch(path, free), 200).data()).toMatchObject({ ...all, ...free });
    expect(await keyAt(made.id)).toMatchObject({ name: 'Renamed', ...all, ...free });
    const trail = await trailOf(jane, { resource: made.id, type: 'api_key.updated' });
    expect(trail.map(({ details }) => details)).toEqual(
      [['name'], Object.keys(all), Object.keys(free)].map((fields) => ({
        fields: expect.arrayContaining(fields) as string[],
      })),
    );
    expect((trail[0]?.details as { fields: string[] }).fields).toEqual(['name']);
  });

  it('is made only to the state its client has seen', async () => {
    const { id } = await apiKeyOf(jane, { name: 'Seen' });
    const path = `/api-keys/${id}`;
    const { etag = '' } = (await jane.client.get(path)).headers;
    const seen = { headers: { 'if-match': etag } };
    const changed = expectStatus(await jane.client.patch(path, { name: 'First' }, seen), 200);
    expect(changed.headers['etag']).not.toBe(etag);
    expectStatus(await jane.client.patch(path, { name: 'Second' }, seen), 412);
    expectStatus(await jane.client.post(`${path}/rotate`, {}, seen), 412);
    expectStatus(await jane.client.delete(path, seen), 412);
    expect(await keyAt(id)).toMatchObject({ name: 'First', lastRotatedAt: null });
    const present = { headers: { 'if-match': changed.headers['etag'] ?? '' } };
    expectStatus(await jane.client.delete(path, present), 204);
    expectStatus(await jane.client.get(path), 404);
  });

  it('of scopes to * gives what both the actor and the owner may, and never nothing', async () => {
    const viewer = await memberOf(service, jane, 'developer');
    const { id } = await apiKeyOf(viewer, { scopes: ['vault:read', 'secret:write'] });
    const become = (role: string): Promise<unknown> =>
      service.database.rows(`UPDATE memberships SET role = $2 WHERE user_id = $1`, [
        uuidOf('user', viewer.userId),
        role,
      ]);
    await become('viewer');
    const reply = await jane.client.patch(`/api-keys/${id}`, { scopes: ['*'] });
    const own = allScopes.filter((scope) => scopesOfRole('viewer').has(scope));
    expect(expectStatus(reply, 200).data<Key>().scopes).toEqual(own);
    await become('emperor');
    expectStatus(await jane.client.patch(`/api-keys/${id}`, { scopes: ['*'] }), 400);
    expect((await keyAt(id)).scopes).toEqual(own);
  });
});

describe('the catalogue of scopes', () => {
  it('comes whole, with groups and descriptions', async () => {
    const reply = expectStatus(
      await (await apiKeyOf(jane, { scopes: ['vault:read'] })).client.get('/scopes'),
      200,
    );
    const scopes = reply.data<Wire<ScopeDto>[]>();
    expect(scopes.map(({ name }) => name)).toEqual(Object.keys(scopeCatalogue));
    expect([...new Set(scopes.map(({ group }) => group))]).toEqual(['Read', 'Write', 'Execute', 'Admin']);
    expect(scopes.find(({ name }) => name === 'secret:read')).toEqual({
      name: 'secret:read',
      group: 'Read',
      description: 'Reveal the values and notes of secrets.',
      implies: ['secret:list'],
    });
    // The thirteen of the API-keys document.
    const fixed = [
      'database:read',
      'metadata:read',
      'logs:read',
      'database:write',
      'notebook:create',
      'experiment:write',
    ];
    const rest = [
      'query:execute',
      'function:invoke',
      'orchestration:execute',
      'team:manage',
      'settings:modify',
      'billing:manage',
    ];
    expect(scopes.map(({ name }) => name)).toEqual(expect.arrayContaining([...fixed, ...rest]));
  });
});
