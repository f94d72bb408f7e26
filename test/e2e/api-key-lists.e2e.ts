import { uuidOf } from '@credvault/database/typed-id.js';
import type { ApiKeyDto } from '../../apps/api/src/api-keys/api-key.dto.js';
import { apiKeyOf, type TestKey } from '../support/keys.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';

type Key = Wire<ApiKeyDto>;

let service: TestService;
let jane: Person;
/** By name. What they are called says what is special about them. */
const keys: Record<string, TestKey> = {};

beforeAll(async () => {
  service = await startTestService();
  jane = await signUp(service);
  for (const name of ['plain 100%', 'paused', 'expired', 'paused and expired', 'due', 'used', 'reader']) {
    keys[name] = await apiKeyOf(jane, { name, scopes: name === 'reader' ? ['secret:read'] : ['vault:read'] });
  }
  const change = async (name: string, sql: string): Promise<void> => {
    const id = uuidOf('apiKey', keys[name]?.id ?? '');
    await service.database.rows(`UPDATE api_keys SET ${sql} WHERE id = $1`, [id]);
  };
  await change('paused', `paused_at = now()`);
  await change('expired', `expires_at = now() - interval '1 second'`);
  await change('paused and expired', `paused_at = now(), expires_at = now() - interval '1 second'`);
  await change('due', `rotation_due_at = now() - interval '1 day', created_at = now() - interval '91 days'`);
  await change('used', `created_at = now() - interval '40 days', last_used_at = now() - interval '10 days'`);
});
afterAll(() => service.stop());

async function list(query: Record<string, string | number | boolean>): Promise<string[]> {
  const reply = expectStatus(await jane.client.get('/api-keys', { query }), 200);
  const { data, pagination } = reply.json<{ data: Key[]; pagination: { total: number } }>();
  expect(pagination.total).toBe(data.length);
  return data.map(({ name }) => name);
}

const ago = (days: number): string => new Date(Date.now() - days * 24 * 60 * 60_000).toISOString();
const everything = ['plain 100%', 'paused', 'expired', 'paused and expired', 'due', 'used', 'reader'];

describe('the list of keys', () => {
  it.each([
    ['active', ['plain 100%', 'due', 'used', 'reader']],
    ['paused', ['paused']],
    ['expired', ['expired', 'paused and expired']],
  ])('by status %s', async (status, names) => {
    expect((await list({ status })).sort()).toEqual([...names].sort());
    const reply = await jane.client.get('/api-keys', { query: { status } });
    for (const key of reply.data<Key[]>()) expect(key.status).toBe(status);
  });

  it('by scope, name, time of creation and change', async () => {
    expect(await list({ scope: 'secret:read' })).toEqual(['reader']);
    expect(await list({ scope: 'billing:manage' })).toEqual([]);
    expect(await list({ search: 'PAUSED' })).toEqual(['paused and expired', 'paused']);
    expect(await list({ search: '100%' })).toEqual(['plain 100%']);
    expect(await list({ search: '_' })).toEqual([]);
    expect(await list({ createdBefore: ago(30) })).toEqual(['used', 'due']);
    expect(await list({ updatedBefore: ago(30) })).toEqual([]);
    expect(await list({ search: 'paused', status: 'expired' })).toEqual(['paused and expired']);
  });

  it('by when they were last used, where making one counts as use', async () => {
    expect(await list({ unusedSince: ago(5) })).toEqual(['used', 'due']);
    expect(await list({ unusedSince: ago(20) })).toEqual(['due']);
    expect(await list({ unusedSince: ago(100) })).toEqual([]);
  });

  it('by whether rotation is due', async () => {
    expect(await list({ rotationDue: true })).toEqual(['due']);
    expect((await list({ rotationDue: false })).sort()).toEqual(
      everything.filter((name) => name !== 'due').sort(),
    );
  });

  it('sorted', async () => {
    expect(await list({})).toEqual([
      'reader',
      'paused and expired',
      'expired',
      'paused',
      'plain 100%',
      'used',
      'due',
    ]);
    expect(await list({ sort: 'name' })).toEqual([...everything].sort());
    expect((await list({ sort: '-lastUsedAt' }))[0]).toBe('used');
    expect((await list({ sort: 'lastUsedAt,name' })).at(-1)).toBe('used');
    expect((await list({ sort: 'rotationDueAt' }))[0]).toBe('due');
    expect((await list({ sort: '-updatedAt' }))[0]).toBe('reader');
  });

  it.each(['-createdAt', 'name', 'lastUsedAt', '-lastUsedAt,name', 'rotationDueAt', '-updatedAt'])(
    'walked through by cursor, sorted by %s, in the order of one page',
    async (sort) => {
      const met: string[] = [];
      let link = `/api/v1/api-keys?limit=2&sort=${sort}`;
      for (let pages = 0; link !== '' && pages < 10; pages++) {
        const reply = expectStatus(await jane.client.get(link, { fromRoot: true }), 200);
        expect(reply.json<{ pagination: { total: number } }>().pagination.total).toBe(everything.length);
        met.push(...reply.data<Key[]>().map(({ name }) => name));
        link = /^<([^>]+)>; rel="next"$/.exec(reply.headers['link'] ?? '')?.[1] ?? '';
      }
      expect(met).toEqual(await list({ sort }));
    },
  );

  it('by offset', async () => {
    const reply = await jane.client.get('/api-keys', { query: { sort: 'name', limit: 2, skip: 2 } });
    expect(reply.data<Key[]>().map(({ name }) => name)).toEqual([...everything].sort().slice(2, 4));
  });

  it.each<[Record<string, string>, string]>([
    [{ status: 'gone' }, 'status'],
    [{ scope: 'secret:*' }, 'scope'],
    [{ unusedSince: 'yesterday' }, 'unusedSince'],
    [{ rotationDue: 'yes' }, 'rotationDue'],
    [{ sort: 'hint' }, 'sort'],
    [{ colour: 'red' }, 'colour'],
    [{ cursor: 'made-up' }, 'cursor'],
  ])('refuses %j and names %s', async (query, path) => {
    const reply = expectStatus(await jane.client.get('/api-keys', { query }), 400);
    const { error } = reply.json<{ error: { code: string; details: { path: string }[] } }>();
    expect([error.code, error.details.map((detail) => detail.path)]).toEqual(['BAD_REQUEST', [path]]);
  });

  it('holds the keys of the organization and of no other', async () => {
    const stranger = await signUp(service);
    const theirs = await apiKeyOf(stranger, { name: 'theirs' });
    expect((await list({})).sort()).toEqual([...everything].sort());
    const reply = expectStatus(await theirs.client.get('/api-keys'), 200);
    expect(reply.data<Key[]>().map(({ id }) => id)).toEqual([theirs.id]);
  });
});
