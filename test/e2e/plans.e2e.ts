import { setTimeout as sleep } from 'node:timers/promises';
import type { Reply } from '../support/client.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { trailOf } from './audit-trail.js';
import { placeOf, type PlanAnswer, PlanDesk } from './plan-changes.js';

/** What is changed on one process may go unnoticed on another for at most this long, in milliseconds. */
const longest = 1_000;

let service: TestService;
let administrator: Person;
let desk: PlanDesk;
let tenant: Person;

beforeAll(async () => {
  service = await startTestService({ shippedPlans: true });
  administrator = await signUp(service, 'The administrator');
  desk = new PlanDesk(administrator);
});
beforeEach(async () => {
  tenant = await signUp(service, 'A tenant');
});
afterAll(() => service.stop());

const detailsOf = (reply: Reply): unknown => reply.json<{ error: { details: unknown } }>().error.details;

describe('plans', () => {
  it('are those of the API-keys document at first, the smallest first', async () => {
    const fresh = await startTestService({ shippedPlans: true });
    try {
      const { sessionClient } = await signUp(fresh);
      const listed = expectStatus(await sessionClient.get('/admin/plans'), 200).data<PlanAnswer[]>();
      const limits = listed.map(({ name, apiKeyRequestsPerMinute }) => [name, apiKeyRequestsPerMinute]);
      expect(limits).toEqual([
        ['free', 100],
        ['starter', 500],
        ['pro', 2_000],
        ['enterprise', null],
      ]);
      expect(listed[2]).toEqual({
        name: 'pro',
        apiKeyRequestsPerMinute: 2_000,
        tokenRequestsPerMinute: 300,
        createdAt: expect.stringMatching(/\.\d{3}Z$/) as string,
        updatedAt: listed[2]?.createdAt,
      });
      expect(listed[3]?.tokenRequestsPerMinute).toBeNull();
      expect(expectStatus(await sessionClient.get('/admin/plans/pro'), 200).data()).toEqual(listed[2]);
    } finally {
      await fresh.stop();
    }
  });

  it('are searched, sorted and walked through by cursor', async () => {
    const names = async (query: Record<string, string | number>): Promise<string[]> => {
      const reply = expectStatus(await administrator.sessionClient.get('/admin/plans', { query }), 200);
      return reply.data<PlanAnswer[]>().map(({ name }) => name);
    };
    expect(await names({ sort: 'name' })).toEqual(['enterprise', 'free', 'pro', 'starter']);
    expect(await names({ search: 'R', sort: '-position' })).toEqual(['enterprise', 'pro', 'starter', 'free']);
    expect(await names({ search: 'ree' })).toEqual(['free']);
    for (const sort of ['position', 'createdAt', '-name']) {
      const met: string[] = [];
      let link = `/api/v1/admin/plans?limit=1&sort=${sort}`;
      while (link !== '' && met.length < 9) {
        const reply = expectStatus(await administrator.sessionClient.get(link, { fromRoot: true }), 200);
        met.push(...reply.data<PlanAnswer[]>().map(({ name }) => name));
        link = /^<([^>]+)>; rel="next"$/.exec(reply.headers['link'] ?? '')?.[1] ?? '';
      }
      expect(met).toEqual(await names({ sort }));
    }
  });

  it('are changed limit by limit, up to unlimited', async () => {
    const before = await desk.plan('starter');
    const changed = await desk.changePlan('starter', { apiKeyRequestsPerMinute: 10_000_000 });
    expect(changed).toEqual({
      ...before,
      apiKeyRequestsPerMinute: 10_000_000,
      updatedAt: expect.any(String) as string,
    });
    expect(Date.parse(changed.updatedAt)).toBeGreaterThanOrEqual(Date.parse(before.updatedAt));
    expect(
      await desk.changePlan('starter', { apiKeyRequestsPerMinute: 1, tokenRequestsPerMinute: null }),
    ).toMatchObject({
      apiKeyRequestsPerMinute: 1,
      tokenRequestsPerMinute: null,
    });
    const { apiKeyRequestsPerMinute, tokenRequestsPerMinute } = before;
    await desk.changePlan('starter', { apiKeyRequestsPerMinute, tokenRequestsPerMinute });
    expect(await desk.plan('starter')).toMatchObject({ apiKeyRequestsPerMinute, tokenRequestsPerMinute });
  });

  it('are changed only in the state their client has seen', async () => {
    const { sessionClient } = administrator;
    const etag = (await sessionClient.get('/admin/plans/pro')).headers['etag'] ?? '';
    const seen = { headers: { 'if-match': etag } };
    const first = await sessionClient.patch('/admin/plans/pro', { tokenRequestsPerMinute: 301 }, seen);
    expect(expectStatus(first, 200).headers['etag']).not.toBe(etag);
    const second = await sessionClient.patch('/admin/plans/pro', { tokenRequestsPerMinute: 302 }, seen);
    expectStatus(second, 412);
    expect((await desk.plan('pro')).tokenRequestsPerMinute).toBe(301);
  });

  it.each([[0], [-1], [1.5], [10_000_001], ['60'], [true], [[60]]])(
    'refuse %j as a limit and say which',
    async (limit) => {
      for (const field of ['apiKeyRequestsPerMinute', 'tokenRequestsPerMinute']) {
        for (const path of ['/admin/plans/free', placeOf(tenant)]) {
          const reply = expectStatus(await administrator.sessionClient.patch(path, { [field]: limit }), 400);
          expect(detailsOf(reply)).toMatchObject([{ path: field }]);
        }
      }
    },
  );

  it.each(['gold', 'Free', '%20', 'a%00b', 'free%20', '%27', 'x'.repeat(65)])(
    'are not found as %s',
    async (name) => {
      const { sessionClient } = administrator;
      const read = expectStatus(await sessionClient.get(`/admin/plans/${name}`), 404);
      const message = name.includes('%00') ? 'There is nothing at this path.' : 'There is no such plan.';
      expect(read.body).toMatchObject({ error: { message } });
      expectStatus(await sessionClient.patch(`/admin/plans/${name}`, { tokenRequestsPerMinute: 1 }), 404);
    },
  );

  it('leave a record of each change in the trail of the administrator’s own organization', async () => {
    await desk.changePlan('pro', { apiKeyRequestsPerMinute: null });
    await desk.changePlan('pro', { apiKeyRequestsPerMinute: 2_000 });
    const records = (await trailOf(administrator, { type: 'plan.updated' })).slice(-2);
    expect(records.map(({ details }) => details)).toEqual([
      { plan: 'pro', apiKeyRequestsPerMinute: null },
      { plan: 'pro', apiKeyRequestsPerMinute: 2_000 },
    ]);
    expect(records[0]).toMatchObject({
      outcome: 'success',
      organizationId: administrator.organizationId,
      actor: { type: 'user', id: administrator.userId },
      request: { method: 'PATCH', route: '/admin/plans/:planName', status: 200 },
    });
    expect(await trailOf(tenant, { type: 'plan.updated' })).toEqual([]);
  });
});

