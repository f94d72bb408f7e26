import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { CustomFetch, CustomFetchOptions } from 'openid-client';
import type { OutboundMethod } from '@credvault/outbound/outbound-request.js';
import type { OutboundClient } from '@credvault/outbound/outbound-client.js';
import { addressBlock, liesIn } from '@credvault/outbound/special-addresses.js';

/** Bytes of an answer: discovery documents, key sets and tokens have a few thousand. */
const maxBytes = 256 * 1024;
/** Milliseconds of one call; a sign-in makes up to four. */
const timeoutMs = 5_000;

/** What the client of OpenID Connect asks for, made by way of the guarded client: nothing else reaches a provider. */
export function providerFetch(outbound: OutboundClient, allowsHttp: (url: URL) => boolean): CustomFetch {
  return async (url, options) => {
    const { status, headers, body } = await outbound.request({
      method: options.method as OutboundMethod,
      url,
      headers: Object.fromEntries(new Headers(options.headers)),
      body: bodyOf(options),
      maxBytes,
      timeoutMs,
      allowHttp: allowsHttp(new URL(url)),
    });
    // A redirect is no answer of the protocol, and a body may not come with these (https://fetch.spec.whatwg.org/#null-body-status).
    const isEmpty = status === 204 || status === 205 || status === 304;
    return new Response(isEmpty ? null : new Uint8Array(body), {
      status,
      headers: new Headers([...headers]),
    });
  };
}

function bodyOf({ body }: CustomFetchOptions): string | undefined {
  if (body === null || body === undefined) return undefined;
  if (typeof body === 'string' || body instanceof URLSearchParams) return String(body);
  throw new TypeError('a request to a provider has a text as its body');
}

/**
 * Says which URLs may be called without TLS: an address, not a name, that the operator has allowed (`CREDVAULT_OUTBOUND_ALLOW`).
 * Everywhere else somebody between could answer in the place of the provider.
 */
export function httpWithin(allowed: readonly string[]): (url: URL) => boolean {
  const blocks = allowed.map(addressBlock);
  return ({ hostname }) => {
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    return isIP(host) !== 0 && liesIn(blocks, ipaddr.parse(host));
  };
}
