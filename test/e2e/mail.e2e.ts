import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { Mailer, type MailerOptions, type MailFailure } from '@credvault/mail/mailer.js';
import { testCertificate } from '../support/smtp-certificate.js';
import { SmtpReceiver, type SmtpReceiverOptions } from '../support/smtp-receiver.js';

const message = { to: 'jane@example.com', subject: 'Hello', text: 'First line\nsecond line\n' };
const sender = { name: 'The Vault', address: 'vault@example.com' };
const authorities = getCACertificates('default');
let receivers: SmtpReceiver[] = [];
let failures: MailFailure[] = [];

beforeEach(() => {
  failures = [];
});
afterEach(async () => {
  setDefaultCACertificates(authorities);
  await Promise.all(receivers.map((receiver) => receiver.stop()));
  receivers = [];
});

async function receive(options?: SmtpReceiverOptions): Promise<SmtpReceiver> {
  const receiver = await SmtpReceiver.start(options);
  receivers.push(receiver);
  return receiver;
}

function mailerTo(smtpUrl: string | undefined, options: Partial<MailerOptions> = {}): Mailer {
  const ofThisTest = failures;
  const onFailure = (failure: MailFailure): void => void ofThisTest.push(failure);
  return new Mailer({ smtpUrl, sender, onFailure, retryAfter: [20, 20], ...options });
}

/** A port of loopback that nothing listens on. */
async function closedPort(): Promise<number> {
  const receiver = await SmtpReceiver.start();
  const { port } = receiver;
  await receiver.stop();
  return port;
}

describe('a mail', () => {
  it('arrives as it was written, once, from the sender of the settings', async () => {
    const receiver = await receive();
    const mailer = mailerTo(receiver.url);
    const text = `A line of more than 76 characters ${'x'.repeat(200)}\n.\n..dots\nÜmläute = 100 %\n`;
    mailer.post({ ...message, text });
    await mailer.settled();
    expect(failures).toEqual([]);
    expect(receiver.mails).toHaveLength(1);
    const [mail] = receiver.mails;
    expect(mail).toMatchObject({ from: 'vault@example.com', to: ['jane@example.com'], secure: false });
    expect(mail?.headers).toMatchObject({
      from: 'The Vault <vault@example.com>',
      to: 'jane@example.com',
      subject: 'Hello',
      'auto-submitted': 'auto-generated',
    });
    expect(mail?.text).toBe(text);
  });

  it.each([
    ['a second address', 'jane@example.com, spy@example.com'],
    ['a second command', 'jane@example.com>\r\nRCPT TO:<spy@example.com'],
    ['a header', 'jane@example.com\r\nBcc: spy@example.com'],
    ['a header after a bare newline', 'jane@example.com\nBcc: spy@example.com'],
    ['a quoted list', '"spy@example.com, x"@example.com'],
    ['a group', 'all: jane@example.com, spy@example.com;'],
    ['a NUL', 'jane\0@example.com'],
    ['a line separator', 'jane\u2028@example.com'],
    ['nothing', ''],
  ])('is sent to no address that holds %s, and the log does not repeat it', async (_, to) => {
    const receiver = await receive();
    const mailer = mailerTo(receiver.url);
    mailer.post({ ...message, to });
    await mailer.settled();
    expect(receiver.recipients).toEqual([]);
    expect(failures).toHaveLength(1);
    expect(failures[0]?.retryAfter).toBeUndefined();
    expect(JSON.stringify(failures)).not.toMatch(/jane|spy/);
  });

  it.each([
    '\r\nBcc: spy@example.com',
    '\nBcc: spy@example.com',
    '\r\n\r\nAnother text',
    '\u2028Bcc: x',
    '\0',
  ])('has one line of subject, whatever is in it: %j', async (rest) => {
    const receiver = await receive();
    const mailer = mailerTo(receiver.url);
    await mailer.send({ ...message, subject: `Hello${rest}` });
    expect(receiver.recipients).toEqual(['jane@example.com']);
    const [mail] = receiver.mails;
    expect(mail?.headers['bcc']).toBeUndefined();
    expect(mail?.headers['subject']).toMatch(/^Hello/);
    expect(mail?.text).toBe(message.text);
  });

  it('does not go anywhere without a mail server', async () => {
    const mailer = mailerTo(undefined);
    expect(mailer.isConfigured).toBe(false);
    mailer.post(message);
    await mailer.settled();
    expect(failures).toEqual([{ attempt: 1, error: { message: 'SMTP_URL is not set' } }]);
  });
});

