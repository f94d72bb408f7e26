import type { FastifyRequest } from 'fastify';

/** Scheme and authority of an absolute-form request target (RFC 9112 §3.2.2). */
const authority = /^https?:\/\/[^/?#]*/i;

/** Where the cloud-style API is: another API beside `/api/v1`, whose bodies and errors have other shapes. */
export const cloudPrefix = '/api/v2';

/**
 * Fastify's `rewriteUrl`: the short form `/v1/...` is served as `/api/v1/...`, and `/health/...` at the root as the health
 * endpoints of version 1. A path of the cloud-style API means the same with a slash at its end as without. Not a redirect,
 * so `originalUrl` keeps what the client wrote.
 */
export function rewriteShortPath(request: { url?: string }): string {
  const url = request.url ?? '/';
  const path = url.charCodeAt(0) === 47 ? url : url.replace(authority, '');
  if (isCloudPath(path)) return withoutFinalSlash(path);
  const prefix = prefixOf(path);
  return prefix === undefined ? url : prefix + path;
}

/** Whether a path, with or without a query, is one of the cloud-style API, be there anything at it or not. */
export function isCloudPath(path: string): boolean {
  if (!path.startsWith(cloudPrefix)) return false;
  const next = path[cloudPrefix.length];
  return next === undefined || next === '/' || next === '?';
}

/** Whether a request is for the cloud-style API: by what it was routed to, however the client has spelled the path. */
export function isCloudRequest({ is404, routeOptions, raw }: FastifyRequest): boolean {
  const template = is404 ? undefined : routeOptions.url;
  return isCloudPath(template ?? raw.url ?? '');
}

function withoutFinalSlash(path: string): string {
  const mark = path.indexOf('?');
  const end = mark === -1 ? path.length : mark;
  return path[end - 1] === '/' ? path.slice(0, end - 1) + path.slice(end) : path;
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
