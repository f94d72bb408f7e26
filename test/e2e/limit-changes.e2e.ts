import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '../support/client.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { PlanDesk } from './plan-changes.js';

/** What is changed on one process may go unnoticed on another for at most this long, in milliseconds. */
const longest = 1_000;

let service: TestService;
let desk: PlanDesk;
let tenant: Person;

beforeAll(async () => {
  service = await startTestService({ shippedPlans: true });
  desk = new PlanDesk(await signUp(service, 'The administrator'));
});
beforeEach(async () => {
  tenant = await signUp(service, 'A tenant');
});
afterAll(() => service.stop());

describe('a change of limits', () => {
  let there: TestService;

  beforeAll(async () => {
    there = await startTestService({ sharing: service });
  });
  afterAll(() => there.stop());

  /** The policy that a request with the personal token is told; undefined: unlimited. */
  async function policyAt(at: TestService): Promise<string | undefined> {
    const reply = await new Client(at, { address: tenant.address, token: tenant.token }).get('/me');
    return expectStatus(reply, 200).headers['ratelimit-policy'];
  }

  /** Asks twice on both processes, so that both have the token in their cache. */
  async function warm(): Promise<void> {
    for (const at of [service, there, service, there]) await policyAt(at);
  }

  async function expectPolicy(policy: string | undefined): Promise<void> {
    expect(await policyAt(service)).toBe(policy);
    await sleep(longest);
    expect(await policyAt(there)).toBe(policy);
  }

  const policyOf = (limit: number): string => `"personal-token";q=${limit};w=60`;

  it('of an organization holds at once for a token in use, and soon on another process', async () => {
    await warm();
    await desk.changeLimits(tenant, { tokenRequestsPerMinute: 777 });
    await expectPolicy(policyOf(777));
    await desk.changeLimits(tenant, { plan: 'enterprise', tokenRequestsPerMinute: null });
    await expectPolicy(undefined);
  });

  it('of a plan holds at once for a token in use, and soon on another process', async () => {
    await desk.changeLimits(tenant, { plan: 'starter' });
    await warm();
    await desk.changePlan('starter', { tokenRequestsPerMinute: 555 });
    await expectPolicy(policyOf(555));
    await desk.changePlan('starter', { tokenRequestsPerMinute: null });
    await expectPolicy(undefined);
  });

  it.each([
    ['organizations', 888, () => desk.changeLimits(tenant, { tokenRequestsPerMinute: 888 })],
    ['plans', 444, () => desk.changePlan('starter', { tokenRequestsPerMinute: 444 })],
  ])('of %s is told to the other process by the database', async (table, limit, change) => {
    await desk.changePlan('starter', { tokenRequestsPerMinute: 333 });
    await desk.changeLimits(tenant, { plan: 'starter' });
    await sleep(longest);
    await warm();
    await service.database.rows(`ALTER TABLE ${table} DISABLE TRIGGER invalidate`);
    try {
      await change();
      expect(await policyAt(service)).toBe(policyOf(limit));
      await sleep(longest);
      // Without the trigger nobody tells the other process: if it knew, the tests above could not fail.
      expect(await policyAt(there)).toBe(policyOf(333));
    } finally {
      await service.database.rows(`ALTER TABLE ${table} ENABLE TRIGGER invalidate`);
    }
  });

  it('counts what was used of the present minute, for worse and for better', async () => {
    await warm();
    await desk.changeLimits(tenant, { tokenRequestsPerMinute: 1 });
    const refused = expectStatus(await tenant.client.get('/me'), 429);
    expect(refused.body).toMatchObject({ error: { code: 'RATE_LIMITED', message: 'Rate limit exceeded' } });
    expectStatus(await tenant.sessionClient.get('/me'), 200);
    await desk.changeLimits(tenant, { tokenRequestsPerMinute: null });
    expectStatus(await tenant.client.get('/me'), 200);
  });
});
