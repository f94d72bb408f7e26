import { request } from 'node:http';
import { uuidOf } from '@credvault/database/typed-id.js';
import { Client, type Reply } from '../support/client.js';
import { expectStatus, newAddress, password, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { settleMail, SmtpReceiver, tokenIn } from '../support/smtp-receiver.js';

const newPassword = 'seven pale foxes mend a roof';
let receiver: SmtpReceiver;
let service: TestService;
/** Every answer that these tests got. */
const replies: Reply[] = [];

beforeAll(async () => {
  receiver = await SmtpReceiver.start();
  service = await startTestService({
    environment: {
      SMTP_URL: receiver.url,
      CREDVAULT_PUBLIC_URL: 'https://vault.example.com',
      LOG_LEVEL: 'trace',
    },
  });
});
afterAll(async () => {
  await service?.stop();
  await receiver?.stop();
});

async function post(path: string, body: unknown, client = new Client(service, { address: newAddress() })) {
  const reply = await client.post(path, body);
  replies.push(reply);
  await settleMail(service);
  return reply;
}

describe('a token that is mailed', () => {
  it('is in no answer, no log and no column; neither is the address in the log', async () => {
    const person = await signUp(service);
    const newEmail = `new-${person.email}`;
    expectStatus(await post('/auth/password/forgot', { email: person.email }), 202);
    const resetToken = tokenIn(receiver.mailsTo(person.email)[0]);
    const change = { newEmail, currentPassword: password };
    expectStatus(await post('/auth/email', change, person.sessionClient), 202);
    const changeToken = tokenIn(receiver.mailsTo(newEmail)[0]);
    // Refused ones first, then the right ones.
    expectStatus(await post('/auth/password/reset', { token: resetToken, newPassword: 'password1234' }), 400);
    expectStatus(await post('/auth/email/confirm', { token: resetToken }), 403);
    expectStatus(await post('/auth/email/confirm', { token: changeToken }), 204);
    expectStatus(await post('/auth/email/confirm', { token: changeToken }), 403);
    expectStatus(await post('/auth/password/reset', { token: resetToken, newPassword }), 403);
    const answers = replies.map(({ text, headers }) => text + JSON.stringify(headers)).join('\n');
    const log = service.logs.join('\n');
    const stored = await everyRow(service);
    for (const token of [resetToken, changeToken]) {
      const random = token.slice(token.indexOf('_') + 1);
      for (const place of [answers, log, stored]) expect(place).not.toContain(random);
    }
    expect(log).not.toContain(person.email);
    expect(stored).toContain(newEmail);
  });

  it('comes with an address of the settings, whatever Host the request names', async () => {
    const person = await signUp(service);
    const { hostname, port } = new URL(service.url);
    const headers = {
      host: 'localhost',
      'x-forwarded-for': newAddress(),
      forwarded: 'host=evil.example.com',
      origin: 'https://evil.example.com',
      referer: 'https://evil.example.com/',
      'content-type': 'application/json',
    };
    const status = await new Promise((resolve, reject) => {
      const path = '/api/v1/auth/password/forgot';
      request({ hostname, port, path, method: 'POST', headers }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      })
        .on('error', reject)
        .end(JSON.stringify({ email: person.email }));
    });
    expect(status).toBe(202);
    await settleMail(service);
    const [mail] = receiver.mailsTo(person.email);
    expect(mail?.text).toContain('https://vault.example.com/api/v1/');
    expect(mail?.raw).not.toMatch(/localhost|evil/);
  });

  it('goes to the address of the account, not to one that the database finds equal', async () => {
    // The Kelvin sign is a small k to PostgreSQL's lower(), and another mailbox to mail.
    const person = await signUp(service);
    const own = `kim.${person.email}`;
    const alike = `\u212Aim.${person.email}`;
    await service.database.rows(`UPDATE users SET email = $2 WHERE id = $1`, [
      uuidOf('user', person.userId),
      own,
    ]);
    const [found] = await service.database.rows<{ equal: boolean }>(`SELECT lower($1) = lower($2) AS equal`, [
      own,
      alike,
    ]);
    expect(found?.equal).toBe(true);
    const before = receiver.recipients.length;
    expectStatus(await post('/auth/password/forgot', { email: alike }), 202);
    expect(receiver.recipients.slice(before)).toEqual([own]);
  });
});

describe('an answer to whoever forgot a password', () => {
  it('does not wait for the account to be looked up', async () => {
    const person = await signUp(service);
    const before = receiver.mails.length;
    const { reply } = await service.database.transaction(async (transaction) => {
      await transaction.rows(`LOCK TABLE users IN ACCESS EXCLUSIVE MODE`);
      // Nobody can look while this transaction lasts; an answer that waited would never come.
      const client = new Client(service, { address: newAddress() });
      return { reply: await client.post('/auth/password/forgot', { email: person.email }) };
    });
    expectStatus(reply, 202);
    expect(receiver.mails).toHaveLength(before);
    await settleMail(service);
    expect(receiver.mailsTo(person.email)).toHaveLength(1);
  });

  it('does not wait for the mail server', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow = await SmtpReceiver.start({ hold: held });
    const patient = await startTestService({ environment: { SMTP_URL: slow.url } });
    try {
      const person = await signUp(patient);
      const client = new Client(patient, { address: newAddress() });
      expectStatus(await client.post('/auth/password/forgot', { email: person.email }), 202);
      expect(slow.mails).toEqual([]);
      release();
      await settleMail(patient);
      expect(slow.mails).toHaveLength(1);
    } finally {
      release();
      await patient.stop();
      await slow.stop();
    }
  });
});

describe('guesses at a token', () => {
  it('of an e-mail change are limited by address, together with those at other one-time tokens', async () => {
    const client = new Client(service, { address: newAddress() });
    const statuses: number[] = [];
    for (let count = 0; count < 21; count += 1) {
      const path = count % 2 === 0 ? '/auth/email/confirm' : '/auth/password/reset';
      const body = { token: `cvemail_${count}`, ...(count % 2 === 0 ? {} : { newPassword }) };
      statuses.push((await post(path, body, client)).status);
    }
    expect(statuses).toEqual([...Array<number>(20).fill(403), 429]);
  });
});

/** Everything in the database, as text. */
async function everyRow({ database }: TestService): Promise<string> {
  const tables = await database.rows<{ name: string }>(
    `SELECT quote_ident(relname) AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const rows = await database.rows<{ text: string }>(`SELECT t::text AS text FROM ${name} t`);
    texts.push(...rows.map(({ text }) => text));
  }
  return texts.join('\n');
}
