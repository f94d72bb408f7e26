import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { newUuid, publicId, uuidOf } from '@credvault/database/typed-id.js';
import type { CloudOrganizationDto } from '../../apps/api/src/cloud-v2/organizations.dto.js';
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
import { projectOf } from '../support/projects.js';
import { set } from '../support/settings.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';
import { trailOf } from './audit-trail.js';
import { ask } from './cloud-v2-requests.js';
import { enrol } from './mfa-people.js';

type CloudAnswer = Wire<CloudOrganizationDto>;

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

describe('another organization that would not take the person as they come', () => {
  let other: Person;
  let id: string;

  beforeEach(async () => {
    other = await signUp(service, 'Somebody else');
    id = other.organizationId;
    await projectOf(other);
    const fields = { email: 'platform@example.com', notifications_enabled: false };
    expectStatus(await ask(other.client, 'PUT', `/organizations/${id}/`, { body: fields }), 200);
    await joined(service, person, id, 'admin');
  });

  /** What the person sees of what is there: in both APIs, by itself and in the list. */
  async function seen(): Promise<unknown[]> {
    const one = (await person.client.get(`/organizations/${id}`)).data<OrganizationAnswer>();
    const all = (await person.client.get('/organizations')).data<OrganizationAnswer[]>();
    const cloudOne = (await ask(person.client, 'GET', `/organizations/${id}/`)).json<CloudAnswer>();
    const cloudAll = (await ask(person.client, 'GET', '/organizations/')).json<CloudAnswer[]>();
    for (const shown of [one, cloudOne])
      expect(shown).toMatchObject({ id, name: other.name + ' (personal)' });
    expect(one.role).toBe('admin');
    const ofCloud = [cloudOne, cloudAll.find((found) => found.id === id)].flatMap((found) => [
      found?.email,
      found?.project_count,
      found?.notifications_enabled,
    ]);
    return [one.memberCount, all.find((found) => found.id === id)?.memberCount, ...ofCloud];
  }
  /** Written by SQL: by the API only somebody with a second factor asks for it. */
  async function askForMfa(): Promise<void> {
    const uuid = uuidOf('organization', id) ?? '';
    await service.database.rows(`UPDATE organizations SET require_mfa = true WHERE id = $1`, [uuid]);
    service.app.get(CredentialRegistry, { strict: false }).invalidate({ kind: 'organization', id: uuid });
  }

  const everything = [2, 2, 'platform@example.com', 1, false, 'platform@example.com', 1, false];
  const nothing = [null, null, null, 0, true, null, 0, true];

  it('tells nothing of what is in it to an address that it does not take', async () => {
    expect(await seen()).toEqual(everything);
    await set(other, { allowedIps: [other.address] });
    expect(await seen()).toEqual(nothing);
    await set(other, { allowedIps: [other.address, person.address] });
    expect(await seen()).toEqual(everything);
  });

  it('nor to somebody without the second factor that it asks for', async () => {
    await askForMfa();
    expect(await seen()).toEqual(nothing);
    await enrol(person);
    expect(await seen()).toEqual(everything);
  });

  it('nor does their own, of its projects, while it waits for that', async () => {
    const roles = async (): Promise<object[]> =>
      (await ask(other.client, 'GET', '/users/me/')).json<{ project_roles: object[] }>().project_roles;
    expect(await roles()).toHaveLength(1);
    await askForMfa();
    expect(await roles()).toEqual([]);
  });
});