describe('encryption', () => {
  const trust = (): void => setDefaultCACertificates([...authorities, testCertificate]);
  /** By the name in the certificate. */
  const urlOf = ({ url }: SmtpReceiver): string => url.replace('127.0.0.1', 'localhost');

  it('is used where the server offers STARTTLS', async () => {
    trust();
    const receiver = await receive({ tls: 'offered' });
    await mailerTo(urlOf(receiver)).send(message);
    expect(receiver.mails.map(({ secure }) => secure)).toEqual([true]);
  });

  it('is there from the first byte with smtps:', async () => {
    trust();
    const receiver = await receive({ tls: 'implicit' });
    await mailerTo(urlOf(receiver)).send(message);
    expect(receiver.mails.map(({ secure }) => secure)).toEqual([true]);
  });

  it.each(['offered', 'implicit'] as const)('checks the certificate (%s)', async (tls) => {
    const receiver = await receive({ tls });
    await expect(mailerTo(urlOf(receiver)).send(message)).rejects.toThrow(/self-signed/);
    expect(receiver.recipients).toEqual([]);
  });

  it('checks that the certificate is of the host', async () => {
    trust();
    const receiver = await receive({ tls: 'implicit' });
    await expect(mailerTo(receiver.url).send(message)).rejects.toThrow(/altnames/);
    expect(receiver.recipients).toEqual([]);
  });

  it('brings the password of the settings', async () => {
    trust();
    const receiver = await receive({ tls: 'offered', credentials: { user: 'vault', password: 'p@ss/word' } });
    const url = (password: string): string => urlOf(receiver).replace('//', `//vault:${password}@`);
    await mailerTo(url('p%40ss%2Fword')).send(message);
    expect(receiver.mails).toHaveLength(1);
    await expect(mailerTo(url('wrong')).send(message)).rejects.toMatchObject({ code: 'EAUTH' });
    expect(receiver.mails).toHaveLength(1);
  });
});

describe('a mail that cannot be delivered', () => {
  it('is tried again until the server is back', async () => {
    const port = await closedPort();
    const mailer = mailerTo(`smtp://127.0.0.1:${port}`, { retryAfter: Array(100).fill(50) as number[] });
    mailer.post(message);
    await sleep(120);
    const receiver = await receive({ port });
    await mailer.settled();
    expect(receiver.mails).toHaveLength(1);
    expect(failures.length).toBeGreaterThan(0);
    expect(failures[0]).toMatchObject({ attempt: 1, retryAfter: 50 });
  });

  it('is given up after the last try', async () => {
    const mailer = mailerTo(`smtp://127.0.0.1:${await closedPort()}`);
    mailer.post(message);
    await mailer.settled();
    expect(failures.map(({ attempt, retryAfter }) => [attempt, retryAfter])).toEqual([
      [1, 20],
      [2, 20],
      [3, undefined],
    ]);
  });

  it.each([
    [451, 3],
    [550, 1],
  ])('after a %i is tried %i times, and the log holds no word of the server', async (responseCode, tries) => {
    const refusal = { responseCode, message: 'jane@example.com wants cvreset_ and more' };
    const receiver = await receive({ refuse: () => refusal });
    const mailer = mailerTo(receiver.url);
    mailer.post(message);
    await mailer.settled();
    expect(receiver.recipients).toHaveLength(tries);
    expect(failures).toHaveLength(tries);
    expect(failures.at(-1)?.error).toEqual({ code: 'EENVELOPE', responseCode });
  });

  it('is lost, and told so, when more wait than the service is willing to hold', async () => {
    const mailer = mailerTo(`smtp://127.0.0.1:${await closedPort()}`, { retryAfter: [60_000] });
    for (let count = 0; count < 1_001; count += 1) mailer.post(message);
    expect(failures).toEqual([{ attempt: 0, error: { message: 'too many mails are waiting' } }]);
    await mailer.onApplicationShutdown();
  });

  it('keeps no other one waiting: invitations that a server puts off give way', async () => {
    const refuse = (to: string): { responseCode: number; message: string } | undefined =>
      to.endsWith('@later.example') ? { responseCode: 451, message: 'later' } : undefined;
    const receiver = await receive({ refuse });
    const mailer = mailerTo(receiver.url, { retryAfter: [60_000] });
    const invite = (to: string, bulkOf: string): void => mailer.post({ ...message, to, bulkOf });
    for (let count = 0; count < 101; count += 1) invite(`${count}@later.example`, 'org-0');
    const lost = { attempt: 0, error: { message: 'too many mails are waiting' } };
    expect(failures).toEqual([lost]);
    // Other organizations still invite, until half of all places is taken.
    for (let count = 0; count < 401; count += 1) invite(`${count}@later.example`, `org-${1 + (count % 8)}`);
    expect(failures).toEqual([lost, lost]);
    mailer.post(message);
    while (receiver.mails.length < 1) await sleep(5);
    // Before most invitations were even tried: they do not take every connection.
    expect(receiver.recipients.length).toBeLessThan(50);
    expect(receiver.mails[0]?.to).toEqual([message.to]);
  });
});

describe('a stop', () => {
  it('gives what waits one last try at once', async () => {
    const port = await closedPort();
    const mailer = mailerTo(`smtp://127.0.0.1:${port}`, { retryAfter: [60_000, 60_000] });
    mailer.post(message);
    while (failures.length === 0) await sleep(5);
    const receiver = await receive({ port });
    await mailer.onApplicationShutdown();
    expect(receiver.mails).toHaveLength(1);
  });

  it('does not wait for a server that says nothing', async () => {
    const { createServer } = await import('node:net');
    const silent = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const mailer = mailerTo(`smtp://127.0.0.1:${port}`, { drainWithin: 100 });
    mailer.post(message);
    await mailer.onApplicationShutdown();
    expect(failures).toEqual([{ attempt: 0, error: { message: 'the service has stopped' } }]);
    silent.close();
  });
});
