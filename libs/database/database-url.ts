import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { DatabaseHost } from './failover-client.js';

/** What a DATABASE_URL says. */
export interface DatabaseUrl {
  /** In the order given; a host that begins with a slash is the folder of a unix socket. */
  hosts: DatabaseHost[];
  user: string;
  password: string | undefined;
  database: string;
  /** As `pg.Client` takes it: false for no TLS. */
  ssl: false | ConnectionOptions;
  applicationName: string | undefined;
  /** Milliseconds for one host. */
  connectTimeoutMillis: number | undefined;
}

/** A DATABASE_URL that cannot be used. The message never repeats a part of the URL that could be its password. */
export class DatabaseUrlError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DatabaseUrlError';
  }
}

const SHAPE = /^postgres(?:ql)?:\/\/(?:([^/?#]*)@)?([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/;
const DEFAULT_PORT = 5432;
const PARAMETERS = [
  ...['host', 'port', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey'],
  ...['application_name', 'connect_timeout', 'target_session_attrs'],
];
const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'];
const EXAMPLE = 'postgres://user:password@host:5432/database?sslmode=verify-full';

/**
 * Reads a PostgreSQL connection URI as libpq does, several hosts included: `postgres://u:p@h1:5432,h2:5433/db`
 * (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS).
 *
 * `sslmode` has libpq's meaning: `require` encrypts without asking who answers (with `sslrootcert` it is `verify-ca`),
 * `verify-full` asks. Without it there is no TLS. `prefer` and `allow` are refused, for they fall back to plain text.
 * @throws DatabaseUrlError
 */
export function parseDatabaseUrl(url: string): DatabaseUrl {
  const parts = SHAPE.exec(url.trim());
  if (!parts) throw new DatabaseUrlError(`DATABASE_URL must look like ${EXAMPLE}.`);
  const [, credentials = '', authority = '', databasePath = '', query = ''] = parts;
  if (/@/.test(databasePath + query)) {
    throw new DatabaseUrlError(
      `DATABASE_URL has an @ after its host. If the user or password holds / ? # or @, write it percent-encoded ` +
        `(%2F %3F %23 %40).`,
    );
  }
  const parameters = readParameters(query);
  const user = decode(credentials.split(':', 1)[0] ?? '', 'user');
  if (!user) throw new DatabaseUrlError(`DATABASE_URL names no user. It must look like ${EXAMPLE}.`);
  const password = credentials.includes(':')
    ? decode(credentials.slice(credentials.indexOf(':') + 1), 'password')
    : '';
  return {
    hosts: readHosts(authority, parameters),
    user,
    password: password || undefined,
    database: decode(databasePath, 'database name') || user,
    ssl: readSsl(parameters),
    applicationName: parameters.get('application_name'),
    connectTimeoutMillis: readTimeout(parameters),
  };
}

function readParameters(query: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of query.split('&').filter(Boolean)) {
    const name = pair.split('=', 1)[0] ?? '';
    if (!PARAMETERS.includes(name)) {
      throw new DatabaseUrlError(
        `DATABASE_URL has a parameter that is not supported${/^\w+$/.test(name) ? `: ${name}` : ''}. ` +
          `Supported are ${PARAMETERS.join(', ')}.`,
      );
    }
    parameters.set(name, decode(pair.slice(name.length + 1), `parameter ${name}`));
  }
  const wanted = parameters.get('target_session_attrs') ?? 'read-write';
  if (!['read-write', 'primary'].includes(wanted)) {
    throw new DatabaseUrlError(
      'DATABASE_URL: target_session_attrs must be read-write or primary; CredVault writes.',
    );
  }
  return parameters;
}

/** Hosts stand before the slash, or in `host` and `port`, both lists: `?host=/run/postgresql` or `?host=a,b&port=1,2`. */
function readHosts(authority: string, parameters: Map<string, string>): DatabaseHost[] {
  const listed = parameters.get('host');
  if (listed !== undefined && authority) {
    throw new DatabaseUrlError('DATABASE_URL names hosts twice: before the slash and as parameter host.');
  }
  if (listed === undefined) return authority.split(',').map(readHost);
  const ports = parameters.get('port')?.split(',') ?? [];
  return listed.split(',').map((host, index, hosts) => {
    if (ports.length > 1 && ports.length !== hosts.length) {
      throw new DatabaseUrlError(
        'DATABASE_URL: the parameters host and port have lists of different lengths.',
      );
    }
    return { host: requireHost(host, index), port: readPort(ports[index] ?? ports[0], index) };
  });
}

/** `host`, `host:port`, `[::1]:port`, or a socket folder as `%2Frun%2Fpostgresql`. */
function readHost(entry: string, index: number): DatabaseHost {
  const [, ipv6, name = '', port] = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^[\]:]*))(?::(.*))?$/.exec(entry) ?? [];
  const host = ipv6 ?? decode(name, `host ${index + 1}`);
  return { host: requireHost(host, index), port: readPort(port, index) };
}

