import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { uuidOf } from '@credvault/database/typed-id.js';
import { AccountLinksService } from '../../apps/api/src/auth/account-links.service.js';
import type { ProfileDto } from '../../apps/api/src/me/profile.dto.js';
import { Client, type Reply } from '../support/client.js';
import { expectStatus, newAddress, password, signUp, type Person } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { settleMail, SmtpReceiver, tokenIn, type ReceivedMail } from '../support/smtp-receiver.js';
import type { Wire } from '../support/wire.js';
import { trailOf } from './audit-trail.js';
import { rounds } from '../support/rounds.js';

const patience = 30_000 + rounds * 3_000;
const newPassword = 'eight loud otters row upstream';
let receiver: SmtpReceiver;
let service: TestService;

beforeAll(async () => {
  receiver = await SmtpReceiver.start();
  service = await startTestService({ environment: { SMTP_URL: receiver.url } });
});
afterAll(async () => {
  await service?.stop();
  await receiver?.stop();
});

const visitor = (): Client => new Client(service, { address: newAddress() });
const freshEmail = (): string => `${randomBytes(6).toString('hex')}@new.example.com`;

async function request({ sessionClient }: Person, newEmail: string, secret = password): Promise<Reply> {
  const reply = await sessionClient.post('/auth/email', { newEmail, currentPassword: secret });
  await settleMail(service);
  return reply;
}

/** Asks for the change and gives the token that was mailed. */
async function requested(person: Person, newEmail: string): Promise<string> {
  expectStatus(await request(person, newEmail), 202);
  return tokenIn(receiver.mailsTo(newEmail).at(-1));
}

async function confirm(token: string): Promise<Reply> {
  const reply = await visitor().post('/auth/email/confirm', { token });
  await settleMail(service);
  return reply;
}

function login(email: string, secret = password): Promise<Reply> {
  return visitor().post('/auth/login', { email, password: secret });
}

async function emailOf({ client }: Person): Promise<string> {
  return expectStatus(await client.get('/me'), 200).data<Wire<ProfileDto>>().email;
}

const subjectsTo = (email: string): (string | undefined)[] =>
  receiver.mailsTo(email).map(({ headers }: ReceivedMail) => headers['subject']);

describe('a change of e-mail address', () => {
  it('takes the token that was mailed to the new address, once', async () => {
    const person = await signUp(service);
    const newEmail = freshEmail();
    const reply = await request(person, newEmail);
    expect(expectStatus(reply, 202).data()).toEqual({ received: true });
    expect(await emailOf(person)).toBe(person.email);
    const token = tokenIn(receiver.mailsTo(newEmail)[0]);
    expect(token).toMatch(/^cvemail_/);
    expectStatus(await confirm(token), 204);
    expect(await emailOf(person)).toBe(newEmail);
    expectStatus(await login(newEmail), 200);
    expectStatus(await login(person.email), 401);
    expectStatus(await person.sessionClient.get('/me'), 200);
    expectStatus(await confirm(token), 403);
  });

  it('is told to the former address, before and after', async () => {
    const person = await signUp(service);
    const newEmail = freshEmail();
    const token = await requested(person, newEmail);
    expect(subjectsTo(person.email)).toEqual(['CredVault: your e-mail address is about to change']);
    expectStatus(await confirm(token), 204);
    expect(subjectsTo(person.email).at(-1)).toBe('CredVault: your e-mail address has changed');
    for (const mail of receiver.mailsTo(person.email)) {
      expect(mail.text).toContain(newEmail);
      expect(mail.text).not.toMatch(/cv[a-z]+_/);
    }
    expect(receiver.mailsTo(newEmail)).toHaveLength(1);
  });

  it('is recorded, when it is asked for and when it happens', async () => {
    const person = await signUp(service);
    const token = await requested(person, freshEmail());
    const [asked, ...more] = await trailOf(person, { type: 'user.email_change_requested' });
    expect(more).toEqual([]);
    expect(asked?.resource?.ids).toEqual([person.userId]);
    expect(await trailOf(person, { type: 'user.email_changed' })).toEqual([]);
    expectStatus(await confirm(token), 204);
    const changed = await trailOf(person, { type: 'user.email_changed' });
    expect(changed).toHaveLength(1);
    expect(changed[0]?.actor.id).toBe(person.userId);
  });

  it('takes the password, and the trail tells a wrong one', async () => {
    const person = await signUp(service);
    const newEmail = freshEmail();
    expectStatus(await request(person, newEmail, 'not the password'), 403);
    expect(receiver.mailsTo(newEmail)).toEqual([]);
    expect(receiver.mailsTo(person.email)).toEqual([]);
    const [refused] = await trailOf(person, { type: 'access.denied' });
    expect(refused).toMatchObject({ outcome: 'denied', reason: 'wrong password' });
  });

  it('takes a session: a personal token is refused', async () => {
    const person = await signUp(service);
    const body = { newEmail: freshEmail(), currentPassword: password };
    expectStatus(await person.client.post('/auth/email', body), 403);
  });

  it('may be one of upper and lower case alone', async () => {
    const person = await signUp(service);
    const respelled = `X${person.email}`;
    expectStatus(await confirm(await requested(person, respelled.toLowerCase())), 204);
    expectStatus(await confirm(await requested(person, respelled)), 204);
    expect(await emailOf(person)).toBe(respelled);
    expectStatus(await request(person, respelled), 400);
  });

  it.each([
    'jane',
    'jane@example.com, spy@example.com',
    '"spy@example.com, x"@example.com',
    'a@b\r\nBcc: c@d.e',
    '',
  ])('takes an address: %j is refused', async (newEmail) => {
    const person = await signUp(service);
    expectStatus(await request(person, newEmail), 400);
    expect(receiver.mailsTo(person.email)).toEqual([]);
  });

  it('is 409 without a mail server', async () => {
    const without = await startTestService();
    try {
      const person = await signUp(without);
      const body = { newEmail: freshEmail(), currentPassword: password };
      const reply = expectStatus(await person.sessionClient.post('/auth/email', body), 409);
      expect(reply.text).toContain('SMTP_URL');
    } finally {
      await without.stop();
    }
  });
});

