import { uuidOf } from '@credvault/database/typed-id.js';
import { AccountLinksService } from '../../apps/api/src/auth/account-links.service.js';
import { Client, type Reply } from '../support/client.js';
import { expectStatus, newAddress, password, signUp, type Person } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { settleMail, SmtpReceiver, tokenIn } from '../support/smtp-receiver.js';
import { trailOf } from './audit-trail.js';

const publicUrl = 'https://vault.example.com';
const newPassword = 'nine calm lynxes paint a door';
let receiver: SmtpReceiver;
let service: TestService;

beforeAll(async () => {
  receiver = await SmtpReceiver.start();
  service = await startTestService({
    environment: { SMTP_URL: receiver.url, CREDVAULT_PUBLIC_URL: publicUrl },
  });
});
afterAll(async () => {
  await service?.stop();
  await receiver?.stop();
});

const visitor = (): Client => new Client(service, { address: newAddress() });

async function forgot(email: string, client = visitor()): Promise<Reply> {
  const reply = await client.post('/auth/password/forgot', { email });
  await settleMail(service);
  return reply;
}

function reset(token: string, secret = newPassword): Promise<Reply> {
  return visitor().post('/auth/password/reset', { token, newPassword: secret });
}

function login({ email }: Person, secret: string): Promise<Reply> {
  return visitor().post('/auth/login', { email, password: secret });
}

async function mailedToken({ email }: Person): Promise<string> {
  expectStatus(await forgot(email), 202);
  return tokenIn(receiver.mailsTo(email).at(-1));
}

describe('a forgotten password', () => {
  it('is replaced with the token of a mail, once', async () => {
    const person = await signUp(service);
    expectStatus(await forgot(person.email), 202);
    const mails = receiver.mailsTo(person.email);
    expect(mails).toHaveLength(1);
    const token = tokenIn(mails[0]);
    expect(token).toMatch(/^cvreset_/);
    expectStatus(await reset(token), 204);
    expectStatus(await login(person, newPassword), 200);
    expectStatus(await login(person, password), 401);
    expectStatus(await person.sessionClient.get('/me'), 401);
    expectStatus(await reset(token, 'another long password'), 403);
  });

  it('is told how: where to send the token, until when, and that the mail may be ignored', async () => {
    const person = await signUp(service);
    await forgot(person.email);
    const [mail] = receiver.mailsTo(person.email);
    expect(mail?.text).toContain(`${publicUrl}/api/v1/auth/password/reset`);
    expect(mail?.text).toContain('ignore this mail');
    const until = /until (.*GMT)/.exec(mail?.text ?? '')?.[1] ?? '';
    const [stored] = await service.database.rows<{ expires_at: Date }>(
      `SELECT expires_at FROM account_links WHERE user_id = $1`,
      [uuidOf('user', person.userId)],
    );
    expect(Date.parse(until)).toBe(Math.floor((stored?.expires_at.getTime() ?? 0) / 1000) * 1000);
    expect(mail?.headers['from']).toBe('CredVault <no-reply@vault.example.com>');
  });

  it('leaves two records: that somebody asked, who is nobody, and the reset', async () => {
    const person = await signUp(service);
    const token = await mailedToken(person);
    const asked = await trailOf(person, { type: 'user.password_reset_requested' });
    expect(asked).toHaveLength(1);
    expect(asked[0]?.actor.type).toBe('stranger');
    expect(asked[0]?.resource?.ids).toEqual([person.userId]);
    expectStatus(await reset(token), 204);
    expect(await trailOf(person, { type: 'user.password_reset' })).toHaveLength(1);
  });

  it('of nobody is answered alike, and no mail is sent', async () => {
    const person = await signUp(service);
    const before = receiver.mails.length;
    const unknown = await forgot('nobody@example.com');
    expect(receiver.mails).toHaveLength(before);
    const known = await forgot(person.email);
    expect(receiver.mails).toHaveLength(before + 1);
    expect(unknown.status).toBe(known.status);
    expect(unknown.text).toBe(known.text);
    expect(Object.keys(unknown.headers).sort()).toEqual(Object.keys(known.headers).sort());
  });

  it('is found whatever the case of its address, and the mail goes to the address of the account', async () => {
    const person = await signUp(service);
    await forgot(person.email.toUpperCase());
    expect(receiver.mailsTo(person.email)).toHaveLength(1);
    expect(receiver.mailsTo(person.email.toUpperCase())).toEqual([]);
  });
});

