import { newUuid, publicId, uuidOf } from '@credvault/database/typed-id.js';
import { apiKeyOf } from '../support/keys.js';
import { Client } from '../support/client.js';
import {
  askToSwitch,
  joined,
  organizationOf,
  switched,
  type OrganizationAnswer,
  type TokensAnswer,
} from '../support/organizations.js';
import { expectStatus, password, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { trailOf } from './audit-trail.js';

const minute = 60_000;

let service: TestService;
let person: Person;
let acme: OrganizationAnswer;

beforeAll(async () => {
  service = await startTestService();
});
beforeEach(async () => {
  person = await signUp(service, 'Jane Developer');
  acme = await organizationOf(person);
});
afterAll(() => service.stop());

/** What the database has of the sessions of a person. */
function sessionsOf({ userId }: Person): Promise<{ organization_id: string; absolute_expires_at: Date }[]> {
  return service.database.rows(`SELECT * FROM sessions WHERE user_id = $1`, [uuidOf('user', userId)]);
}

const refresh = (refreshToken: string): Promise<{ status: number }> =>
  new Client(service, { address: person.address }).post('/auth/refresh', { refreshToken });

describe('switching', () => {
  it('ends the session and opens one in the other organization', async () => {
    const reply = expectStatus(await askToSwitch(person, acme.id), 200);
    const tokens = reply.data<TokensAnswer>();
    expect(tokens.user).toEqual({ id: person.userId, name: person.name, email: person.email });
    expect(tokens.accessToken).not.toBe(person.session);
    expect(tokens.refreshToken).not.toBe(person.refreshToken);
    expectStatus(await person.sessionClient.get('/me'), 401);
    expect((await refresh(person.refreshToken)).status).toBe(401);
    const client = person.client.as(tokens.accessToken);
    expectStatus(await client.post('/vaults', { name: 'There' }), 201);
    expect((await person.client.get('/vaults')).data()).toEqual([]);
    expect((await refresh(tokens.refreshToken)).status).toBe(200);
    expect(await sessionsOf(person)).toHaveLength(1);
  });

  it('gives the rights that the person has there', async () => {
    const other = await signUp(service, 'Somebody else');
    await joined(service, person, other.organizationId, 'auditor');
    const there = await switched(person, other.organizationId);
    expectStatus(await there.sessionClient.get('/audit-events'), 200);
    expectStatus(await there.sessionClient.post('/vaults', { name: 'Mine' }), 403);
  });

  it('goes there and back, and leaves personal tokens where they are', async () => {
    const there = await switched(person, acme.id);
    const back = expectStatus(await askToSwitch(there, person.organizationId), 200).data<TokensAnswer>();
    const organizations = await person.client.as(back.accessToken).get('/organizations');
    expect(organizations.data<OrganizationAnswer[]>().find(({ current }) => current)?.id).toBe(
      person.organizationId,
    );
    for (const client of [person.client, there.client]) expectStatus(await client.get('/me'), 200);
  });

  it('keeps the absolute end of the session, and no token outlives it', async () => {
    const end = new Date(Date.now() + 5 * minute);
    await service.database.rows(`UPDATE sessions SET absolute_expires_at = $2 WHERE user_id = $1`, [
      uuidOf('user', person.userId),
      end,
    ]);
    const tokens = expectStatus(await askToSwitch(person, acme.id), 200).data<TokensAnswer>();
    expect(tokens.expiresAt).toBe(end.toISOString());
    expect(await sessionsOf(person)).toEqual([
      expect.objectContaining({
        organization_id: uuidOf('organization', acme.id),
        absolute_expires_at: end,
        access_expires_at: end,
        refresh_expires_at: end,
      }),
    ]);
  });

  it('carries no step-up over, however fresh the sign-in was', async () => {
    const { accessToken } = expectStatus(await askToSwitch(person, acme.id), 200).data<TokensAnswer>();
    const there = person.client.as(accessToken);
    for (const refused of [
      await there.delete(`/organizations/${acme.id}`),
      await there.post('/api-tokens', { name: 'Mine' }),
    ]) {
      expectStatus(refused, 403);
      expect(refused.body).toMatchObject({ error: { code: 'STEP_UP_REQUIRED' } });
    }
    expectStatus(await there.post('/auth/step-up', { password }), 200);
    expectStatus(await there.delete(`/organizations/${acme.id}`), 204);
  });

  it('is recorded in both organizations, and neither record names the other', async () => {
    const there = await switched(person, acme.id);
    const [ended] = await trailOf(person, { type: 'session.switched' });
    expect(ended).toMatchObject({
      outcome: 'success',
      actor: { id: person.userId },
      resource: { type: 'session' },
    });
    expect(JSON.stringify(ended)).not.toContain(acme.id);
    const [opened] = await trailOf(there, { type: 'session.created' });
    expect(opened).toMatchObject({ actor: { id: person.userId }, details: { switched: true } });
    expect(opened?.resource).not.toEqual(ended?.resource);
    expect(JSON.stringify(opened)).not.toContain(person.organizationId);
  });

  it('does not happen without its records', async () => {
    await service.database.rows(`ALTER TABLE audit_events RENAME TO lost_events`);
    try {
      expectStatus(await askToSwitch(person, acme.id), 503);
    } finally {
      await service.database.rows(`ALTER TABLE lost_events RENAME TO audit_events`);
    }
    expectStatus(await person.sessionClient.get('/me'), 200);
    expect(await sessionsOf(person)).toHaveLength(1);
  });

  it('leaves the other sessions of the person alone', async () => {
    const visitor = new Client(service, { address: person.address });
    const again = await visitor.post('/auth/login', { email: person.email, password });
    const { accessToken } = expectStatus(again, 200).data<TokensAnswer>();
    expectStatus(await askToSwitch(person, acme.id), 200);
    expectStatus(await visitor.get('/me', { token: accessToken }), 200);
  });
});

describe('switching is refused', () => {
  it('where the person is no member, as where there is nothing', async () => {
    const stranger = await signUp(service, 'Somebody else');
    const answers = [];
    const unknown = publicId('organization', newUuid());
    for (const id of [stranger.organizationId, unknown, 'org_x', acme.id.toUpperCase(), person.userId]) {
      answers.push(expectStatus(await askToSwitch(person, id), 404).text.replace(/req_\w+/, ''));
    }
    expect(new Set(answers).size).toBe(1);
    // Nothing was ended.
    expectStatus(await person.sessionClient.get('/me'), 200);
    expect((await refresh(person.refreshToken)).status).toBe(200);
  });

  it('to where the session acts: 409', async () => {
    expectStatus(await askToSwitch(person, person.organizationId), 409);
    expectStatus(await person.sessionClient.get('/me'), 200);
  });

  it('to tokens and keys', async () => {
    const key = await apiKeyOf(person);
    for (const client of [person.client, key.client]) {
      const reply = await client.post('/auth/switch', { organizationId: acme.id });
      expect(expectStatus(reply, 403).body).toMatchObject({
        error: { details: [{ code: 'session_required' }] },
      });
    }
  });

  it.each([[{}], [{ organizationId: null }], [{ organizationId: '' }], [{ organizationId: 'x'.repeat(65) }]])(
    'for %j',
    async (body) => {
      expectStatus(await person.sessionClient.post('/auth/switch', body), 400);
    },
  );
});
