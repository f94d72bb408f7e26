import { setTimeout as sleep } from 'node:timers/promises';
import { newUuid, publicId, uuidOf } from '@credvault/database/typed-id.js';
import type { ApiKeyUsageDto } from '../../apps/api/src/api-keys/api-key-usage.dto.js';
import { apiKeyOf, type TestKey } from '../support/keys.js';
import { secretOf, vaultOf } from '../support/fixtures.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';
import { settle, trailOf } from './audit-trail.js';

type Usage = Wire<ApiKeyUsageDto>;
type Query = Record<string, string | number>;

/** What is changed by SQL is known to the caches within this time, in milliseconds (DESIGN, promise 8). */
const propagation = 1_000;

let service: TestService;
let jane: Person;

beforeAll(async () => {
  service = await startTestService();
  jane = await signUp(service);
});
afterAll(() => service.stop());

/** What a key was used for, the oldest request first. */
async function usageOf({ id }: { id: string }, query: Query = {}): Promise<Usage[]> {
  await settle(service);
  const reply = await jane.client.get(`/api-keys/${id}/usage`, { query: { sort: 'createdAt', ...query } });
  return expectStatus(reply, 200).data<Usage[]>();
}

const lineOf = ({ method, path, outcome, statusCode }: Usage): string =>
  `${method} ${path} ${statusCode} (${outcome})`;

describe('the usage history', () => {
  it('has every request of the key, whatever its status', async () => {
    const key = await apiKeyOf(jane, { scopes: ['vault:read', 'secret:write', 'key:read'] });
    const vault = await vaultOf(jane);
    const { id: secretId } = await secretOf(jane, vault.id);
    const unknown = publicId('vault', newUuid());
    const lines: string[] = [];
    const ask = async (method: string, path: string, outcome: string, body?: object): Promise<void> => {
      const reply = await key.client.request(method, path, { body, headers: { 'user-agent': 'curl/8.5.0' } });
      expect(outcome).toContain(` ${reply.status} `);
      lines.push(`${method} ${path.split('?')[0] ?? ''}${outcome}`);
    };
    const secret = `/vaults/${vault.id}/secrets/${secretId}`;
    await ask('GET', '/vaults', ' 200 (success)');
    await ask('GET', `/vaults/${vault.id}`, ' 200 (success)');
    await ask('GET', `/api-keys/${key.id}`, ' 200 (success)');
    await ask('GET', '/vaults?colour=red', ' 400 (failed - bad request)');
    await ask('POST', '/vaults', ' 403 (denied - insufficient scope)', { name: 'x' });
    await ask('GET', secret, ' 403 (denied - insufficient scope)');
    await ask('GET', `/vaults/${unknown}`, ' 404 (failed - not found)');
    await ask('PATCH', secret, ' 200 (success)', { value: 'new' });
    await ask('GET', '/me', ' 403 (denied - person required)');
    expectStatus(await jane.client.post(`/api-keys/${key.id}/pause`), 200);
    await ask('GET', '/vaults', ' 401 (denied - credential paused)');
    expectStatus(await jane.client.post(`/api-keys/${key.id}/resume`), 200);
    const expire = `UPDATE api_keys SET expires_at = now() + $2::interval WHERE id = $1`;
    await service.database.rows(expire, [uuidOf('apiKey', key.id), '-1 second']);
    await sleep(propagation);
    await ask('GET', '/vaults', ' 401 (denied - credential expired)');
    expectStatus(await jane.client.post(`/api-keys/${key.id}/rotate`, { expiresIn: 'never' }), 200);
    await ask('GET', '/vaults', ' 401 (denied - secret rotated)');
    const history = await usageOf(key);
    expect(history.map(lineOf)).toEqual(lines);
    for (const entry of history) {
      expect(entry).toMatchObject({ sourceIp: jane.address, userAgent: 'curl/8.5.0', count: 1 });
    }
  });

  it('has refusals by address and by limit, and folds equal ones of a minute into a count', async () => {
    const key = await apiKeyOf(jane, { allowedIps: ['203.0.113.0/24'] });
    for (let i = 0; i < 5; i++) expectStatus(await key.client.get('/vaults'), 403);
    const refusals = await usageOf(key);
    expect(new Set(refusals.map(lineOf))).toEqual(
      new Set(['GET /vaults 403 (denied - address not allowed)']),
    );
    expect(refusals.map(({ count }) => count)).toEqual([1, 4]);
  });

  it('has what was refused because the limit was reached', async () => {
    const limited = await startTestService({ shippedPlans: true });
    try {
      const owner = await signUp(limited);
      const key = await apiKeyOf(owner, { scopes: ['key:read'] });
      await Promise.all(Array.from({ length: 101 }, () => key.client.get('/api-keys/self')));
      await settle(limited);
      const refused = await owner.client.get(`/api-keys/${key.id}/usage`, { query: { statusCode: 429 } });
      expect(refused.data<Usage[]>().map(lineOf)).toEqual([
        'GET /api-keys/self 429 (denied - rate limit exceeded)',
      ]);
    } finally {
      await limited.stop();
    }
  });

  it('has one entry for a request that writes two records', async () => {
    const key = await apiKeyOf(jane, { scopes: ['secret:read', 'secret:write'] });
    const vault = await vaultOf(jane);
    const { id } = await secretOf(jane, vault.id);
    const path = `/vaults/${vault.id}/secrets/${id}`;
    expectStatus(await key.client.patch(path, { type: 'json' }), 200);
    const trail = await trailOf(jane, { credential: key.id });
    expect(trail.map(({ type }) => type).sort()).toEqual(['secret.revealed', 'secret.updated']);
    expect((await usageOf(key)).map(lineOf)).toEqual([`PATCH ${path} 200 (success)`]);
    const summary = await jane.client.get(`/api-keys/${key.id}/usage/summary`);
    const { buckets } = summary.data<{ buckets: { requests: number }[] }>();
    expect(buckets.reduce((sum, { requests }) => sum + requests, 0)).toBe(1);
  });

  it('tells nothing that was sent: neither query, nor body, nor a token in a path', async () => {
    const key = await apiKeyOf(jane);
    const canary = 'cv_CanaryThatMustNotBeKept';
    await key.client.get('/vaults', { query: { search: canary } });
    await key.client.post('/vaults', { name: 'x', [canary]: canary });
    await key.client.get(`/vaults/${canary}`);
    await settle(service);
    const { text } = await jane.client.get(`/api-keys/${key.id}/usage`);
    expect(text).not.toContain(canary);
    expect(text).toContain('"/vaults/:vaultId"');
  });

  it('of another organization is as unknown as the key', async () => {
    const key = await apiKeyOf(jane);
    expectStatus(await key.client.get('/vaults'), 200);
    const [entry] = await usageOf(key);
    const mallory = await signUp(service);
    const other = await apiKeyOf(mallory);
    for (const path of ['', '/summary', `/${entry?.id}`]) {
      expectStatus(await mallory.client.get(`/api-keys/${key.id}/usage${path}`), 404);
    }
    // Nor is an entry found below a key that it is not of.
    expectStatus(await mallory.client.get(`/api-keys/${other.id}/usage/${entry?.id}`), 404);
    expectStatus(await jane.client.get(`/api-keys/${(await apiKeyOf(jane)).id}/usage/${entry?.id}`), 404);
  });
});

