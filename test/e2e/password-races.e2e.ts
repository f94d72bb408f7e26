import { setTimeout as sleep } from 'node:timers/promises';
import { hashPassword } from '@credvault/crypto/passwords.js';
import { TokenDigester } from '@credvault/crypto/token-digest.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import { AccountLinksService } from '../../apps/api/src/auth/account-links.service.js';
import type { SessionTokensDto } from '../../apps/api/src/auth/session.dto.js';
import { Client, type Reply } from '../support/client.js';
import { expectStatus, newAddress, password, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';
import { rounds } from '../support/rounds.js';

const patience = 30_000 + rounds * 3_000;
const newPassword = 'eleven wet ravens skip lunch';
let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const visitor = (): Client => new Client(service, { address: newAddress() });
const links = (): AccountLinksService => service.app.get(AccountLinksService, { strict: false });

function login({ email }: Person, secret = password): Promise<Reply> {
  return visitor().post('/auth/login', { email, password: secret });
}

function change({ sessionClient }: Person): Promise<Reply> {
  return sessionClient.post('/auth/password', { currentPassword: password, newPassword });
}

function reset(token: string, secret = newPassword): Promise<Reply> {
  return visitor().post('/auth/password/reset', { token, newPassword: secret });
}

async function resetToken({ userId }: Person): Promise<string> {
  const id = String(uuidOf('user', userId));
  return (await service.database.transaction((transaction) => links().issuePasswordReset(transaction, id)))
    .token;
}

/** Runs `meanwhile` while another transaction has changed the person's password but not committed. */
async function whilePasswordChanges(person: Person, meanwhile: () => Promise<Reply>): Promise<Reply> {
  const another = await hashPassword('thirteen shy otters dig', { addressBlock: '203.0.113.9/32' });
  const reply = await service.database.transaction(async (transaction) => {
    await transaction.rows(`UPDATE users SET password_hash = $2 WHERE id = $1`, [
      uuidOf('user', person.userId),
      another,
    ]);
    const running = { reply: meanwhile() };
    await Promise.race([running.reply, sleep(1_000)]);
    return running;
  });
  return reply.reply;
}

describe('race: a change of password', () => {
  it(
    'leaves no session that was opened with the old one',
    async () => {
      for (let round = 0; round < rounds; round++) {
        const person = await signUp(service);
        const opened: string[] = [];
        let isChanged = false;
        const keepSigningIn = async (): Promise<void> => {
          while (!isChanged) {
            const reply = await login(person);
            if (reply.status === 200) opened.push(reply.data<Wire<SessionTokensDto>>().accessToken);
          }
        };
        const signingIn = Promise.all([keepSigningIn(), keepSigningIn(), keepSigningIn()]);
        const changed = await change(person);
        isChanged = true;
        await signingIn;
        expectStatus(changed, 200);
        for (const token of opened) expectStatus(await visitor().get('/me', { token }), 401);
        expectStatus(await person.sessionClient.get('/me'), 200);
      }
    },
    patience,
  );

  it('keeps out a sign-in that proved the old password before it was committed', async () => {
    const person = await signUp(service);
    expectStatus(await whilePasswordChanges(person, () => login(person)), 401);
  });

  it('is not undone by a change that proved the old password before', async () => {
    const person = await signUp(service);
    expectStatus(await whilePasswordChanges(person, () => change(person)), 403);
    expectStatus(await login(person, newPassword), 401);
  });
});

describe('reset links', () => {
  it('die with the password they were made for, whether it is changed or reset', async () => {
    const person = await signUp(service);
    const old = await resetToken(person);
    expectStatus(await change(person), 200);
    expectStatus(await reset(old), 403);
    const [first, second] = [await resetToken(person), await resetToken(person)];
    expectStatus(await reset(first), 204);
    expectStatus(await reset(second), 403);
  });

  it('are used by as many people at once as like to', async () => {
    const people: Person[] = [];
    for (let count = 0; count < 24; count++) people.push(await signUp(service));
    const tokens = await Promise.all(people.map(resetToken));
    const resets = await service.database.transaction(async (transaction) => {
      await transaction.rows(`LOCK TABLE users IN SHARE MODE`);
      const running = tokens.map((token) => reset(token));
      await sleep(3_000);
      return { running };
    });
    for (const reply of await Promise.all(resets.running)) expectStatus(reply, 204);
  }, 60_000);

  it(
    'work once, also for two at once: a race',
    async () => {
      for (let round = 0; round < rounds; round++) {
        const token = await resetToken(await signUp(service));
        const replies = await Promise.all([reset(token), reset(token, 'twelve dry ravens skip tea')]);
        expect(replies.map(({ status }) => status).sort()).toEqual([204, 403]);
      }
    },
    patience,
  );

  it('are not made when their transaction fails', async () => {
    const person = await signUp(service);
    const id = String(uuidOf('user', person.userId));
    const failing = service.database.transaction(async (transaction) => {
      await links().issuePasswordReset(transaction, id);
      throw new Error('the audit record failed');
    });
    await expect(failing).rejects.toThrow('the audit record failed');
    expect(await service.database.rows(`SELECT 1 FROM account_links WHERE user_id = $1`, [id])).toEqual([]);
  });
});

describe('a weak new password', () => {
  const pathOf = (reply: Reply): string | undefined =>
    expectStatus(reply, 400).json<{ error: { details: { path: string }[] } }>().error.details[0]?.path;

  it('is told by the name of its field', async () => {
    const person = await signUp(service);
    const weak = 'password1234';
    const changed = await person.sessionClient.post('/auth/password', {
      currentPassword: password,
      newPassword: weak,
    });
    expect(pathOf(changed)).toBe('newPassword');
    expect(pathOf(await reset(await resetToken(person), weak))).toBe('newPassword');
    const registered = { email: 'weak@example.com', password: weak, name: 'Weak' };
    expect(pathOf(await visitor().post('/auth/register', registered))).toBe('password');
  });
});

describe('a process whose clock runs ahead', () => {
  it('measures the age of a refresh token by the clock of the database', async () => {
    const { refreshToken } = await signUp(service);
    const exchange = (): Promise<Reply> => visitor().post('/auth/refresh', { refreshToken });
    const { accessToken } = expectStatus(await exchange(), 200).data<Wire<SessionTokensDto>>();
    const now = Date.now.bind(Date);
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() + 11_000);
    const again = await exchange();
    clock.mockRestore();
    expectStatus(again, 409);
    expectStatus(await visitor().get('/me', { token: accessToken }), 200);
  });
});

describe('race: two processes that make a setup token', () => {
  it('leave one that works', async () => {
    const digester = service.app.get(TokenDigester, { strict: false });
    for (let round = 0; round < rounds; round++) {
      const issued = await Promise.all(Array.from({ length: 3 }, () => links().issueSetup(undefined)));
      const stored = await service.database.rows<{ digest: Buffer }>(
        `SELECT digest FROM account_links WHERE purpose = 'setup'`,
      );
      // Which one came last, the database knows; the answers may arrive in another order.
      expect(stored).toHaveLength(1);
      expect(issued.map(({ token }) => digester.digest(token))).toContainEqual(stored[0]?.digest);
    }
  });
});
