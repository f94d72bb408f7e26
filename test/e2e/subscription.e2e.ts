import { acmeBilling } from '../contract/subscription-cases.js';
import type { SubscriptionDto } from '../../apps/api/src/subscriptions/subscription.dto.js';
import { secretOf, vaultOf } from '../support/fixtures.js';
import { apiKeyOf } from '../support/keys.js';
import type { Client, Reply } from '../support/client.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { serviceAccountOf } from '../support/service-accounts.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';
import { trailOf } from './audit-trail.js';
import { PlanDesk } from './plan-changes.js';

type Subscription = Wire<SubscriptionDto>;

let service: TestService;
let desk: PlanDesk;
let owner: Person;

beforeAll(async () => {
  service = await startTestService({ shippedPlans: true });
  desk = new PlanDesk(await signUp(service, 'The administrator'));
});
beforeEach(async () => {
  owner = await signUp(service, 'An owner');
});
afterAll(() => service.stop());

async function read(client: Client): Promise<Subscription> {
  return expectStatus(await client.get('/subscription'), 200).data<Subscription>();
}

async function change(fields: Record<string, unknown>): Promise<Subscription> {
  return expectStatus(await owner.sessionClient.patch('/subscription', fields), 200).data<Subscription>();
}

const detailsOf = (reply: Reply): unknown => reply.json<{ error: { details: unknown } }>().error.details;

describe('the subscription of an organization', () => {
  it('tells the plan, the limits that follow, and nobody who pays', async () => {
    const { apiKeyRequestsPerMinute, tokenRequestsPerMinute } = await desk.plan('free');
    expect(await read(owner.client)).toEqual({
      id: owner.organizationId.replace('org_', 'sub_'),
      plan: 'free',
      requestedPlan: null,
      limits: { apiKeyRequestsPerMinute, tokenRequestsPerMinute },
      usage: expect.objectContaining({ vaults: 0, secrets: 0, members: 1, serviceAccounts: 0 }) as object,
      billing: null,
      notificationsEnabled: true,
      createdAt: expect.stringMatching(/\.\d{3}Z$/) as string,
    });
    await desk.changeLimits(owner, { plan: 'pro', tokenRequestsPerMinute: 7_000 });
    const pro = await desk.plan('pro');
    expect(await read(owner.client)).toMatchObject({
      plan: 'pro',
      limits: { apiKeyRequestsPerMinute: pro.apiKeyRequestsPerMinute, tokenRequestsPerMinute: 7_000 },
    });
  });

  it('counts what there is', async () => {
    const [first, second] = [await vaultOf(owner), await vaultOf(owner)];
    for (const { id } of [first, first, second]) await secretOf(owner, id);
    await memberOf(service, owner, 'developer');
    await serviceAccountOf(owner);
    await apiKeyOf(owner);
    await vaultOf(await signUp(service, 'Somebody else'));
    const used = { vaults: 2, secrets: 3, members: 2, serviceAccounts: 1, apiKeys: 1 };
    expect((await read(owner.client)).usage).toMatchObject(used);
    expectStatus(await owner.sessionClient.post('/auth/step-up', { password: owner.password }), 200);
    expectStatus(await owner.sessionClient.delete(`/vaults/${first.id}`), 204);
    expect((await read(owner.client)).usage).toMatchObject({ ...used, vaults: 1, secrets: 1 });
  });
});