describe('whoever is no administrator', () => {
  const requests: { what: string; method: string; path: (of: Person) => string; body?: object }[] = [
    { what: 'list plans', method: 'GET', path: () => '/admin/plans' },
    { what: 'get a plan', method: 'GET', path: () => '/admin/plans/free' },
    {
      what: 'change a plan',
      method: 'PATCH',
      path: () => '/admin/plans/free',
      body: { tokenRequestsPerMinute: null },
    },
    { what: 'list organizations', method: 'GET', path: () => '/admin/organizations' },
    { what: 'get the plan of their own', method: 'GET', path: placeOf },
    { what: 'change the plan of their own', method: 'PATCH', path: placeOf, body: { plan: 'enterprise' } },
  ];

  it.each(requests)('cannot $what', async ({ method, path, body }) => {
    const before = [await desk.plan('free'), await desk.limitsOf(tenant)];
    const colleague = await memberOf(service, administrator, 'admin');
    for (const client of [tenant.sessionClient, tenant.client, colleague.sessionClient]) {
      const reply = expectStatus(await client.request(method, path(tenant), { body }), 403);
      expect(detailsOf(reply)).toMatchObject([{ code: 'administrator_required' }]);
    }
    expect([await desk.plan('free'), await desk.limitsOf(tenant)]).toEqual(before);
  });

  it('finds the refusal in the trail', async () => {
    expectStatus(await tenant.sessionClient.get('/admin/plans'), 403);
    expect((await trailOf(tenant)).at(-1)).toMatchObject({
      type: 'access.denied',
      outcome: 'denied',
      reason: 'administrator required',
      request: { route: '/admin/plans', status: 403 },
    });
  });

  it('may become one, and then a personal token is enough', async () => {
    await service.database.rows(`UPDATE users SET is_superuser = true WHERE email = $1`, [tenant.email]);
    await sleep(longest);
    expectStatus(await tenant.client.get('/admin/plans'), 200);
    expectStatus(await tenant.sessionClient.get('/admin/organizations'), 200);
  });
});
