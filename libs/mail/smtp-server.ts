import type { SMTPTransportOptions } from 'nodemailer';

/** Milliseconds. A mail server that says nothing for so long is taken for one that is away. */
const timeouts = {
  dnsTimeout: 10_000,
  connectionTimeout: 10_000,
  greetingTimeout: 10_000,
  socketTimeout: 30_000,
  socketCloseTimeout: 1_000,
};

/** Ports of message submission without and with TLS from the first byte (RFC 8314, RFC 6409). */
const submissionPort = { 'smtp:': 587, 'smtps:': 465 } as const;

/** `smtp[s]://[user:password@]host[:port]`; parameters would be ignored, so there must be none. */
export function isSmtpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname, search, hash, username, password } = new URL(text);
  if (!/^smtps?:$/.test(protocol) || hostname === '' || search !== '' || hash !== '') return false;
  if ((username === '') !== (password === '')) return false;
  return /^\/?$/.test(pathname) && isPercentEncoded(username) && isPercentEncoded(password);
}

/**
 * How the mail server of `SMTP_URL` is spoken with. `smtps:` is TLS from the first byte; `smtp:` turns to TLS where the
 * server offers STARTTLS, and must where a password would be sent to another machine. Certificates are always checked, by the
 * authorities Node knows (`NODE_EXTRA_CA_CERTS` adds one).
 *
 * @param url one that `isSmtpUrl` takes
 */
export function smtpOptions(url: string): SMTPTransportOptions {
  const { protocol, hostname, port, username, password } = new URL(url);
  const secure = protocol === 'smtps:';
  const host = hostname.replace(/^\[|\]$/g, '');
  const signsIn = username !== '';
  return {
    host,
    port: port === '' ? submissionPort[secure ? 'smtps:' : 'smtp:'] : Number(port),
    secure,
    requireTLS: !secure && signsIn && !isLoopback(host),
    auth: signsIn ? { user: decodeURIComponent(username), pass: decodeURIComponent(password) } : undefined,
    tls: { minVersion: 'TLSv1.2', rejectUnauthorized: true },
    // A message is text that the service wrote: it brings no file and no address to fetch from.
    disableFileAccess: true,
    disableUrlAccess: true,
    ...timeouts,
  };
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
