import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionTokensDto } from '../../apps/api/src/auth/session.dto.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import { Client, type Reply } from '../support/client.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';

/** What is revoked on one process may work on another for at most this long, in milliseconds (DESIGN, promise 8). */
const longest = 1_000;

let here: TestService;
let there: TestService;
let person: Person;

beforeAll(async () => {
  here = await startTestService();
  there = await startTestService({ sharing: here });
});
beforeEach(async () => {
  person = await signUp(here);
});
afterAll(async () => {
  await there.stop();
  await here.stop();
});

const use = (service: TestService, token: string): Promise<Reply> =>
  new Client(service, { address: person.address, token }).get('/me');

/** Uses a token on both processes, so that both have it in their cache. */
async function warm(token: string): Promise<void> {
  for (const service of [here, there, here, there]) expectStatus(await use(service, token), 200);
}

/** The token works on neither process: at once here, within a second there. */
async function expectRevoked(token: string): Promise<void> {
  const since = performance.now();
  expectStatus(await use(here, token), 401);
  await sleep(Math.max(0, longest - (performance.now() - since)));
  expectStatus(await use(there, token), 401);
}

describe('two processes on one database', () => {
  it('have caches of their own', async () => {
    await warm(person.token);
    await here.database.rows(`ALTER TABLE api_tokens DISABLE TRIGGER invalidate`);
    try {
      expectStatus(await person.sessionClient.post(`/api-tokens/${person.tokenId}/pause`), 200);
      await sleep(longest);
      expectStatus(await use(here, person.token), 401);
      // Without the trigger nobody tells the other process: if this were 401, the tests below could not fail.
      expectStatus(await use(there, person.token), 200);
    } finally {
      await here.database.rows(`ALTER TABLE api_tokens ENABLE TRIGGER invalidate`);
    }
  });

  it('both refuse a token that one of them paused, and take it again when it is resumed', async () => {
    await warm(person.token);
    expectStatus(await person.sessionClient.post(`/api-tokens/${person.tokenId}/pause`), 200);
    await expectRevoked(person.token);
    expectStatus(await person.sessionClient.post(`/api-tokens/${person.tokenId}/resume`), 200);
    expectStatus(await use(here, person.token), 200);
    await sleep(longest);
    expectStatus(await use(there, person.token), 200);
  });

  it('both refuse a token that one of them deleted', async () => {
    await warm(person.token);
    expectStatus(await person.sessionClient.delete(`/api-tokens/${person.tokenId}`), 204);
    await expectRevoked(person.token);
  });

  it('both refuse a session that ended', async () => {
    await warm(person.session);
    expectStatus(await person.sessionClient.post('/auth/logout'), 204);
    await expectRevoked(person.session);
  });

  it('both refuse the access token that a refresh replaced', async () => {
    await warm(person.session);
    const reply = await new Client(here, { address: person.address }).post('/auth/refresh', {
      refreshToken: person.refreshToken,
    });
    const { accessToken } = expectStatus(reply, 200).data<SessionTokensDto>();
    await expectRevoked(person.session);
    await warm(accessToken);
  });

  it('both end the other sessions when the password changes', async () => {
    const other = await new Client(here, { address: person.address }).post('/auth/login', {
      email: person.email,
      password: person.password,
    });
    const { accessToken } = expectStatus(other, 200).data<SessionTokensDto>();
    await warm(accessToken);
    const change = { currentPassword: person.password, newPassword: 'eleven wet ravens skip lunch' };
    expectStatus(await person.sessionClient.post('/auth/password', change), 200);
    await expectRevoked(accessToken);
    await warm(person.session);
  });

  it('both notice what is changed by hand in the database', async () => {
    await warm(person.token);
    await here.database.rows(`DELETE FROM memberships WHERE user_id = $1`, [uuidOf('user', person.userId)]);
    await sleep(longest);
    for (const service of [here, there]) expectStatus(await use(service, person.token), 401);
  });
});
