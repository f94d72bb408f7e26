import type { FastifyInstance } from 'fastify';

import { DomainError } from './domain-error.js';
import { isCloudPath } from './request-target.js';

interface KnownPath {
  segments: string[];
  methods: Set<string>;
}

/**
 * Answers requests that no route takes, before their body is read: OPTIONS on a known path gets 204 with `Allow`,
 * another method there 405 with `Allow` (RFC 9110 §15.5.6), an unknown path 404. Call it before routes are added.
 */
export function registerNotFound(fastify: FastifyInstance): void {
  const paths = new Map<string, KnownPath>();
  fastify.addHook('onRoute', ({ url, method }) => {
    if (url === '*' || url === '/*') return;
    const known = paths.get(url) ?? { segments: url.split('/'), methods: new Set<string>() };
    for (const one of [method].flat()) known.methods.add(one);
    paths.set(url, known);
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done();
    const url = request.raw.url ?? '/';
    const allow = allowedMethods(paths, url);
    if (allow.length > 0 && request.method === 'OPTIONS') {
      reply.code(204).header('allow', allow.join(', ')).send();
      return;
    }
    done(unknownRoute(allow, isCloudPath(url) ? '/openapi/v2.json' : '/openapi.json'));
  });
}

/**
 * The error for a request that no route takes; `allow` lists the methods of its path, none if the path is unknown, and
 * `document` lists the paths there are.
 */
function unknownRoute(allow: string[], document: string): DomainError {
  if (allow.length === 0) {
    return new DomainError(
      'NOT_FOUND',
      `There is nothing at this path. The paths are listed in ${document}.`,
    );
  }
  const methods = allow.join(', ');
  return new DomainError(
    'METHOD_NOT_ALLOWED',
    `This path does not take this method. Use one of ${methods}.`,
    {
      headers: { allow: methods },
    },
  );
}

function allowedMethods(paths: Map<string, KnownPath>, url: string): string[] {
  const segments = (url.split('?', 1)[0] ?? '').split('/');
  const methods = new Set<string>();
  for (const known of paths.values()) {
    if (matches(known.segments, segments)) for (const method of known.methods) methods.add(method);
  }
  if (methods.size > 0) methods.add('OPTIONS');
  return [...methods].sort();
}

function matches(pattern: string[], segments: string[]): boolean {
  if (pattern.at(-1) === '*') {
    return segments.length >= pattern.length && pattern.slice(0, -1).every((one, i) => one === segments[i]);
  }
  if (pattern.length !== segments.length) return false;
  return pattern.every((one, i) => (one.startsWith(':') ? segments[i] !== '' : one === segments[i]));
}
