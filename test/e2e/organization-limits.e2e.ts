import { newUuid, publicId } from '@credvault/database/typed-id.js';
import type { Reply } from '../support/client.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { trailOf } from './audit-trail.js';
import { type LimitsAnswer, placeOf, PlanDesk } from './plan-changes.js';

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

describe('the plan of an organization', () => {
  it('is free at first, and what follows from it is told', async () => {
    const { apiKeyRequestsPerMinute, tokenRequestsPerMinute } = await desk.plan('free');
    expect(await desk.limitsOf(tenant)).toEqual({
      id: tenant.organizationId,
      name: 'A tenant (personal)',
      plan: 'free',
      requestedPlan: null,
      apiKeyRequestsPerMinute: null,
      tokenRequestsPerMinute: null,
      effectiveLimits: { apiKeyRequestsPerMinute, tokenRequestsPerMinute },
      createdAt: expect.stringMatching(/\.\d{3}Z$/) as string,
      updatedAt: expect.stringMatching(/\.\d{3}Z$/) as string,
    });
  });

  it('is changed, and what was negotiated goes before it', async () => {
    const unlimited = { apiKeyRequestsPerMinute: null, tokenRequestsPerMinute: null };
    expect(await desk.changeLimits(tenant, { plan: 'enterprise' })).toMatchObject({
      plan: 'enterprise',
      ...unlimited,
      effectiveLimits: unlimited,
    });
    expect((await tenant.sessionClient.get('/me')).data<{ plan: string }>().plan).toBe('enterprise');
    expect(await desk.changeLimits(tenant, { apiKeyRequestsPerMinute: 5_000 })).toMatchObject({
      plan: 'enterprise',
      apiKeyRequestsPerMinute: 5_000,
      tokenRequestsPerMinute: null,
      effectiveLimits: { apiKeyRequestsPerMinute: 5_000, tokenRequestsPerMinute: null },
    });
    const starter = await desk.plan('starter');
    const last = await desk.changeLimits(tenant, {
      plan: 'starter',
      apiKeyRequestsPerMinute: null,
      tokenRequestsPerMinute: 7_000,
    });
    expect(last).toMatchObject({
      plan: 'starter',
      apiKeyRequestsPerMinute: null,
      tokenRequestsPerMinute: 7_000,
      effectiveLimits: {
        apiKeyRequestsPerMinute: starter.apiKeyRequestsPerMinute,
        tokenRequestsPerMinute: 7_000,
      },
    });
    expect(await desk.limitsOf(tenant)).toEqual(last);
  });

  it('is one that there is, and the refusal names them', async () => {
    for (const name of ['gold', 'FREE', 'a\u0001b']) {
      const reply = expectStatus(
        await administrator.sessionClient.patch(placeOf(tenant), { plan: name }),
        400,
      );
      const message = 'plan must be one of: free, starter, pro, enterprise';
      expect(detailsOf(reply)).toEqual([{ path: 'plan', code: 'unknown_plan', message }]);
    }
    for (const name of [null, '', 5]) {
      expectStatus(await administrator.sessionClient.patch(placeOf(tenant), { plan: name }), 400);
    }
    expect((await desk.limitsOf(tenant)).plan).toBe('free');
  });

  it('is changed only in the state its client has seen', async () => {
    const { sessionClient } = administrator;
    const etag = (await sessionClient.get(placeOf(tenant))).headers['etag'] ?? '';
    const seen = { headers: { 'if-match': etag } };
    expectStatus(await sessionClient.patch(placeOf(tenant), { plan: 'pro' }, seen), 200);
    expectStatus(await sessionClient.patch(placeOf(tenant), { plan: 'starter' }, seen), 412);
    expect((await desk.limitsOf(tenant)).plan).toBe('pro');
  });

  it('is not found for an organization that is not there', async () => {
    for (const id of [publicId('organization', newUuid()), 'org_x', tenant.userId]) {
      const path = `/admin/organizations/${id}`;
      expectStatus(await administrator.sessionClient.get(path), 404);
      expectStatus(await administrator.sessionClient.patch(path, { plan: 'pro' }), 404);
    }
  });

  it('stands once in the organization’s own trail, with the administrator who changed it', async () => {
    await desk.changeLimits(tenant, { plan: 'pro', tokenRequestsPerMinute: 900 });
    expectStatus(await administrator.sessionClient.patch(placeOf(tenant), { plan: 'gold' }), 400);
    expect(await trailOf(tenant, { type: 'organization_limits.updated' })).toEqual([
      expect.objectContaining({
        outcome: 'success',
        organizationId: tenant.organizationId,
        actor: { type: 'user', id: administrator.userId },
        resource: { type: 'organization', ids: [tenant.organizationId] },
        request: expect.objectContaining({
          method: 'PATCH',
          route: '/admin/organizations/:organizationId',
          status: 200,
        }) as object,
        details: { plan: 'pro', tokenRequestsPerMinute: 900 },
      }),
    ]);
    // The administrator's own trail has what they looked at and what failed, and not this change once more.
    const own = (await trailOf(administrator)).map(({ type }) => type);
    expect(own).not.toContain('organization_limits.updated');
    expect(own).toContain('organization_limits.viewed');
    expect(own.at(-2)).toBe('request.failed');
  });

  it('is not changed without a record', async () => {
    await service.database.rows(`ALTER TABLE audit_events RENAME TO lost_events`);
    try {
      expectStatus(await administrator.sessionClient.patch(placeOf(tenant), { plan: 'pro' }), 503);
      expectStatus(
        await administrator.sessionClient.patch('/admin/plans/free', { tokenRequestsPerMinute: 1 }),
        503,
      );
    } finally {
      await service.database.rows(`ALTER TABLE lost_events RENAME TO audit_events`);
    }
    expect((await desk.limitsOf(tenant)).plan).toBe('free');
    expect((await desk.plan('free')).tokenRequestsPerMinute).not.toBe(1);
  });
});