describe('a token for a new address', () => {
  it('ends when another change is asked for', async () => {
    const person = await signUp(service);
    const [first, second] = [await requested(person, freshEmail()), await requested(person, freshEmail())];
    expectStatus(await confirm(first), 403);
    expectStatus(await confirm(second), 204);
  });

  it('works for 24 hours', async () => {
    const person = await signUp(service);
    const token = await requested(person, freshEmail());
    const userId = uuidOf('user', person.userId);
    const [stored] = await service.database.rows<{ hours: number }>(
      `SELECT round(extract(epoch FROM expires_at - created_at) / 3600)::int AS hours FROM account_links
       WHERE user_id = $1`,
      [userId],
    );
    expect(stored?.hours).toBe(24);
    await service.database.rows(`UPDATE account_links SET expires_at = now() WHERE user_id = $1`, [userId]);
    expectStatus(await confirm(token), 403);
    expect(await emailOf(person)).toBe(person.email);
  });

  it('ends when the password is changed', async () => {
    const person = await signUp(service);
    const token = await requested(person, freshEmail());
    expectStatus(
      await person.sessionClient.post('/auth/password', { currentPassword: password, newPassword }),
      200,
    );
    expectStatus(await confirm(token), 403);
    expect(await emailOf(person)).toBe(person.email);
  });

  it('ends when the password is reset', async () => {
    const person = await signUp(service);
    const token = await requested(person, freshEmail());
    expectStatus(await visitor().post('/auth/password/forgot', { email: person.email }), 202);
    await settleMail(service);
    const resetToken = tokenIn(receiver.mailsTo(person.email).at(-1));
    expectStatus(await visitor().post('/auth/password/reset', { token: resetToken, newPassword }), 204);
    expectStatus(await confirm(token), 403);
  });

  it('does not reset a password, and a reset token does not confirm an address', async () => {
    const person = await signUp(service);
    const token = await requested(person, freshEmail());
    expectStatus(await visitor().post('/auth/password/reset', { token, newPassword }), 403);
    await visitor().post('/auth/password/forgot', { email: person.email });
    await settleMail(service);
    expectStatus(await confirm(tokenIn(receiver.mailsTo(person.email).at(-1))), 403);
    expect(await emailOf(person)).toBe(person.email);
  });

  it('ends the reset links of the former address, once it is confirmed', async () => {
    const person = await signUp(service);
    const token = await requested(person, freshEmail());
    expectStatus(await visitor().post('/auth/password/forgot', { email: person.email }), 202);
    await settleMail(service);
    const resetToken = tokenIn(receiver.mailsTo(person.email).at(-1));
    expectStatus(await confirm(token), 204);
    expectStatus(await visitor().post('/auth/password/reset', { token: resetToken, newPassword }), 403);
  });
});

describe('an address that another account has', () => {
  it('is answered alike; its owner is told, and gets no token', async () => {
    const [person, owner, other] = [await signUp(service), await signUp(service), await signUp(service)];
    const taken = await request(person, owner.email.toUpperCase());
    const free = await request(other, freshEmail());
    expect([taken.status, taken.text]).toEqual([free.status, free.text]);
    expect(subjectsTo(owner.email)).toEqual(['CredVault: you have an account with this e-mail address']);
    expect(receiver.mailsTo(owner.email)[0]?.text).not.toMatch(/cv[a-z]+_/);
    expect(subjectsTo(person.email)).toEqual(subjectsTo(other.email));
  });

  it('is 409 when it was taken in the meantime', async () => {
    const person = await signUp(service);
    const newEmail = freshEmail();
    const token = await requested(person, newEmail);
    const registration = { email: newEmail, password, name: 'Quicker' };
    expectStatus(await visitor().post('/auth/register', registration), 201);
    expectStatus(await confirm(token), 409);
    expect(await emailOf(person)).toBe(person.email);
  });
});

