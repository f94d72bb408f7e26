import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerAddress, type SMTPServerOptions } from 'smtp-server';
import { Mailer } from '@credvault/mail/mailer.js';
import { ForgottenPasswordsService } from '../../apps/api/src/auth/forgotten-passwords.service.js';
import type { TestService } from './service.js';
import { testCertificate, testCertificateKey } from './smtp-certificate.js';

/** A mail as it came over the wire. */
export interface ReceivedMail {
  /** Envelope. */
  from: string;
  to: string[];
  /** Whether the connection was encrypted when it came. */
  secure: boolean;
  /** By name in lower case, unfolded. */
  headers: Record<string, string>;
  /** The body, decoded. */
  text: string;
  raw: string;
}

export interface SmtpReceiverOptions {
  /** `offered` STARTTLS, `none`, or TLS from the first byte (`implicit`). */
  tls?: 'offered' | 'none' | 'implicit';
  /** The only credentials it takes; undefined takes mail of anybody. */
  credentials?: { user: string; password: string };
  /** Refuses a recipient with a reply code and a text; undefined accepts. Called for each try. */
  refuse?: (recipient: string) => { responseCode: number; message: string } | undefined;
  port?: number;
  /** Mails are accepted once this resolves. */
  hold?: Promise<void>;
}

/** A real SMTP server on loopback that keeps what it gets. */
export class SmtpReceiver {
  readonly mails: ReceivedMail[] = [];
  /** Recipients that were named to it, those it refused included. */
  readonly recipients: string[] = [];

  private constructor(
    private readonly server: SMTPServer,
    private readonly scheme: string,
  ) {}

  static async start(options: SmtpReceiverOptions = {}): Promise<SmtpReceiver> {
    const { tls = 'none', credentials } = options;
    const server = new SMTPServer({
      secure: tls === 'implicit',
      disabledCommands: tls === 'offered' ? [] : ['STARTTLS'],
      authOptional: credentials === undefined,
      allowInsecureAuth: true,
      disableReverseLookup: true,
      key: testCertificateKey,
      cert: testCertificate,
      closeTimeout: 100,
      logger: false,
      onAuth: ({ username, password }, _session, done) => {
        const isRight = username === credentials?.user && password === credentials?.password;
        done(isRight ? null : new Error('wrong'), isRight ? { user: username } : undefined);
      },
      onRcptTo: (...call) => receiver.hear(options, ...call),
      onData: (...call) => void receiver.receive(options, ...call),
    });
    const receiver = new SmtpReceiver(server, tls === 'implicit' ? 'smtps' : 'smtp');
    server.on('error', () => undefined);
    await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', () => resolve()));
    return receiver;
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }

  /** The value of SMTP_URL. */
  get url(): string {
    return `${this.scheme}://127.0.0.1:${this.port}`;
  }

  /** What came for one address, the oldest first. */
  mailsTo(address: string): ReceivedMail[] {
    return this.mails.filter(({ to }) => to.includes(address));
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private hear(
    { refuse }: SmtpReceiverOptions,
    ...[{ address }, , done]: Parameters<NonNullable<SMTPServerOptions['onRcptTo']>>
  ): void {
    this.recipients.push(address);
    const refusal = refuse?.(address);
    done(refusal ? Object.assign(new Error(refusal.message), refusal) : null);
  }

  private async receive(
    { hold }: SmtpReceiverOptions,
    ...[stream, session, done]: Parameters<NonNullable<SMTPServerOptions['onData']>>
  ): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    await hold;
    const { mailFrom, rcptTo } = session.envelope;
    const raw = Buffer.concat(chunks).toString('latin1');
    const to = rcptTo.map(({ address }: SMTPServerAddress) => address);
    const from = mailFrom === false ? '' : mailFrom.address;
    this.mails.push({ from, to, secure: session.secure, raw, ...parseMail(raw) });
    done();
  }
}

/** Resolves once every mail that requests so far have led to is delivered or given up. */
export async function settleMail({ app }: TestService): Promise<void> {
  await app.get(ForgottenPasswordsService, { strict: false }).settled();
  await app.get(Mailer, { strict: false }).settled();
}

/** The one-time token in a mail. */
export function tokenIn(mail: ReceivedMail | undefined): string {
  const token = /\bcv[a-z]+_[0-9A-Za-z]{49}\b/.exec(mail?.text ?? '')?.[0];
  if (token === undefined) throw new Error(`No token in: ${mail?.text ?? 'no mail'}`);
  return token;
}

function parseMail(raw: string): Pick<ReceivedMail, 'headers' | 'text'> {
  const end = raw.indexOf('\r\n\r\n');
  const lines = raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const named = lines.map((line) => [line.split(':', 1)[0]?.toLowerCase(), line.replace(/^[^:]*:\s*/, '')]);
  const headers = Object.fromEntries(named) as Record<string, string>;
  return { headers, text: decode(raw.slice(end + 4), headers['content-transfer-encoding']) };
}

/** RFC 2045 §6.7 and §6.8. */
function decode(body: string, encoding = '7bit'): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  if (encoding !== 'quoted-printable') return body.replaceAll('\r\n', '\n');
  const bytes = body
    .replace(/=\r\n/g, '')
    .replaceAll('\r\n', '\n')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
