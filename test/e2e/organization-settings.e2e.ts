import { newUuid, publicId } from '@credvault/database/typed-id.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { trailOf } from './audit-trail.js';

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

const settingsOf = ({ organizationId }: Person): string => `/organizations/${organizationId}/settings`;

describe('the settings of an organization', () => {
  it('report leaked tokens, unless they are told to pause them', async () => {
    const read = expectStatus(await owner.client.get(settingsOf(owner)), 200);
    expect(read.data()).toEqual({ leakedTokens: 'report' });
    const changed = await owner.client.patch(settingsOf(owner), { leakedTokens: 'pause' });
    expect(expectStatus(changed, 200).data()).toEqual({ leakedTokens: 'pause' });
    expect(changed.headers['etag']).not.toBe(read.headers['etag']);
    const again = expectStatus(await owner.sessionClient.get(settingsOf(owner)), 200);
    expect(again.data()).toEqual({ leakedTokens: 'pause' });
    expect(again.headers['etag']).toBe(changed.headers['etag']);
    expect(expectStatus(await owner.client.patch(settingsOf(owner), {}), 200).data()).toEqual({
      leakedTokens: 'pause',
    });
  });

  it.each([['delete'], ['Report'], [''], [null], [true], [['pause']]])(
    'refuse %j for leaked tokens',
    async (leakedTokens) => {
      const reply = expectStatus(await owner.client.patch(settingsOf(owner), { leakedTokens }), 400);
      expect(reply.body).toMatchObject({ error: { details: [{ path: 'leakedTokens' }] } });
      expect((await owner.client.get(settingsOf(owner))).data()).toEqual({ leakedTokens: 'report' });
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
    expect((await owner.client.get(settingsOf(owner))).data()).toEqual({ leakedTokens: 'pause' });
  });

  it('leave a record of each change', async () => {
    expectStatus(await owner.client.patch(settingsOf(owner), { leakedTokens: 'pause' }), 200);
    expect(await trailOf(owner, { type: 'organization_settings.updated' })).toEqual([
      expect.objectContaining({
        outcome: 'success',
        actor: { type: 'user', id: owner.userId },
        resource: { type: 'organization', ids: [owner.organizationId] },
        details: { leakedTokens: 'pause' },
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
    expect((await owner.client.get(settingsOf(owner))).data()).toEqual({ leakedTokens: 'report' });
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
    expect((await other.client.get(settingsOf(other))).data()).toEqual({ leakedTokens: 'report' });
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
