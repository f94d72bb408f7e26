import { uuidOf } from '@credvault/database/typed-id.js';
import { Client, type Reply } from '../support/client.js';
import { apiKeyOf } from '../support/keys.js';
import {
  askToSwitch,
  joined,
  organizationOf,
  switched,
  type TokensAnswer,
} from '../support/organizations.js';
import { expectStatus, memberOf, newAddress, type Person, signUp } from '../support/people.js';
import { set } from '../support/settings.js';
import { startTestService, type TestService } from '../support/service.js';
import { trailOf } from './audit-trail.js';
import { challengeOf, codeOf, enrol, signUpWithMfa } from './mfa-people.js';

let service: TestService;
let owner: Person;

beforeAll(async () => {
  service = await startTestService();
  await signUp(service, 'The administrator');
});
beforeEach(async () => {
  owner = await signUp(service, 'An owner');
});
afterAll(() => service.stop());

/** Lets so many minutes pass since everybody in the organization of a person signed in. */
async function ageSessions({ organizationId }: Person, minutes: number): Promise<void> {
  await service.database.rows(
    `UPDATE sessions SET signed_in_at = signed_in_at - make_interval(mins => $2) WHERE organization_id = $1`,
    [uuidOf('organization', organizationId), minutes],
  );
}

/** Signs in from an address. */
const signInFrom = (address: string, { email, password }: Person): Promise<Reply> =>
  new Client(service, { address }).post('/auth/login', { email, password });

/** A client of the same person that comes from another place. */
const elsewhere = (token: string): Client => new Client(service, { token, address: newAddress() });

const refresh = (refreshToken: string, address = newAddress()): Promise<Reply> =>
  new Client(service, { address }).post('/auth/refresh', { refreshToken });

const outside = {
  error: { code: 'FORBIDDEN', details: [{ path: 'address', code: 'address_not_allowed' }] },
};

describe('the lifetime of sessions', () => {
  it('ends those that are older at once, with their refresh tokens, and no others', async () => {
    await ageSessions(owner, 120);
    const young = expectStatus(await signInFrom(owner.address, owner), 200).data<TokensAnswer>();
    await set(owner, { sessionLifetimeHours: 1 });
    expectStatus(await owner.sessionClient.get('/me'), 401);
    expectStatus(await refresh(owner.refreshToken), 401);
    expectStatus(await owner.client.get('/me'), 200);
    const listed = await owner.client.get('/auth/sessions', { token: young.accessToken });
    const sessions = expectStatus(listed, 200).data<{ current: boolean; expiresAt: string }[]>();
    expect(sessions.map(({ current }) => current)).toEqual([true]);
    expect(Date.parse(sessions[0]?.expiresAt ?? '')).toBeLessThanOrEqual(Date.now() + 60 * 60_000);
    const renewed = expectStatus(await refresh(young.refreshToken), 200).data<TokensAnswer>();
    expect(Date.parse(renewed.expiresAt)).toBeGreaterThan(Date.now());
  });

  it('cuts the tokens of a refresh to what is left of it', async () => {
    await set(owner, { sessionLifetimeHours: 1 });
    await ageSessions(owner, 55);
    const { expiresAt } = expectStatus(await refresh(owner.refreshToken), 200).data<TokensAnswer>();
    expect(Date.parse(expiresAt)).toBeLessThanOrEqual(Date.now() + 5 * 60_000);
  });

  it('counts from the sign-in, wherever the session has been switched to since', async () => {
    const { id: strict } = await organizationOf(owner, 'Strict');
    const there = await switched(owner, strict);
    await set(there, { sessionLifetimeHours: 1 });
    await ageSessions(there, 50);
    const home = await switched(there, owner.organizationId);
    const again = expectStatus(await askToSwitch(home, strict), 200).data<TokensAnswer>();
    expect(Date.parse(again.expiresAt)).toBeLessThanOrEqual(Date.now() + 10 * 60_000);
    const back = await switched(
      { ...home, sessionClient: home.client.as(again.accessToken) },
      home.organizationId,
    );
    await ageSessions(back, 20);
    expect(expectStatus(await askToSwitch(back, strict), 403).body).toMatchObject({
      error: { details: [{ code: 'session_too_old' }] },
    });
    expectStatus(await back.sessionClient.get('/me'), 200);
  });
});

