import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionDto, SessionTokensDto } from '../../apps/api/src/auth/session.dto.js';
import { AccountLinksService } from '../../apps/api/src/auth/account-links.service.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import { Client, type Reply } from '../support/client.js';
import { expectStatus, newAddress, password, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';
import { trailOf } from './audit-trail.js';

type Tokens = Wire<SessionTokensDto>;

const minute = 60_000;
const newPassword = 'eleven wet ravens skip lunch';
let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const visitor = (): Client => new Client(service, { address: newAddress() });

function login({ email }: Pick<Person, 'email'>, secret = password): Promise<Reply> {
  return visitor().post('/auth/login', { email, password: secret });
}

async function signedIn(person: Pick<Person, 'email'>, secret = password): Promise<Tokens> {
  return expectStatus(await login(person, secret), 200).data<Tokens>();
}

function refresh(refreshToken: string): Promise<Reply> {
  return visitor().post('/auth/refresh', { refreshToken });
}

async function refreshed(refreshToken: string): Promise<Tokens> {
  return expectStatus(await refresh(refreshToken), 200).data<Tokens>();
}

function whoami(token: string): Promise<Reply> {
  return visitor().get('/me', { token });
}

/** What an operator hands out. */
function resetLinkOf(person: Person): Promise<{ token: string }> {
  const links = service.app.get(AccountLinksService, { strict: false });
  const userId = String(uuidOf('user', person.userId));
  return service.database.transaction((transaction) => links.issuePasswordReset(transaction, userId));
}

/** Moves the exchanges of a person's refresh tokens into the past. */
async function age(person: Person, seconds: number): Promise<void> {
  await service.database.rows(
    `UPDATE refresh_tokens SET replaced_at = replaced_at - make_interval(secs => $2)
     WHERE session_id IN (SELECT id FROM sessions WHERE user_id = $1)`,
    [uuidOf('user', person.userId), seconds],
  );
}

describe('signing in', () => {
  it('gives an access token for a quarter of an hour, a refresh token, and who it is', async () => {
    const person = await signUp(service, 'Ann');
    const before = Date.now();
    const tokens = await signedIn({ email: person.email.toUpperCase() });
    expect(tokens.accessToken).toMatch(/^cvs_[0-9A-Za-z]{49}$/);
    expect(tokens.refreshToken).toMatch(/^cvr_[0-9A-Za-z]{49}$/);
    expect(tokens.user).toEqual({ id: person.userId, name: 'Ann', email: person.email });
    const lifetime = Date.parse(tokens.expiresAt) - before;
    expect(lifetime).toBeGreaterThan(14 * minute);
    expect(lifetime).toBeLessThan(16 * minute);
    expectStatus(await whoami(tokens.accessToken), 200);
    expectStatus(await whoami(tokens.refreshToken), 401);
  });

  it('answers a wrong password like an unknown account', async () => {
    const person = await signUp(service);
    const wrong = expectStatus(await login(person, 'another password 99'), 401);
    const unknown = expectStatus(await login({ email: 'nobody@example.com' }), 401);
    const bare = ({ text }: Reply): string => text.replace(/req_\w+/, 'req');
    expect(bare(wrong)).toBe(bare(unknown));
    expect(Object.keys(wrong.headers).sort()).toEqual(Object.keys(unknown.headers).sort());
  });

  it('records a sign-in and a failed one', async () => {
    const person = await signUp(service);
    await login(person, 'another password 99');
    const events = await trailOf(person);
    const failures = events.filter(({ type }) => type === 'session.refused');
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({
      outcome: 'denied',
      actor: { type: 'user', id: person.userId },
      credential: null,
      request: { method: 'POST', route: '/auth/login', status: 401 },
    });
    expect(events.filter(({ type }) => type === 'session.created')).toHaveLength(1);
  });

  it('refuses an access token whose time is over', async () => {
    const person = await signUp(service);
    const { accessToken } = await signedIn(person);
    expectStatus(await whoami(accessToken), 200);
    await service.database.rows(
      `UPDATE sessions SET access_expires_at = now() - interval '1 second' WHERE user_id = $1`,
      [uuidOf('user', person.userId)],
    );
    await sleep(300);
    const reply = expectStatus(await whoami(accessToken), 401);
    expect(reply.json<{ error: { message: string } }>().error.message).toBe('Invalid or expired API token.');
    expect(reply.headers['www-authenticate']).toContain('Bearer');
  });
});

describe('refreshing', () => {
  it('exchanges both tokens and ends the old access token', async () => {
    const first = await signedIn(await signUp(service));
    const second = await refreshed(first.refreshToken);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expectStatus(await whoami(first.accessToken), 401);
    expectStatus(await whoami(second.accessToken), 200);
  });

  it('answers the predecessor within ten seconds with 409 and ends nothing', async () => {
    const person = await signUp(service);
    const first = await signedIn(person);
    const second = await refreshed(first.refreshToken);
    expectStatus(await refresh(first.refreshToken), 409);
    await age(person, 8);
    expectStatus(await refresh(first.refreshToken), 409);
    expectStatus(await whoami(second.accessToken), 200);
    await refreshed(second.refreshToken);
    expect(await trailOf(person, { type: 'session.refresh_reused' })).toEqual([]);
  });

  it.each([
    ['the predecessor after ten seconds', 11, 1],
    ['an older one at once', 0, 2],
  ])('ends the whole family for %s, and records it', async (_which, seconds, exchanges) => {
    const person = await signUp(service);
    const bystander = await signedIn(person);
    const first = await signedIn(person);
    let newest = first;
    for (let count = 0; count < exchanges; count++) {
      await sleep(2);
      newest = await refreshed(newest.refreshToken);
    }
    await age(person, seconds);
    expectStatus(await refresh(first.refreshToken), 401);
    expectStatus(await whoami(newest.accessToken), 401);
    expectStatus(await refresh(newest.refreshToken), 401);
    expectStatus(await whoami(bystander.accessToken), 200);
    const records = await trailOf(person, { type: 'session.refresh_reused' });
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      outcome: 'denied',
      actor: { id: person.userId },
      resource: { type: 'session' },
    });
  });

  it('refuses what is no refresh token, or whose time is over', async () => {
    const person = await signUp(service);
    const { accessToken, refreshToken } = await signedIn(person);
    for (const wrong of [accessToken, person.token, 'garbage', `${refreshToken.slice(0, -1)}~`]) {
      expectStatus(await refresh(wrong), 401);
    }
    for (const column of ['refresh_expires_at', 'absolute_expires_at']) {
      const tokens = await signedIn(person);
      await service.database.rows(
        `UPDATE sessions SET ${column} = now() - interval '1 second' WHERE user_id = $1`,
        [uuidOf('user', person.userId)],
      );
      expectStatus(await refresh(tokens.refreshToken), 401);
    }
  });

  it('never goes beyond ninety days', async () => {
    const person = await signUp(service);
    const { refreshToken } = await signedIn(person);
    await service.database.rows(
      `UPDATE sessions SET absolute_expires_at = now() + interval '5 minutes' WHERE user_id = $1`,
      [uuidOf('user', person.userId)],
    );
    const { expiresAt } = await refreshed(refreshToken);
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThan(5 * minute);
  });
});