describe('the list of organizations', () => {
  it('holds all of them, searched, sorted and filtered by plan', async () => {
    const list = async (query: Record<string, string | number>): Promise<LimitsAnswer[]> => {
      const reply = await administrator.sessionClient.get('/admin/organizations', { query });
      return expectStatus(reply, 200).data<LimitsAnswer[]>();
    };
    const [acme, bolt] = [await signUp(service, 'Acme 100%'), await signUp(service, 'Bolt')];
    await desk.changeLimits(bolt, { plan: 'enterprise' });
    const newest = await list({ limit: 2 });
    expect(newest.map(({ id }) => id)).toEqual([bolt.organizationId, acme.organizationId]);
    expect(newest[1]).toEqual(await desk.limitsOf(acme));
    expect((await list({ search: 'ACME 100%' })).map(({ id }) => id)).toEqual([acme.organizationId]);
    expect((await list({ sort: '-name', limit: 1 }))[0]?.id).toBe(administrator.organizationId);
    const enterprises = await list({ plan: 'enterprise', sort: '-updatedAt' });
    expect(enterprises[0]?.id).toBe(bolt.organizationId);
    expect(new Set(enterprises.map(({ plan }) => plan))).toEqual(new Set(['enterprise']));
  });

  it('is walked through by cursor', async () => {
    const met: string[] = [];
    let link = '/api/v1/admin/organizations?limit=2&sort=name';
    for (let pages = 0; link !== '' && pages < 40; pages++) {
      const reply = expectStatus(await administrator.sessionClient.get(link, { fromRoot: true }), 200);
      met.push(...reply.data<LimitsAnswer[]>().map(({ id }) => id));
      link = /^<([^>]+)>; rel="next"$/.exec(reply.headers['link'] ?? '')?.[1] ?? '';
    }
    const [row] = await service.database.rows<{ count: number }>(
      `SELECT count(*)::int AS count FROM organizations`,
    );
    expect(new Set(met).size).toBe(met.length);
    expect(met).toHaveLength(row?.count ?? 0);
  });

  it.each([[{ plan: 'gold' }], [{ plan: '' }], [{ sort: 'plan' }], [{ color: 'red' }]])(
    'refuses %j and says why',
    async (query) => {
      const reply = await administrator.sessionClient.get('/admin/organizations', { query });
      expect(detailsOf(expectStatus(reply, 400))).toHaveLength(1);
    },
  );
});