describe('limits', () => {
  it('let an account ask five times an hour', async () => {
    const person = await signUp(service);
    for (let count = 0; count < 5; count += 1) expectStatus(await request(person, freshEmail()), 202);
    expectStatus(await request(person, freshEmail()), 429);
  });

  it('let an account ask three times an hour for an address, and six mails go there, taken or not', async () => {
    const warned = jest.spyOn(Logger.prototype, 'warn');
    const owner = await signUp(service);
    for (const newEmail of [freshEmail(), owner.email]) {
      const asking = await signUp(service);
      const statuses: number[] = [];
      // One domain in four spellings.
      for (const letter of ['e', 'E', 'ⓔ', 'e\u00ad'])
        statuses.push((await request(asking, newEmail.replace('@e', `@${letter}`))).status);
      expect(statuses).toEqual([202, 202, 202, 429]);
      // What others ask for keeps nobody from asking, and tells nobody of it.
      for (let count = 0; count < 4; count += 1)
        expectStatus(await request(await signUp(service), newEmail), 202);
      await settleMail(service);
      expect(receiver.mailsTo(newEmail)).toHaveLength(6);
    }
    expect(warned.mock.calls.flat().join()).toContain('too often in the last hour');
    warned.mockRestore();
  });
});

/** The token as it would be mailed. */
function issue({ userId }: Person, newEmail: string): Promise<string> {
  const links = service.app.get(AccountLinksService, { strict: false });
  const id = String(uuidOf('user', userId));
  return service.database.transaction(
    async (transaction) => (await links.issueEmailChange(transaction, id, newEmail)).token,
  );
}

describe('race:', () => {
  const confirmNow = (token: string): Promise<Reply> => visitor().post('/auth/email/confirm', { token });
  const statusesOf = (replies: Reply[]): number[] => replies.map(({ status }) => status).sort();

  it(
    'a token confirmed twice at once changes the address once',
    async () => {
      const person = await signUp(service);
      for (let round = 0; round < rounds; round += 1) {
        const newEmail = freshEmail();
        const token = await issue(person, newEmail);
        expect(statusesOf(await Promise.all([token, token, token].map(confirmNow)))).toEqual([204, 403, 403]);
        expect(await emailOf(person)).toBe(newEmail);
      }
      expect(await trailOf(person, { type: 'user.email_changed' })).toHaveLength(rounds);
    },
    patience,
  );

  it(
    'two accounts that get one address at once: one has it, the other one is told 409',
    async () => {
      const people = [await signUp(service), await signUp(service)];
      for (let round = 0; round < rounds; round += 1) {
        const newEmail = freshEmail();
        const tokens = await Promise.all(people.map((person) => issue(person, newEmail)));
        expect(statusesOf(await Promise.all(tokens.map(confirmNow)))).toEqual([204, 409]);
        const emails = await Promise.all(people.map(emailOf));
        expect(emails.filter((email) => email === newEmail)).toHaveLength(1);
      }
    },
    patience,
  );

  it(
    'two changes asked for at once leave one that is pending',
    async () => {
      const person = await signUp(service);
      for (let round = 0; round < rounds; round += 1) {
        const tokens = await Promise.all([issue(person, freshEmail()), issue(person, freshEmail())]);
        const statuses: number[] = [];
        for (const token of tokens) statuses.push((await confirmNow(token)).status);
        expect(statuses.sort()).toEqual([204, 403]);
      }
    },
    patience,
  );

  it('a change that proved a password which is being replaced is refused', async () => {
    const person = await signUp(service);
    const newEmail = freshEmail();
    const { asked } = await service.database.transaction(async (transaction) => {
      await transaction.rows(`UPDATE users SET password_hash = password_hash || 'x' WHERE id = $1`, [
        uuidOf('user', person.userId),
      ]);
      const running = { asked: request(person, newEmail) };
      await Promise.race([running.asked, sleep(1_000)]);
      return running;
    });
    expectStatus(await asked, 403);
    expect(receiver.mailsTo(newEmail)).toEqual([]);
  });

  it('a reset mail for an address that is being replaced is not sent', async () => {
    const person = await signUp(service);
    const newEmail = freshEmail();
    await service.database.transaction(async (transaction) => {
      await transaction.rows(`UPDATE users SET email = $2 WHERE id = $1`, [
        uuidOf('user', person.userId),
        newEmail,
      ]);
      expectStatus(await visitor().post('/auth/password/forgot', { email: person.email }), 202);
      await sleep(500);
    });
    await settleMail(service);
    expect([...receiver.mailsTo(person.email), ...receiver.mailsTo(newEmail)]).toEqual([]);
  });
});