describe('signing out and the list of sessions', () => {
  it('ends this session and no other', async () => {
    const person = await signUp(service);
    const mine = await signedIn(person);
    expectStatus(await visitor().post('/auth/logout', undefined, { token: mine.accessToken }), 204);
    expectStatus(await whoami(mine.accessToken), 401);
    expectStatus(await refresh(mine.refreshToken), 401);
    expectStatus(await whoami(person.session), 200);
    expectStatus(await whoami(person.token), 200);
  });

  it('lists the sessions, marks the present one, and ends another', async () => {
    const person = await signUp(service);
    const other = await signedIn(person);
    const sessions = expectStatus(await person.sessionClient.get('/auth/sessions'), 200).data<
      Wire<SessionDto>[]
    >();
    expect(sessions).toHaveLength(2);
    expect(sessions.filter(({ current }) => current)).toHaveLength(1);
    const [stranger] = expectStatus(await visitor().get('/auth/sessions', { token: other.accessToken }), 200)
      .data<Wire<SessionDto>[]>()
      .filter(({ current }) => current);
    expect(sessions.find(({ id }) => id === stranger?.id)).toMatchObject({ current: false });
    expectStatus(await person.sessionClient.delete(`/auth/sessions/${stranger?.id}`), 204);
    expectStatus(await whoami(other.accessToken), 401);
    expectStatus(await refresh(other.refreshToken), 401);
    expectStatus(await person.sessionClient.delete(`/auth/sessions/${stranger?.id}`), 404);
    expectStatus(await whoami(person.session), 200);
  });

  it('takes sessions only: a personal token is refused', async () => {
    const { client } = await signUp(service);
    expectStatus(await client.get('/auth/sessions'), 403);
    expectStatus(await client.post('/auth/logout'), 403);
    expectStatus(await client.post('/auth/password', { currentPassword: password, newPassword }), 403);
  });
});

