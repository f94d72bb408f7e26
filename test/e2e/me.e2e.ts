import type { ProfileDto } from '../../apps/api/src/me/profile.dto.js';
import { expectStatus, memberOf, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';
import { trailOf } from './audit-trail.js';

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

describe('the profile', () => {
  it('is the person behind the credential, with the plan of their organization', async () => {
    const person = await signUp(service, 'Jane Developer');
    for (const client of [person.client, person.sessionClient]) {
      const profile = expectStatus(await client.get('/me'), 200).data<Wire<ProfileDto>>();
      expect(profile).toEqual({
        id: person.userId,
        name: 'Jane Developer',
        email: person.email,
        plan: 'free',
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      });
    }
  });

  it('shows the plan of the organization the credential acts in', async () => {
    const owner = await signUp(service);
    const member = await memberOf(service, owner, 'viewer');
    await service.database.rows(
      `UPDATE organizations SET plan = 'pro' FROM memberships m
      JOIN users u ON u.id = m.user_id WHERE m.organization_id = organizations.id AND u.email = $1`,
      [owner.email],
    );
    expect(expectStatus(await member.client.get('/me'), 200).data<ProfileDto>().plan).toBe('pro');
  });

  it('takes a new name, and records it once', async () => {
    const person = await signUp(service);
    const reply = expectStatus(await person.client.patch('/me', { name: 'Ján 😀' }), 200);
    expect(reply.data<ProfileDto>().name).toBe('Ján 😀');
    expect((await person.client.get('/me')).data<ProfileDto>().name).toBe('Ján 😀');
    const records = await trailOf(person, { type: 'user.updated' });
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      details: { fields: ['name'] },
      resource: { type: 'user', ids: [person.userId] },
    });
  });

  it('is changed only in the state its client has seen', async () => {
    const { client } = await signUp(service, 'Before');
    const { etag = '' } = (await client.get('/me')).headers;
    const changed = expectStatus(
      await client.patch('/me', { name: 'First' }, { headers: { 'if-match': etag } }),
      200,
    );
    expect(changed.headers['etag']).not.toBe(etag);
    expectStatus(await client.patch('/me', { name: 'Second' }, { headers: { 'if-match': etag } }), 412);
    expectStatus(await client.patch('/me', { name: 'Third' }, { headers: { 'if-match': 'no quotes' } }), 400);
    expect((await client.get('/me')).data<ProfileDto>().name).toBe('First');
    expect((await client.get('/me')).headers['etag']).toBe(changed.headers['etag']);
  });

  it('takes nothing but a name', async () => {
    const person = await signUp(service, 'Same');
    for (const body of [
      {},
      { name: '' },
      { name: '   ' },
      { name: 'a\nb' },
      { name: 'x'.repeat(101) },
      { name: null },
      { name: 'x', email: 'b@example.com' },
      { name: 'x', plan: 'pro' },
    ]) {
      expectStatus(await person.client.patch('/me', body), 400);
    }
    expect((await person.client.get('/me')).data<ProfileDto>().name).toBe('Same');
  });

  it("is nobody's without a credential", async () => {
    const { client } = await signUp(service);
    const reply = expectStatus(await client.get('/me', { token: null }), 401);
    expect(reply.headers['www-authenticate']).toBe('Bearer realm="credvault"');
    expectStatus(await client.patch('/me', { name: 'x' }, { token: null }), 401);
  });
});
