import { newUuid, publicId } from '@credvault/database/typed-id.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { askToSet, settingsOf } from '../support/settings.js';
import { startTestService, type TestService } from '../support/service.js';
import { trailOf } from './audit-trail.js';
import { ageStepUps } from './mfa-people.js';

let service: TestService;
let owner: Person;

beforeAll(async () => {
  service = await startTestService();
  // The administrator of the installation is somebody else.
  await signUp(service, 'The administrator');
});
beforeEach(async () => {
  owner = await signUp(service, 'An owner');
});
afterAll(() => service.stop());

/** What an organization has decided that has decided nothing. */
const initial = {
  leakedTokens: 'report',
  sessionLifetimeHours: null,
  requireMfa: false,
  allowedIps: null,
  maxTokenLifetimeDays: null,
  maxKeyLifetimeDays: null,
  recoveryWindowDays: 0,
};

describe('the settings of an organization', () => {
  it('bound nothing until they are told to, and change one by one', async () => {
    const read = expectStatus(await owner.client.get(settingsOf(owner)), 200);
    expect(read.data()).toEqual(initial);
    const all = {
      leakedTokens: 'pause',
      sessionLifetimeHours: 2160,
      allowedIps: ['10.0.0.0/8', '2001:db8::/32', '203.0.113.9'],
      maxTokenLifetimeDays: 1,
      maxKeyLifetimeDays: 3650,
      recoveryWindowDays: 90,
    };
    const changed = expectStatus(await owner.client.patch(settingsOf(owner), all), 200);
    const kept = { ...initial, ...all, allowedIps: ['10.0.0.0/8', '2001:db8::/32', '203.0.113.9/32'] };
    expect(changed.data()).toEqual(kept);
    expect(changed.headers['etag']).not.toBe(read.headers['etag']);
    const again = expectStatus(await owner.sessionClient.get(settingsOf(owner)), 200);
    expect([again.data(), again.headers['etag']]).toEqual([kept, changed.headers['etag']]);
    const cleared = { allowedIps: null, maxKeyLifetimeDays: null, recoveryWindowDays: 0 };
    expect(expectStatus(await askToSet(owner, cleared), 200).data()).toEqual({
      ...kept,
      ...cleared,
    });
  });

  it('that are what they were shall be change nothing', async () => {
    const { etag } = expectStatus(await owner.client.get(settingsOf(owner)), 200).headers;
    for (const fields of [{}, initial]) {
      const reply = expectStatus(await owner.client.patch(settingsOf(owner), fields), 200);
      expect([reply.data(), reply.headers['etag']]).toEqual([initial, etag]);
    }
    expect(await trailOf(owner, { type: 'organization_settings.updated' })).toEqual([]);
  });

  it.each<[string, unknown[]]>([
    ['leakedTokens', ['delete', 'Report', '', null, true, ['pause']]],
    ['sessionLifetimeHours', [0, -1, 2161, 1.5, '12', true, [1]]],
    ['requireMfa', [null, 'true', 0, 1]],
    ['allowedIps', [[], ['10.0.0.0/8', '10.0.0.0/8'], '10.0.0.0/8', [null], Array(101).fill('10.0.0.1')]],
    ['maxTokenLifetimeDays', [0, 3651, 0.5, '90', false]],
    ['maxKeyLifetimeDays', [0, 3651, 0.5, '90', false]],
    ['recoveryWindowDays', [-1, 91, 1.5, null, '30']],
  ])('refuse for %s what it cannot be', async (name, values) => {
    for (const value of values) {
      const reply = expectStatus(await owner.client.patch(settingsOf(owner), { [name]: value }), 400);
      expect(reply.json<{ error: { details: { path: string }[] } }>().error.details[0]?.path).toMatch(
        new RegExp(`^${name}`),
      );
    }
    expect((await owner.client.get(settingsOf(owner))).data()).toEqual(initial);
  });

  it.each(['10.0.0.1/8', '10.0.0', '010.0.0.0/8', '10.0.0.0/33', '::ffff:10.0.0.0/104', 'fe80::1%eth0', '*'])(
    'refuse %s for a block of addresses',
    async (block) => {
      const reply = await owner.client.patch(settingsOf(owner), { allowedIps: ['10.0.0.0/8', block] });
      expect(expectStatus(reply, 400).body).toMatchObject({
        error: { details: [{ path: 'allowedIps.1', code: 'cidr' }] },
      });
    },
  );

  it('take no plan and no limits', async () => {
    for (const fields of [{ plan: 'enterprise' }, { tokenRequestsPerMinute: null }]) {
      expectStatus(await owner.client.patch(settingsOf(owner), fields), 400);
    }
  });

  it('are changed only in the state their client has seen', async () => {
    const { etag = '' } = (await owner.client.get(settingsOf(owner))).headers;
    const seen = { headers: { 'if-match': etag } };
    expectStatus(await owner.client.patch(settingsOf(owner), { leakedTokens: 'pause' }, seen), 200);
    expectStatus(await owner.client.patch(settingsOf(owner), { leakedTokens: 'report' }, seen), 412);
    expect((await owner.client.get(settingsOf(owner))).data()).toMatchObject({ leakedTokens: 'pause' });
  });

  it('are changed by a session only while it is stepped up', async () => {
    await ageStepUps(owner, 6);
    expect(expectStatus(await askToSet(owner, { leakedTokens: 'pause' }), 403).body).toMatchObject({
      error: { code: 'STEP_UP_REQUIRED' },
    });
    const proved = await owner.sessionClient.post('/auth/step-up', { password: owner.password });
    expectStatus(proved, 200);
    expectStatus(await askToSet(owner, { leakedTokens: 'pause' }), 200);
  });

  it('leave a record of each change, with what was before', async () => {
    const fields = { leakedTokens: 'pause', maxKeyLifetimeDays: 30, requireMfa: false };
    expectStatus(await owner.client.patch(settingsOf(owner), fields), 200);
    expect(await trailOf(owner, { type: 'organization_settings.updated' })).toEqual([
      expect.objectContaining({
        outcome: 'success',
        actor: { type: 'user', id: owner.userId },
        resource: { type: 'organization', ids: [owner.organizationId] },
        details: {
          leakedTokens: { from: 'report', to: 'pause' },
          maxKeyLifetimeDays: { from: null, to: 30 },
        },
      }),
    ]);
  });

  it('are not changed without a record', async () => {
    await service.database.rows(`ALTER TABLE audit_events RENAME TO lost_events`);
    try {
      expectStatus(await owner.client.patch(settingsOf(owner), { leakedTokens: 'pause' }), 503);
    } finally {
      await service.database.rows(`ALTER TABLE lost_events RENAME TO audit_events`);
    }
    expect((await owner.client.get(settingsOf(owner))).data()).toEqual(initial);
  });
});