describe('passwords', () => {
  it('changes the password, ends the other sessions, and lists the tokens to look through', async () => {
    const person = await signUp(service);
    const other = await signedIn(person);
    const change = { currentPassword: password, newPassword };
    const reply = expectStatus(await person.sessionClient.post('/auth/password', change), 200);
    expect(reply.data()).toEqual({
      endedSessions: 1,
      tokensToReview: [
        expect.objectContaining({
          id: person.tokenId,
          name: 'Tests',
          hint: person.token.slice(0, 12),
        }) as object,
      ],
    });
    expect(reply.text).not.toContain(person.token);
    expectStatus(await whoami(other.accessToken), 401);
    expectStatus(await refresh(other.refreshToken), 401);
    expectStatus(await whoami(person.session), 200);
    expectStatus(await whoami(person.token), 200);
    expectStatus(await login(person), 401);
    expectStatus(await login(person, newPassword), 200);
    expect(await trailOf(person, { type: 'user.password_changed' })).toHaveLength(1);
  });

  it('changes nothing for a wrong present password or a weak new one', async () => {
    const person = await signUp(service);
    const { sessionClient } = person;
    const wrong = { currentPassword: 'not the password 1', newPassword };
    expectStatus(await sessionClient.post('/auth/password', wrong), 403);
    const weak = await sessionClient.post('/auth/password', {
      currentPassword: password,
      newPassword: 'password1234',
    });
    expect(
      expectStatus(weak, 400).json<{ error: { details: { path: string }[] } }>().error.details[0]?.path,
    ).toBe('newPassword');
    expectStatus(await login(person), 200);
  });

  it('says of a wrong present password in the trail what it was', async () => {
    const person = await signUp(service);
    await person.sessionClient.post('/auth/password', { currentPassword: 'not the password 1', newPassword });
    const [refusal] = await trailOf(person, { outcome: 'denied' });
    expect(refusal).toMatchObject({ request: { route: '/auth/password', status: 403 } });
    expect(refusal?.reason).not.toBe('insufficient scope');
  });

  it('resets the password by a link, once, and ends all sessions', async () => {
    const person = await signUp(service);
    const { token } = await resetLinkOf(person);
    const reset = (secret: string): Promise<Reply> =>
      visitor().post('/auth/password/reset', { token, newPassword: secret });
    expectStatus(await reset('password1234'), 400);
    expectStatus(await reset(newPassword), 204);
    expectStatus(await reset('another good one 77'), 403);
    expectStatus(await whoami(person.session), 401);
    expectStatus(await refresh(person.refreshToken), 401);
    expectStatus(await login(person), 401);
    expectStatus(await login(person, newPassword), 200);
    expect(await trailOf(person, { type: 'user.password_reset' })).toHaveLength(1);
  });

  it('refuses a link that has expired or is of another kind', async () => {
    const person = await signUp(service);
    const links = service.app.get(AccountLinksService, { strict: false });
    const expired = await resetLinkOf(person);
    await service.database.rows(`UPDATE account_links SET expires_at = now() - interval '1 second'`);
    const invitation = await links.issueInvitation(person.email);
    for (const { token } of [expired, invitation]) {
      expectStatus(await visitor().post('/auth/password/reset', { token, newPassword }), 403);
    }
    expectStatus(await login(person), 200);
  });
});