describe('who sees what of it', () => {
  /** Which counts are told, and whether who pays is. */
  const seenBy = async (client: Client): Promise<Record<string, boolean>> => {
    const { usage, billing } = await read(client);
    const [vaults, secrets, apiKeys] = [usage.vaults, usage.secrets, usage.apiKeys].map(
      (count) => count !== null,
    );
    expect({ requests: typeof usage.requests, members: usage.members }).toEqual({
      requests: 'number',
      members: expect.any(Number) as number,
    });
    return { vaults, secrets, apiKeys, billing: billing !== null } as Record<string, boolean>;
  };

  it('follows from what they may list, and from managing the subscription', async () => {
    await change({ billing: acmeBilling });
    const everything = { vaults: true, secrets: true, apiKeys: true, billing: true };
    const granted = { vaults: false, secrets: false, apiKeys: true, billing: false };
    expect(await seenBy(owner.client)).toEqual(everything);
    const expected = {
      admin: { ...everything, billing: false },
      developer: granted,
      viewer: granted,
      auditor: granted,
      billing: everything,
    };
    for (const [role, seen] of Object.entries(expected)) {
      const { client } = await memberOf(service, owner, role);
      expect({ role, ...(await seenBy(client)) }).toEqual({ role, ...seen });
    }
    const nothing = { vaults: false, secrets: false, apiKeys: false, billing: false };
    const narrow = await apiKeyOf(owner, { scopes: ['organization:read'] });
    expect(await seenBy(narrow.client)).toEqual(nothing);
    const { id } = await vaultOf(owner);
    const bound = await apiKeyOf(owner, { scopes: ['organization:read', 'vault:read'], vaultIds: [id] });
    expect(await seenBy(bound.client)).toEqual(nothing);
  });

  it('ends with the organization: another one has a subscription of its own', async () => {
    await change({ billing: acmeBilling, requestedPlan: 'pro' });
    const other = await signUp(service, 'Somebody else');
    expect(await read(other.client)).toMatchObject({ billing: null, requestedPlan: null });
  });

  it('is changed with billing:manage alone', async () => {
    for (const role of ['admin', 'developer', 'billing']) {
      const { client } = await memberOf(service, owner, role);
      const reply = await client.patch('/subscription', { notificationsEnabled: false });
      if (role === 'billing') expectStatus(reply, 200);
      else expect(detailsOf(expectStatus(reply, 403))).toMatchObject([{ message: 'billing:manage' }]);
    }
    const key = await apiKeyOf(owner, { scopes: ['billing:manage'] });
    expectStatus(await key.client.get('/subscription'), 403);
    const reply = await key.client.patch('/subscription', { notificationsEnabled: true });
    expect(expectStatus(reply, 200).data()).toMatchObject({ notificationsEnabled: true });
  });
});

/** Values of fields that no subscription has; undefined: the field is missing. */
const refused: [path: string, value: unknown][] = [
  ['billing', 'Acme'],
  ['billing', []],
  ['billing', [acmeBilling]],
  ['billing.name', ''],
  ['billing.name', 'A\nB'],
  ['billing.name', 'x'.repeat(201)],
  ['billing.name', undefined],
  ['billing.email', 'nobody'],
  ['billing.email', null],
  ['billing.phone', 'call me'],
  ['billing.phone', '++43'],
  ['billing.phone', '1'.repeat(41)],
  ['billing.address', null],
  ['billing.address', []],
  ['billing.address.country', 'at'],
  ['billing.address.country', 'AA'],
  ['billing.address.country', 'AUT'],
  ['billing.address.city', '  '],
  ['billing.address.line1', undefined],
  ['billing.address.line2', ''],
  ['billing.address.postalCode', '6'.repeat(21)],
  ['billing.address.street', 'Bahnhofstrasse'],
  ['billing.tax', 'ATU12345678'],
  ['billing.tax.id', ''],
  ['billing.tax.idType', 'EU VAT'],
  ['billing.iban', 'AT00'],
  ['notificationsEnabled', null],
  ['notificationsEnabled', 'yes'],
  ['requestedPlan', ''],
  ['requestedPlan', 5],
  ['requestedPlan', 'gold'],
  ['plan', 'enterprise'],
];