describe('a mailed token', () => {
  it('ends when a newer one is mailed, which works', async () => {
    const person = await signUp(service);
    const [first, second] = [await mailedToken(person), await mailedToken(person)];
    expectStatus(await reset(first), 403);
    expectStatus(await reset(second), 204);
  });

  it('does not take away the one that the operator made', async () => {
    const person = await signUp(service);
    const links = service.app.get(AccountLinksService, { strict: false });
    const userId = String(uuidOf('user', person.userId));
    const { token } = await service.database.transaction((transaction) =>
      links.issuePasswordReset(transaction, userId),
    );
    await mailedToken(person);
    expectStatus(await reset(token), 204);
  });

  it('works for an hour', async () => {
    const person = await signUp(service);
    const token = await mailedToken(person);
    const age = (by: string): Promise<unknown> =>
      service.database.rows(
        `UPDATE account_links SET expires_at = expires_at - $2::interval WHERE user_id = $1`,
        [uuidOf('user', person.userId), by],
      );
    await age('59 minutes');
    const [alive] = await service.database.rows(
      `SELECT 1 FROM account_links WHERE user_id = $1 AND expires_at > now()`,
      [uuidOf('user', person.userId)],
    );
    expect(alive).toBeDefined();
    await age('61 seconds');
    expectStatus(await reset(token), 403);
    expectStatus(await login(person, password), 200);
  });
});

describe('limits', () => {
  it('let three mails an hour go to an account, and answer on as if nothing were', async () => {
    const person = await signUp(service);
    for (let count = 0; count < 5; count += 1) expectStatus(await forgot(person.email), 202);
    expect(receiver.mailsTo(person.email)).toHaveLength(3);
    expectStatus(await reset(tokenIn(receiver.mailsTo(person.email).at(-1))), 204);
  });

  it('count an address, whomever it asks for: 429 after 20 in a quarter of an hour', async () => {
    const person = await signUp(service);
    const client = visitor();
    const statuses: number[] = [];
    for (let count = 0; count < 21; count += 1) {
      const email = count === 7 ? person.email : `nobody${count}@example.com`;
      statuses.push((await client.post('/auth/password/forgot', { email })).status);
    }
    expect(statuses).toEqual([...Array<number>(20).fill(202), 429]);
  });

  it('hold for requests sent at once', async () => {
    const person = await signUp(service);
    const replies = await Promise.all(
      Array.from({ length: 12 }, () => visitor().post('/auth/password/forgot', { email: person.email })),
    );
    await settleMail(service);
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([202]));
    expect(receiver.mailsTo(person.email)).toHaveLength(3);
    const working: number[] = [];
    for (const mail of receiver.mailsTo(person.email)) working.push((await reset(tokenIn(mail))).status);
    expect(working.sort()).toEqual([204, 403, 403]);
  });
});

describe('without a mail server', () => {
  it('the answer is the same, nothing is made, and the log says what the operator can do', async () => {
    const without = await startTestService();
    try {
      const person = await signUp(without);
      const reply = await new Client(without, { address: newAddress() }).post('/auth/password/forgot', {
        email: person.email,
      });
      await settleMail(without);
      const usual = await forgot('nobody@example.com');
      expect([reply.status, reply.text]).toEqual([usual.status, usual.text]);
      expect(await without.database.rows(`SELECT 1 FROM account_links WHERE user_id IS NOT NULL`)).toEqual(
        [],
      );
      const said = without.logs.filter((line) => line.includes('npm run accounts -- reset-password'));
      expect(said).toHaveLength(1);
      expect(without.logs.join('')).not.toContain(person.email);
    } finally {
      await without.stop();
    }
  });
});

describe('a mail server that is away', () => {
  it('changes nothing of the answer, and the log holds neither address nor token', async () => {
    const closed = await SmtpReceiver.start();
    const { url } = closed;
    await closed.stop();
    const away = await startTestService({ environment: { SMTP_URL: url } });
    try {
      const person = await signUp(away);
      const client = new Client(away, { address: newAddress() });
      const reply = expectStatus(await client.post('/auth/password/forgot', { email: person.email }), 202);
      expect(reply.data()).toEqual({ received: true });
    } finally {
      // A stop gives each mail its last try.
      await away.stop();
    }
    const lines = away.logs.filter((line) => line.includes('a mail was not delivered'));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join('')).toContain('ECONNREFUSED');
    expect(away.logs.join('')).not.toMatch(/cvreset_|@example\.com/);
  });
});