describe('whose settings', () => {
  it('those of another organization are as unknown as those of none', async () => {
    const other = await signUp(service, 'Somebody else');
    const unknown = `/organizations/${publicId('organization', newUuid())}/settings`;
    for (const path of [settingsOf(other), unknown, '/organizations/org_x/settings']) {
      const read = expectStatus(await owner.client.get(path), 404);
      expect(read.body).toMatchObject({ error: { message: 'There is no such organization.' } });
      expectStatus(await owner.client.patch(path, { leakedTokens: 'pause' }), 404);
    }
    expect((await other.client.get(settingsOf(other))).data()).toEqual(initial);
  });

  it('every member sees them, and who may not modify settings is told the scope', async () => {
    for (const role of ['admin', 'developer', 'viewer', 'auditor', 'billing']) {
      const { client } = await memberOf(service, owner, role);
      expectStatus(await client.get(settingsOf(owner)), 200);
      const changed = await client.patch(settingsOf(owner), { leakedTokens: 'pause' });
      if (role === 'admin') expectStatus(changed, 200);
      else {
        expect(expectStatus(changed, 403).body).toMatchObject({
          error: { details: [{ code: 'missing_scope', message: 'settings:modify' }] },
        });
      }
    }
  });

  it('the administrator of the installation does not reach those of a tenant', async () => {
    await service.database.rows(`UPDATE users SET is_superuser = true WHERE email = $1`, [owner.email]);
    const tenant = await signUp(service, 'A tenant');
    expectStatus(await owner.sessionClient.get(settingsOf(tenant)), 404);
    expectStatus(await owner.sessionClient.patch(settingsOf(tenant), { leakedTokens: 'pause' }), 404);
  });
});
