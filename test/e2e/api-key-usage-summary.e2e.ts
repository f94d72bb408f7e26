import { uuidOf } from '@credvault/database/typed-id.js';
import type { ApiKeyUsageSummaryDto } from '../../apps/api/src/api-keys/api-key-usage.dto.js';
import { apiKeyOf, type TestKey } from '../support/keys.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';
import { settle } from './audit-trail.js';

type Summary = Wire<ApiKeyUsageSummaryDto>;

const hour = 60 * 60_000;
const day = 24 * hour;

let service: TestService;
let jane: Person;
let key: TestKey;

beforeAll(async () => {
  service = await startTestService();
  jane = await signUp(service);
  key = await apiKeyOf(jane, { scopes: ['vault:read'] });
});
afterAll(() => service.stop());

async function summaryOf(query: Record<string, string> = {}, person = jane): Promise<Summary> {
  const reply = await person.client.get(`/api-keys/${key.id}/usage/summary`, { query });
  return expectStatus(reply, 200).data<Summary>();
}

const iso = (at: number): string => new Date(at).toISOString();
/** Copies a request of the key to another time. */
async function usedAt(at: string, outcome: string, count = 1): Promise<void> {
  await service.database.rows(
    `INSERT INTO audit_events (organization_id, occurred_at, id, type, outcome, actor_type, credential_id, method, route, status, count)
     VALUES ($1, $2, gen_random_uuid(), 'vault.listed', $3, 'user', $4, 'GET', '/vaults', 200, $5)`,
    [uuidOf('organization', jane.organizationId), at, outcome, uuidOf('apiKey', key.id), count],
  );
}

describe('the summary of usage', () => {
  it('is of the last 24 hours by hour, also those in which there was nothing', async () => {
    for (let i = 0; i < 3; i++) expectStatus(await key.client.get('/vaults'), 200);
    for (let i = 0; i < 4; i++) expectStatus(await key.client.post('/vaults', { name: 'x' }), 403);
    expectStatus(await key.client.get('/vaults', { query: { colour: 'red' } }), 400);
    await settle(service);
    const { interval, buckets } = await summaryOf();
    expect(interval).toBe('hour');
    expect(buckets).toHaveLength(24);
    const first = Date.parse(buckets[0]?.startsAt ?? '');
    expect(first % hour).toBe(0);
    expect(buckets.map(({ startsAt }) => Date.parse(startsAt))).toEqual(
      Array.from({ length: 24 }, (_, at) => first + at * hour),
    );
    const sum = (field: 'requests' | 'succeeded' | 'denied' | 'failed'): number =>
      buckets.reduce((total, bucket) => total + bucket[field], 0);
    expect([sum('requests'), sum('succeeded'), sum('denied'), sum('failed')]).toEqual([8, 3, 4, 1]);
    expect(buckets[0]).toEqual({ startsAt: iso(first), requests: 0, succeeded: 0, denied: 0, failed: 0 });
  });

  it('is of the last 30 days by day, in UTC', async () => {
    const { interval, buckets } = await summaryOf({ interval: 'day' });
    expect(interval).toBe('day');
    expect(buckets).toHaveLength(30);
    for (const { startsAt } of buckets) expect(Date.parse(startsAt) % day).toBe(0);
    expect(buckets.at(-1)?.startsAt).toBe(iso(Math.floor(Date.now() / day) * day));
    expect(buckets.at(-1)?.requests).toBe(8);
  });

  it('counts each request in its own stretch, with folded refusals as many', async () => {
    const now = new Date();
    // The next month has its partition, and no request of these tests falls into it.
    const month = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
    await usedAt(iso(month), 'success');
    await usedAt(iso(month + hour - 1), 'denied', 7);
    await usedAt(iso(month + hour), 'failed');
    const query = { from: iso(month), to: iso(month + 2 * hour) };
    expect((await summaryOf(query)).buckets).toEqual([
      { startsAt: iso(month), requests: 8, succeeded: 1, denied: 7, failed: 0 },
      { startsAt: iso(month + hour), requests: 1, succeeded: 0, denied: 0, failed: 1 },
    ]);
    // The stretch that holds `from` is whole; the one that holds `to` ends there.
    const cut = { from: iso(month + hour / 2), to: iso(month + hour + 1) };
    expect((await summaryOf(cut)).buckets.map(({ requests }) => requests)).toEqual([8, 1]);
    const one = { from: iso(month), to: iso(month + hour) };
    expect((await summaryOf(one)).buckets.map(({ requests }) => requests)).toEqual([8]);
  });

  it('is the same whatever time zone the database has', async () => {
    await service.database.rows(`ALTER DATABASE ${service.databaseName} SET timezone = 'Europe/Berlin'`);
    const elsewhere = await startTestService({ sharing: service });
    try {
      // Summer time begins there on 29 March 2026.
      const query = { interval: 'day', from: '2026-03-27T00:00:00Z', to: '2026-04-01T00:00:00Z' };
      const there = { ...jane, client: jane.client.at(elsewhere) };
      expect(await summaryOf(query, there)).toEqual(await summaryOf(query));
      const days = (await summaryOf(query, there)).buckets.map(({ startsAt }) => startsAt.slice(5, 13));
      expect(days).toEqual(['03-27T00', '03-28T00', '03-29T00', '03-30T00', '03-31T00']);
    } finally {
      await elsewhere.stop();
      await service.database.rows(`ALTER DATABASE ${service.databaseName} RESET timezone`);
    }
  });

  it.each([
    [{ from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }, 'from'],
    [{ from: '2026-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' }, 'from'],
    [{ from: '2020-01-01T00:00:00Z' }, 'from'],
    [{ from: '2026-01-01T00:30:00Z', to: '2026-02-11T16:30:00Z' }, 'from'],
    [{ from: '2099-01-01T00:00:00Z' }, 'from'],
    [{ interval: 'minute' }, 'interval'],
    [{ from: 'noon' }, 'from'],
  ])('refuses %j', async (query, path) => {
    const reply = await jane.client.get(`/api-keys/${key.id}/usage/summary`, { query });
    const { details } = expectStatus(reply, 400).json<{ error: { details: { path: string }[] } }>().error;
    expect(details.map((detail) => detail.path)).toEqual([path]);
  });

  it('has at most 1,000 stretches', async () => {
    const query = { from: '2026-01-01T00:00:00Z', to: iso(Date.UTC(2026, 0, 1) + 1_000 * hour) };
    expect((await summaryOf(query)).buckets).toHaveLength(1_000);
  });
});
