import type { FastifyInstance } from 'fastify';

import { DomainError } from './domain-error.js';

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Probes come by address, so the health endpoints answer under any name; they tell nothing worth stealing. Their short
 * forms have become this one by then.
 */
const anyHostPath = '/api/v1/health/';

/**
 * Refuses requests for a host that is not ours with 400, so that a web page cannot reach the service by pointing its
 * own name at it (DNS rebinding). Ours are the given host names and the loopback names, on any port.
 */
export function registerHostCheck(fastify: FastifyInstance, publicUrl: URL): void {
  const known = new Set([publicUrl.hostname.toLowerCase(), ...loopbackNames]);
  fastify.addHook('onRequest', (request, _reply, done) => {
    const name = hasTwoHosts(request.raw.rawHeaders) ? undefined : hostName(request.host);
    if (name !== undefined && known.has(name)) return done();
    if (request.raw.url?.startsWith(anyHostPath)) return done();
    done(unknownHost(name));
  });
}

function unknownHost(name: string | undefined): DomainError {
  if (name === undefined) return new DomainError('BAD_REQUEST', 'The Host header is missing or not valid.');
  return new DomainError(
    'BAD_REQUEST',
    'The service does not answer to this host name. Use the address in CREDVAULT_PUBLIC_URL, or change that setting.',
  );
}

/** Node keeps the first of two and drops the other silently; RFC 9112 §3.2 wants them refused. */
function hasTwoHosts(rawHeaders: string[]): boolean {
  return rawHeaders.filter((name, index) => index % 2 === 0 && /^host$/i.test(name)).length > 1;
}

/** The name of a `Host` header (RFC 9110 §7.2) in lower case, without port and final dot; undefined if malformed. */
function hostName(host: string | undefined): string | undefined {
  const name = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.exec(host ?? '')?.[1];
  return name?.toLowerCase().replace(/\.$/, '');
}