describe('allowed addresses', () => {
  it('bind every credential of the organization, and leave a record', async () => {
    const key = await apiKeyOf(owner);
    await set(owner, { allowedIps: [owner.address] });
    for (const token of [owner.session, owner.token, key.key]) {
      expectStatus(await new Client(service, { token, address: owner.address }).get('/vaults'), 200);
      const reply = expectStatus(await elsewhere(token).get('/vaults'), 403);
      expect(reply.body).toMatchObject(outside);
    }
    expect(expectStatus(await refresh(owner.refreshToken), 403).body).toMatchObject(outside);
    expectStatus(await refresh(owner.refreshToken, owner.address), 200);
    const refused = await trailOf(owner, { outcome: 'denied' });
    expect(refused.map(({ reason }) => reason)).toEqual(Array(4).fill('address not allowed'));
    await set({ ...owner, sessionClient: owner.client }, { allowedIps: null });
    expectStatus(await elsewhere(owner.token).get('/vaults'), 200);
  });

  it('say whose list it is where a key has one of its own', async () => {
    const key = await apiKeyOf(owner, { allowedIps: ['203.0.113.0/24'] });
    await set(owner, { allowedIps: [owner.address] });
    const from = async (address: string): Promise<unknown> =>
      expectStatus(await new Client(service, { token: key.key, address }).get('/vaults'), 403).body;
    expect(await from(owner.address)).toMatchObject({
      error: { message: 'API key may not be used from this address' },
    });
    expect(await from('203.0.113.9')).toMatchObject({
      error: { message: 'The organization may not be used from this address' },
    });
    const checked = await owner.client.post(`/api-keys/${key.id}/test`, undefined, {
      query: { ipAddress: '203.0.113.9' },
    });
    expect(expectStatus(checked, 200).data()).toMatchObject({
      success: false,
      checks: expect.arrayContaining([
        {
          check: 'address_allowed',
          passed: false,
          reason: "The address 203.0.113.9 is in none of the organization's blocks.",
        },
      ]) as unknown[],
    });
  });

  it('are refused when they would keep their maker out', async () => {
    for (const block of ['203.0.113.0/24', '2001:db8::/32']) {
      const reply = await owner.client.patch(`/organizations/${owner.organizationId}/settings`, {
        allowedIps: [block],
      });
      expect(expectStatus(reply, 400).body).toMatchObject({
        error: { details: [{ path: 'allowedIps', code: 'would_lock_you_out' }] },
      });
    }
    expectStatus(await elsewhere(owner.token).get('/vaults'), 200);
  });

  it('keep sign-ins, challenges and switches out, and let people in where they may be', async () => {
    await set(owner, { allowedIps: [owner.address] });
    const refused = expectStatus(await signInFrom(newAddress(), owner), 403);
    expect(refused.body).toMatchObject(outside);
    expectStatus(await signInFrom(newAddress(), { ...owner, password: 'not the password' }), 401);
    expectStatus(await signInFrom(owner.address, owner), 200);
    expect(await trailOf(owner, { type: 'session.refused' })).toEqual([
      expect.objectContaining({ outcome: 'denied', reason: 'address not allowed' }),
      expect.objectContaining({ outcome: 'denied', reason: 'wrong password' }),
    ]);
    const other = await signUp(service, 'Somebody with two organizations');
    const second = await switched(other, (await organizationOf(other, 'Second')).id);
    await set(second, { allowedIps: [other.address] });
    const home = expectStatus(await signInFrom(newAddress(), other), 200).data<TokensAnswer>();
    const asked = await elsewhere(home.accessToken).post('/auth/switch', {
      organizationId: second.organizationId,
    });
    expect(expectStatus(asked, 403).body).toMatchObject(outside);
    expectStatus(await elsewhere(home.accessToken).get('/me'), 200);
  });

  it('let a sign-in act in the next organization that takes the address', async () => {
    const { id } = await organizationOf(owner, 'Second');
    await set(owner, { allowedIps: [owner.address] });
    const { accessToken } = expectStatus(await signInFrom(newAddress(), owner), 200).data<TokensAnswer>();
    const [current] = expectStatus(await elsewhere(accessToken).get('/organizations'), 200)
      .data<{ id: string; current: boolean }[]>()
      .filter((organization) => organization.current);
    expect(current?.id).toBe(id);
  });

  it('keep a second factor out that is proved elsewhere, and leave its code unused', async () => {
    const person = await signUpWithMfa(service);
    await set(person, { allowedIps: [person.address] });
    const challengeToken = await challengeOf(person, person.address);
    const proof = { challengeToken, code: codeOf(person, 1) };
    const away = new Client(service, { address: newAddress() });
    expect(expectStatus(await away.post('/auth/mfa', proof), 403).body).toMatchObject(outside);
    const here = new Client(service, { address: person.address });
    expectStatus(await here.post('/auth/mfa', proof), 200);
  });
});

