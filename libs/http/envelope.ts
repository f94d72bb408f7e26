import { Readable } from 'node:stream';

import { StreamableFile } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';

import { Answer, type AnswerOptions } from './answer.js';
import { Page } from './pagination/page.js';
import { isCloudRequest, writtenTarget } from './request-target.js';
import { RouteFacts } from './route-facts.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set by `@Bare()`. */
    bare?: boolean;
  }
}

/**
 * Marks a handler whose result goes out as it is, without the `{ data }` envelope.
 */
export const Bare = (): MethodDecorator => RouteFacts({ bare: true });

/**
 * A Fastify adapter that puts what handlers return into the envelope. Nest hands every result to `reply`, so no
 * interceptor is needed; a single one would cost each request about as much as all else that HTTP does.
 */
export class EnvelopeAdapter extends FastifyAdapter {
  override reply(...[response, body, statusCode]: Parameters<FastifyAdapter['reply']>): FastifyReply {
    const answer: unknown = 'request' in response ? envelope(body, response) : body;
    return super.reply(response, answer, statusCode);
  }
}

/**
 * Wraps a result: a value as `{ data }`, a `Page` as `{ data, pagination }` with a `Link` to the next page, an
 * `Answer` with its headers. Streams, buffers, nothing, and `@Bare()` handlers pass untouched, and so does every body of
 * the cloud-style API.
 */
function envelope(result: unknown, reply: FastifyReply): unknown {
  if (result instanceof Answer) {
    applyOptions(result.options, reply);
    return envelope(result.data, reply);
  }
  if (result === undefined || isRaw(result) || reply.routeOptions.config.bare) return result;
  if (result instanceof Page) return pageBody(result, reply);
  if (reply.statusCode === 201) locate(result, reply);
  return isCloudRequest(reply.request) ? result : { data: result };
}

function isRaw(result: unknown): boolean {
  return result instanceof StreamableFile || result instanceof Readable || result instanceof Uint8Array;
}

function applyOptions({ etag, location, status, headers }: AnswerOptions, reply: FastifyReply): void {
  if (status !== undefined) reply.code(status);
  if (etag !== undefined) reply.header('etag', etag);
  if (location !== undefined) reply.header('location', location);
  if (headers !== undefined) reply.headers(headers);
}

/** What was created lies below the path it was posted to, unless the handler knows better (RFC 9110 §15.3.2). */
function locate(created: unknown, reply: FastifyReply): void {
  const { id } = (created ?? {}) as { id?: unknown };
  if (typeof id !== 'string' || reply.hasHeader('location')) return;
  const { path } = writtenTarget(reply.request);
  reply.header('location', `${path.replace(/\/$/, '')}/${encodeURIComponent(id)}`);
}

function pageBody(page: Page<unknown>, reply: FastifyReply): unknown {
  const { items, ...pagination } = page;
  if (page.nextCursor !== null) reply.header('link', nextLink(page.nextCursor, reply));
  return { data: items, pagination };
}

/** The next page as a link (RFC 8288), relative to the host, with every other parameter as the client wrote it. */
function nextLink(cursor: string, reply: FastifyReply): string {
  const { path, query } = writtenTarget(reply.request);
  const parameters = new URLSearchParams(query);
  parameters.delete('offset');
  parameters.delete('skip');
  parameters.set('cursor', cursor);
  return `<${path}?${parameters.toString()}>; rel="next"`;
}