describe('a change of it', () => {
  it('says who pays, all of it or nobody', async () => {
    expect((await change({ billing: acmeBilling })).billing).toEqual(acmeBilling);
    expect(await change({ notificationsEnabled: false })).toMatchObject({
      billing: acmeBilling,
      notificationsEnabled: false,
    });
    const { line2: _line2, ...address } = acmeBilling.address;
    const { tax: _tax, ...billing } = { ...acmeBilling, address };
    const least = { ...billing, address: { ...address, line2: null }, tax: null };
    expect((await change({ billing })).billing).toEqual(least);
    const untyped = { ...acmeBilling, tax: { id: '12' } };
    expect((await change({ billing: untyped })).billing?.tax).toEqual({ id: '12', idType: null });
    expect(await change({ billing: null })).toMatchObject({ billing: null, notificationsEnabled: false });
    expect((await read(owner.client)).billing).toBeNull();
  });

  it('refuses what is wrong, names it, and changes nothing', async () => {
    for (const [path, value] of refused) {
      const body = { billing: structuredClone(acmeBilling), notificationsEnabled: false };
      setAt(body, path.split('.'), value);
      const reply = expectStatus(await owner.sessionClient.patch('/subscription', body), 400);
      expect(detailsOf(reply)).toEqual(
        expect.arrayContaining([expect.objectContaining({ path })]) as unknown[],
      );
    }
    expect(await read(owner.client)).toMatchObject({
      billing: null,
      notificationsEnabled: true,
      plan: 'free',
    });
  });

  it('is held to the state its client has seen, be it of the subscription or of the plan', async () => {
    const etagOf = async (): Promise<string> =>
      (await owner.client.get('/subscription')).headers['etag'] ?? '';
    const tryWith = async (etag: string): Promise<number> => {
      const seen = { headers: { 'if-match': etag } };
      return (await owner.client.patch('/subscription', { notificationsEnabled: false }, seen)).status;
    };
    const first = await etagOf();
    expect(await tryWith(first)).toBe(200);
    expect(await tryWith(first)).toBe(412);
    const second = await etagOf();
    await desk.changeLimits(owner, { plan: 'pro' });
    expect(await tryWith(second)).toBe(412);
    const third = await etagOf();
    const answers = await Promise.all(Array.from({ length: 5 }, () => tryWith(third)));
    expect(answers.sort()).toEqual([200, 412, 412, 412, 412]);
    expect(await tryWith('*')).toBe(200);
    expect(await tryWith('nonsense')).toBe(400);
  });

  it('leaves a record that says which fields, and none of what is personal', async () => {
    await change({ billing: acmeBilling, requestedPlan: 'pro' });
    const records = await trailOf(owner, { type: 'subscription.updated' });
    expect(records).toEqual([
      expect.objectContaining({
        actor: { type: 'user', id: owner.userId },
        resource: { type: 'subscription', ids: [owner.organizationId.replace('org_', 'sub_')] },
        details: { fields: ['requestedPlan', 'billing'], requestedPlan: 'pro' },
      }),
    ]);
    expect(JSON.stringify(records)).not.toContain(acmeBilling.phone);
  });

  it('is not made without a record', async () => {
    await service.database.rows(`ALTER TABLE audit_events RENAME TO lost_events`);
    try {
      const fields = { billing: acmeBilling, requestedPlan: 'pro' };
      expectStatus(await owner.client.patch('/subscription', fields), 503);
    } finally {
      await service.database.rows(`ALTER TABLE lost_events RENAME TO audit_events`);
    }
    expect(await read(owner.client)).toMatchObject({ billing: null, requestedPlan: null });
  });
});

describe('a plan that is asked for', () => {
  it('is shown to administrators of the installation, who answer it by giving one', async () => {
    expect(await change({ requestedPlan: 'pro' })).toMatchObject({ plan: 'free', requestedPlan: 'pro' });
    expect(await desk.limitsOf(owner)).toMatchObject({ plan: 'free', requestedPlan: 'pro' });
    await desk.changeLimits(owner, { tokenRequestsPerMinute: 900 });
    expect(await read(owner.client)).toMatchObject({ plan: 'free', requestedPlan: 'pro' });
    expect(await desk.changeLimits(owner, { plan: 'starter' })).toMatchObject({
      plan: 'starter',
      requestedPlan: null,
    });
    expect(await read(owner.client)).toMatchObject({ plan: 'starter', requestedPlan: null });
  });

  it('is taken back with null, and by asking for the plan there is', async () => {
    for (const taken of [null, 'free']) {
      expect(await change({ requestedPlan: 'pro' })).toMatchObject({ requestedPlan: 'pro' });
      expect(await change({ requestedPlan: taken })).toMatchObject({ plan: 'free', requestedPlan: null });
    }
  });
});

/** Sets a property of a nested body; undefined takes it away. */
function setAt(body: Record<string, unknown>, [name = '', ...rest]: string[], value: unknown): void {
  if (rest.length > 0) setAt(body[name] as Record<string, unknown>, rest, value);
  else body[name] = value;
}
