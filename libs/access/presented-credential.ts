import type { FastifyRequest } from 'fastify';
import { TwoCredentials } from './access.errors.js';

/** What a request brought to prove who is asking. */
export interface PresentedCredential {
  scheme: 'bearer' | 'basic' | 'x-api-key';
  /** The token; undefined when the header has not the form of its scheme. */
  token?: string;
  /** The user of HTTP Basic: the id of the key or token that the password must be. */
  keyId?: string;
}

/** The id of an API key or personal token and 58 characters of token at most, in base64, with room to spare. */
const longestBasic = 400;

/**
 * Reads the credential out of `Authorization: Bearer` (RFC 6750), `Authorization: Basic` (RFC 7617) or `X-API-Key`. Only
 * headers count: never the body, a query or a cookie.
 *
 * @returns undefined when there is none
 * @throws TwoCredentials when there are two that differ, because which of them counts would be a guess
 */
export function presentedCredential({ headers, raw }: FastifyRequest): PresentedCredential | undefined {
  const { authorization, 'x-api-key': apiKey } = headers;
  if (apiKey === undefined && authorization === undefined) return undefined;
  // Node keeps the first of two `Authorization` headers and drops the other silently.
  if (countOf(raw.rawHeaders, 'authorization') > 1 || countOf(raw.rawHeaders, 'x-api-key') > 1) {
    throw new TwoCredentials();
  }
  const fromKey: PresentedCredential | undefined =
    typeof apiKey === 'string' ? { scheme: 'x-api-key', token: apiKey } : undefined;
  if (authorization === undefined) return fromKey;
  const presented = fromAuthorization(authorization);
  if (fromKey && fromKey.token !== presented.token) throw new TwoCredentials();
  return presented;
}

function fromAuthorization(header: string): PresentedCredential {
  const [scheme = '', content = '', ...rest] = header.split(' ');
  if (/^basic$/i.test(scheme)) return { scheme: 'basic', ...(rest.length === 0 ? idAndToken(content) : {}) };
  const isBearer = /^bearer$/i.test(scheme) && content !== '' && rest.length === 0;
  return { scheme: 'bearer', ...(isBearer ? { token: content } : {}) };
}

/** The user ends at the first colon; the password may hold more of them (RFC 7617 §2). */
function idAndToken(content: string): { keyId?: string; token?: string } {
  if (content.length > longestBasic || !/^[A-Za-z0-9+/]+={0,2}$/.test(content)) return {};
  const text = Buffer.from(content, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 1 ? {} : { keyId: text.slice(0, colon), token: text.slice(colon + 1) };
}

function countOf(rawHeaders: string[], name: string): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.length === name.length && rawHeaders[i]?.toLowerCase() === name) count += 1;
  }
  return count;
}