function requireHost(host: string, index: number): string {
  if (/^(\/[^\0]*|[^\s/\0]+)$/.test(host)) return host;
  throw new DatabaseUrlError(
    `DATABASE_URL: host ${index + 1} is missing or malformed. It must look like ${EXAMPLE}.`,
  );
}

function readPort(port: string | undefined, index: number): number {
  if (port === undefined || port === '') return DEFAULT_PORT;
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  if (number >= 1 && number <= 65_535) return number;
  throw new DatabaseUrlError(
    `DATABASE_URL: the port of host ${index + 1} must be a number from 1 to 65535. If the user or password holds ` +
      `: / ? # or @, write it percent-encoded.`,
  );
}

function readSsl(parameters: Map<string, string>): false | ConnectionOptions {
  const mode = parameters.get('sslmode') ?? 'disable';
  if (!SSL_MODES.includes(mode)) {
    throw new DatabaseUrlError(
      `DATABASE_URL: sslmode must be one of ${SSL_MODES.join(', ')}; modes that may fall back to plain text are not ` +
        `supported.`,
    );
  }
  const files = { ca: readPem('sslrootcert'), cert: readPem('sslcert'), key: readPem('sslkey') };
  if (mode === 'disable') {
    if (Object.values(files).some(Boolean))
      throw new DatabaseUrlError('DATABASE_URL: certificates need an sslmode.');
    return false;
  }
  if (mode === 'verify-full') return { ...files, rejectUnauthorized: true };
  if (files.ca) return { ...files, rejectUnauthorized: true, checkServerIdentity: () => undefined };
  if (mode === 'require') return { ...files, rejectUnauthorized: false };
  throw new DatabaseUrlError(
    'DATABASE_URL: sslmode=verify-ca needs sslrootcert, the file of the authority to trust.',
  );

  function readPem(name: string): string | undefined {
    const file = parameters.get(name);
    if (file === undefined) return undefined;
    try {
      return readFileSync(file, 'utf8');
    } catch {
      throw new DatabaseUrlError(`DATABASE_URL: the file that ${name} names cannot be read.`);
    }
  }
}

function readTimeout(parameters: Map<string, string>): number | undefined {
  const seconds = parameters.get('connect_timeout');
  if (seconds === undefined) return undefined;
  if (/^\d{1,4}$/.test(seconds)) return Number(seconds) * 1000 || undefined;
  throw new DatabaseUrlError('DATABASE_URL: connect_timeout must be whole seconds, 0 for no limit.');
}

function decode(text: string, what: string): string {
  try {
    const decoded = decodeURIComponent(text);
    if (!decoded.includes('\0')) return decoded;
  } catch {
    // Told below, without the text.
  }
  throw new DatabaseUrlError(
    `DATABASE_URL: the ${what} is not properly percent-encoded (write % itself as %25).`,
  );
}