describe('a second factor for everybody', () => {
  const required = { error: { code: 'MFA_REQUIRED', details: [{ code: 'MFA_REQUIRED' }] } };

  it('is asked of people without one, by session and token, until they have enrolled one', async () => {
    const boss = await signUpWithMfa(service);
    const member = await memberOf(service, boss, 'developer');
    const key = await apiKeyOf(member);
    for (const client of [member.client, member.sessionClient])
      expectStatus(await client.get('/vaults'), 200);
    await set(boss, { requireMfa: true });
    for (const client of [member.client, member.sessionClient]) {
      expect(expectStatus(await client.get('/vaults'), 403).body).toMatchObject(required);
      expect(expectStatus(await client.post('/vaults', { name: 'Mine' }), 403).body).toMatchObject(required);
      expectStatus(await client.get('/me'), 200);
    }
    for (const path of ['/auth/mfa', '/auth/sessions']) {
      expectStatus(await member.sessionClient.get(path), 200);
    }
    expect(expectStatus(await member.sessionClient.get('/api-tokens'), 403).body).toMatchObject(required);
    for (const client of [key.client, boss.client, boss.sessionClient]) {
      expectStatus(await client.get('/vaults'), 200);
    }
    await enrol(member);
    for (const client of [member.client, member.sessionClient])
      expectStatus(await client.get('/vaults'), 200);
    const [record] = await trailOf(boss, { actor: member.userId, outcome: 'denied' });
    expect(record).toMatchObject({ reason: 'second factor required', request: { status: 403 } });
  });

  it('is not asked for by somebody who has none', async () => {
    const reply = await owner.client.patch(`/organizations/${owner.organizationId}/settings`, {
      requireMfa: true,
    });
    expect(expectStatus(reply, 400).body).toMatchObject({
      error: { details: [{ path: 'requireMfa', code: 'would_lock_you_out' }] },
    });
    expectStatus(await owner.client.get('/vaults'), 200);
  });

  it('is not switched off by anybody whom one of their organizations asks for it', async () => {
    const [boss, person] = [await signUpWithMfa(service), await signUpWithMfa(service)];
    await joined(service, person, boss.organizationId, 'developer');
    await set(boss, { requireMfa: true });
    expect(expectStatus(await person.sessionClient.delete('/auth/mfa'), 409).body).toMatchObject({
      error: { details: [{ code: 'mfa_required' }] },
    });
    expect(expectStatus(await person.sessionClient.get('/auth/mfa'), 200).data()).toMatchObject({
      enabled: true,
    });
    await set(boss, { requireMfa: false });
    expectStatus(await person.sessionClient.delete('/auth/mfa'), 204);
  });
});
