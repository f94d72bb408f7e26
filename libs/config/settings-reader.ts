import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { parseRootKeys, RootKeyError } from '@credvault/crypto/root-key.js';

/** More than any machine has use for: the database, not HTTP, is the limit long before. */
const mostProcesses = 64;

/** Environment variables, as `process.env` holds them; an empty one counts as not set. */
export type Environment = Record<string, string | undefined>;

/** Reads one variable at a time and collects what is wrong, so that a start names every problem at once. */
export class SettingsReader {
  readonly problems: string[] = [];

  constructor(private readonly environment: Environment) {}

  text(name: string): string | undefined {
    const value = this.environment[name]?.trim();
    return value === undefined || value === '' ? undefined : value;
  }

  refuse(name: string, why: string): void {
    this.problems.push(`${name} ${why}`);
  }

  /** Looks at the form of root keys; whether they are those of the database, only the database can tell. */
  checkRootKeys(name: string, text: string): void {
    try {
      parseRootKeys(text, name);
    } catch (error) {
      if (!(error instanceof RootKeyError)) throw error;
      this.problems.push(error.message);
    }
  }

  port(name: string, fallback: number, lowest = 1): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
    if (!(port >= lowest && port <= 65_535)) {
      this.refuse(name, `is "${text}", but must be a port number from ${lowest} to 65535.`);
      return fallback;
    }
    return port;
  }

  processes(name: string): number {
    const text = this.text(name) ?? '1';
    if (text === 'auto') return Math.min(availableParallelism(), mostProcesses);
    const count = /^\d{1,2}$/.test(text) ? Number(text) : 0;
    if (count >= 1 && count <= mostProcesses) return count;
    this.refuse(name, `is "${text}", but must be auto or a number from 1 to ${mostProcesses}.`);
    return 1;
  }

  /** A count of requests a minute; 0 means unlimited. */
  limit(name: string, fallback: number): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    if (/^\d{1,9}$/.test(text)) return Number(text);
    this.refuse(name, `is "${text}", but must be a whole number of requests a minute, or 0 for unlimited.`);
    return fallback;
  }

  oneOf<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const found = allowed.find((candidate) => candidate === text);
    if (found === undefined) this.refuse(name, `is "${text}", but must be one of: ${allowed.join(', ')}.`);
    return found ?? fallback;
  }

  list(name: string, accepts: (item: string) => boolean, expected: string): string[] {
    const items = (this.text(name) ?? '')
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
    for (const item of items) {
      if (!accepts(item)) this.refuse(name, `contains "${item}", but each item must be ${expected}.`);
    }
    return items;
  }

  httpUrl(name: string, fallback: string): URL {
    const text = this.text(name) ?? fallback;
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const usable = url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.hash;
    if (usable && url.username === '' && url.password === '') return url;
    this.refuse(
      name,
      `is "${text}", but must be an http or https address without path, such as https://vault.example.com.`,
    );
    return new URL('http://127.0.0.1');
  }
}

/** `host` as it stands in a URL: IPv6 in brackets, and an any-address as the loopback name people can open. */
export function hostForUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return isIP(host) === 6 ? `[${host}]` : host;
}

/** Whether this is an origin such as `https://app.example.com`. */
export function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:/.test(text) && new URL(text).origin === text;
}

/** Whether this is an IP address or a CIDR block. */
export function isAddressBlock(text: string): boolean {
  const [address, bits, ...rest] = text.split('/');
  const version = isIP(address ?? '');
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

/** Whether this names a name server as `dns.Resolver` takes it: `192.0.2.1`, `192.0.2.1:53`, `2001:db8::1` or `[2001:db8::1]:53`. */
export function isDnsServer(text: string): boolean {
  if (isIP(text) !== 0) return true;
  const [, v6, v4, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const isAddress = v6 === undefined ? isIP(v4 ?? '') === 4 : isIP(v6) === 6;
  return isAddress && Number(port) >= 1 && Number(port) <= 65_535;
}

/** `redis[s]://[[user]:password@]host[:port][/database]`; parameters would be ignored, so there must be none. */
export function isRedisUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname, search, hash, username, password } = new URL(text);
  if (!/^rediss?:$/.test(protocol) || hostname === '' || search !== '' || hash !== '') return false;
  return /^\/?\d{0,5}$/.test(pathname) && isPercentEncoded(username) && isPercentEncoded(password);
}

function isPercentEncoded(text: string): boolean {
  return !/%(?![0-9a-f]{2})/i.test(text);
}