describe('of the history', () => {
  let key: TestKey;
  beforeAll(async () => {
    key = await apiKeyOf(jane, { scopes: ['vault:read'] });
    await key.client.get('/vaults');
    await key.client.post('/vaults', { name: 'x' });
    await key.client.get('/scopes');
    await key.client.get(`/vaults/${publicId('vault', newUuid())}`);
    await settle(service);
  });

  it('one entry is read alone', async () => {
    const history = await usageOf(key);
    for (const entry of history) {
      const reply = await jane.client.get(`/api-keys/${key.id}/usage/${entry.id}`);
      expect(expectStatus(reply, 200).data()).toEqual(entry);
    }
    expect(history[0]).toMatchObject({ id: expect.stringMatching(/^evt_/) as string, event: 'vault.listed' });
    expect(history[0]?.requestId).toBeTruthy();
    expectStatus(
      await jane.client.get(`/api-keys/${key.id}/usage/${publicId('auditEvent', newUuid())}`),
      404,
    );
  });

  it('entries are chosen by outcome, method, status, address, route and time', async () => {
    const statuses = async (query: Query): Promise<number[]> =>
      (await usageOf(key, query)).map(({ statusCode }) => statusCode);
    expect(await statuses({})).toEqual([200, 403, 200, 404]);
    expect(await statuses({ outcome: 'denied' })).toEqual([403]);
    expect(await statuses({ outcome: 'failed' })).toEqual([404]);
    expect(await statuses({ method: 'POST' })).toEqual([403]);
    expect(await statuses({ statusCode: 200 })).toEqual([200, 200]);
    expect(await statuses({ sourceIp: jane.address })).toHaveLength(4);
    expect(await statuses({ sourceIp: '203.0.113.9' })).toEqual([]);
    expect(await statuses({ search: 'SCOPES' })).toEqual([200]);
    expect(await statuses({ sort: '-createdAt' })).toEqual([404, 200, 403, 200]);
    const [first, second] = await usageOf(key);
    expect(await statuses({ from: second?.createdAt ?? '' })).toHaveLength(3);
    expect(await statuses({ to: second?.createdAt ?? '' })).toHaveLength(1);
    expect(await statuses({ createdAfter: first?.createdAt ?? '' })).toHaveLength(3);
  });

  it('pages are walked through by cursor, while there is more', async () => {
    const met: string[] = [];
    let link = `/api/v1/api-keys/${key.id}/usage?limit=3`;
    for (let pages = 0; link !== '' && pages < 5; pages++) {
      const reply = expectStatus(await jane.client.get(link, { fromRoot: true }), 200);
      met.push(...reply.data<Usage[]>().map(({ id }) => id));
      link = /^<([^>]+)>; rel="next"$/.exec(reply.headers['link'] ?? '')?.[1] ?? '';
      // What is asked meanwhile stands before the first page and moves nothing.
      if (met.length === 3) {
        await key.client.get('/api-keys/self');
        await settle(service);
      }
    }
    const now = await usageOf(key, { sort: '-createdAt' });
    expect(met).toEqual(now.slice(1).map(({ id }) => id));
  });

  it.each<[Query, string]>([
    [{ outcome: 'lost' }, 'outcome'],
    [{ method: 'TRACE' }, 'method'],
    [{ statusCode: 99 }, 'statusCode'],
    [{ statusCode: 'two' }, 'statusCode'],
    [{ sourceIp: 'here' }, 'sourceIp'],
    [{ sourceIp: 'fe80::1%eth0' }, 'sourceIp'],
    [{ sourceIp: '10.0.0.0/8' }, 'sourceIp'],
    [{ from: 'noon' }, 'from'],
    [{ sort: 'path' }, 'sort'],
  ])('%j is refused', async (query, path) => {
    const reply = expectStatus(await jane.client.get(`/api-keys/${key.id}/usage`, { query }), 400);
    const { details } = reply.json<{ error: { details: { path: string }[] } }>().error;
    expect(details.map((detail) => detail.path)).toEqual([path]);
  });
});
