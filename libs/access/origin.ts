import type { FastifyRequest } from 'fastify';
import { clientAddress } from '@credvault/rate-limit/address-block.js';
import type { RequestOrigin } from './actor.js';

const userAgentBytes = 256;

/**
 * Route template of a request, without the prefix of `/api/v1`: `/api/v1/vaults/:vaultId` is `/vaults/:vaultId`. That of
 * another API keeps its prefix, so that nothing that is kept by route (records, idempotency keys, metrics) mixes the two.
 */
export function routeOf(request: FastifyRequest): string {
  const url = request.routeOptions.url ?? '(unknown)';
  let route = routes.get(url);
  if (route === undefined) {
    route = url.replace(/^\/api\/v1(?=\/)/, '');
    routes.set(url, route);
  }
  return route;
}

/** There are as many templates as routes, and each request asks for one. */
const routes = new Map<string, string>();

/** What the audit record says about where a request came from. */
export function originOf(request: FastifyRequest): RequestOrigin {
  // Header values are Latin-1, so that a character may become two bytes of UTF-8.
  const userAgent = request.headers['user-agent'];
  return {
    requestId: request.id,
    ip: clientAddress(request.ip),
    userAgent:
      userAgent &&
      Buffer.from(userAgent)
        .subarray(0, userAgentBytes)
        .toString()
        .replace(/\uFFFD+$/, ''),
    method: request.method,
    route: routeOf(request),
    event: '',
    recorded: false,
  };
}
