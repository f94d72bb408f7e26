import { isIP } from 'node:net';
import { OutboundRefused } from './outbound.errors.js';

export type OutboundMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One call of an address that a user gave. */
export interface OutboundRequest {
  method: OutboundMethod;
  /** Absolute; https only, unless `allowHttp`. A fragment is not sent. */
  url: string | URL;
  /** At most 64 of 16 KiB together. What speaks about the connection or the host, and cookies, are refused. */
  headers?: Readonly<Record<string, string>>;
  /** At most 1 MiB. */
  body?: string | Uint8Array;
  /** Bytes of body that the answer may have; 1 MiB when absent. */
  maxBytes?: number;
  /** Milliseconds for all of it: looking up the name, connecting, TLS, headers and body; 10,000 when absent. */
  timeoutMs?: number;
  /** Whether `http:` is accepted besides `https:`. */
  allowHttp?: boolean;
}

/** A request whose parts were checked; only the addresses of its host were not. */
export interface CheckedRequest {
  method: OutboundMethod;
  url: URL;
  /** The name or address of the host, an IPv6 address without brackets. */
  host: string;
  headers: Record<string, string>;
  body: Buffer | undefined;
  maxBytes: number;
  timeoutMs: number;
}

const usualMaxBytes = 1024 * 1024;
const usualTimeoutMs = 10_000;
const maxUrlLength = 2048;
const maxBodyBytes = 1024 * 1024;
const maxHeaders = 64;
const maxHeaderBytes = 16 * 1024;

/** What the client itself says (host, length, connection), what it must not say (cookies, proxies), RFC 9110 §7. */
const reservedHeaders = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'cookie',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** A token (RFC 9110 §5.6.2). */
const headerName = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** Visible characters, spaces and tabs (RFC 9110 §5.5): no end of line can add a header. */
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Checks everything about a request that can be checked without a network.
 *
 * @throws OutboundRefused saying which part may not be sent
 */
export function checkRequest(request: OutboundRequest): CheckedRequest {
  const url = checkUrl(request.url, request.allowHttp ?? false);
  const body = request.body === undefined ? undefined : Buffer.from(request.body);
  if (body !== undefined && body.length > maxBodyBytes) throw new OutboundRefused('too-large');
  return {
    method: request.method,
    url,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    headers: checkHeaders(request.headers ?? {}),
    body,
    maxBytes: request.maxBytes ?? usualMaxBytes,
    timeoutMs: request.timeoutMs ?? usualTimeoutMs,
  };
}

/** Whether the host is an address, not a name. */
export function isAddress(host: string): boolean {
  return isIP(host) !== 0;
}

/**
 * The parser of the URL standard also turns every spelling of an IPv4 address (octal, hexadecimal, one number, full-width
 * digits) into four decimal parts, so that all that comes after sees only those (https://url.spec.whatwg.org/#concept-ipv4-parser).
 */
function checkUrl(given: string | URL, allowHttp: boolean): URL {
  const text = String(given);
  if (text.length > maxUrlLength || !URL.canParse(text)) throw new OutboundRefused('url');
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(allowHttp && url.protocol === 'http:')) {
    throw new OutboundRefused(allowHttp ? 'http-scheme' : 'scheme');
  }
  if (url.username !== '' || url.password !== '') throw new OutboundRefused('user-info');
  return url;
}

function checkHeaders(given: Readonly<Record<string, string>>): Record<string, string> {
  const headers = Object.entries(given).map(([name, value]) => [name.toLowerCase(), value] as const);
  for (const [name, value] of headers) {
    const isReserved = reservedHeaders.has(name) || name.startsWith('proxy-');
    if (isReserved || !headerName.test(name) || !headerValue.test(value)) throw new OutboundRefused('header');
  }
  const bytes = headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
  if (headers.length > maxHeaders || bytes > maxHeaderBytes) throw new OutboundRefused('too-large');
  return { ...Object.fromEntries(headers), 'accept-encoding': 'identity' };
}
