import type { FastifyRequest } from 'fastify';

/** Scheme and authority of an absolute-form request target (RFC 9112 §3.2.2). */
const authority = /^https?:\/\/[^/?#]*/i;

/**
 * Fastify's `rewriteUrl`: the short form `/v1/...` is served as `/api/v1/...`, and `/health/...` at the root as the health
 * endpoints of version 1. Not a redirect, so `originalUrl` keeps what the client wrote.
 */
export function rewriteShortPath(request: { url?: string }): string {
  const url = request.url ?? '/';
  const path = url.charCodeAt(0) === 47 ? url : url.replace(authority, '');
  const prefix = prefixOf(path);
  return prefix === undefined ? url : prefix + path;
}

/** What stands before a short path in full; undefined for any other path. */
function prefixOf(path: string): string | undefined {
  if (path.startsWith('/health/')) return '/api/v1';
  if (!path.startsWith('/v1')) return undefined;
  return path.length === 3 || path[3] === '/' || path[3] === '?' ? '/api' : undefined;
}

/** Path and query as the client wrote them, without scheme and authority. */
export function writtenTarget(request: FastifyRequest): { path: string; query: string } {
  const target = request.originalUrl.replace(authority, '');
  const mark = target.indexOf('?');
  if (mark === -1) return { path: target, query: '' };
  return { path: target.slice(0, mark), query: target.slice(mark + 1) };
}
