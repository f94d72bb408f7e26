import type { INestApplicationContext } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Actor } from '@credvault/access/actor.js';
import { routeOf } from '@credvault/access/origin.js';
import { RefusedRequests } from '@credvault/audit-log/refused-requests.js';
import { RequestRecorder, type NamedInPath } from '@credvault/audit-log/request-recorder.js';
import { uuidOf, type IdKind } from '@credvault/database/typed-id.js';
import { idParameters } from '@credvault/http/id-param.js';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import { MetricsService } from './metrics.service.js';

/** Time in which what a request has begun may record itself after its client went away, in milliseconds. */
const abortedAfter = 1_000;
/** The status that nginx gave to requests whose client did not wait; it is in records alone. */
const clientClosedRequest = 499;

/**
 * What happens after every answer: its audit record if it has none yet, its metrics, and its one line in the log, which
 * holds the route template and never a path, a query, a header or a body.
 */
export function registerRequestFinish(
  fastify: FastifyInstance,
  app: INestApplicationContext,
  logger: Logger,
): void {
  const recorder = app.get(RequestRecorder);
  const refused = app.get(RefusedRequests);
  const metrics = app.get(MetricsService);
  fastify.addHook('onRequestAbort', (request: FastifyRequest, done: () => void) => {
    const { actor } = request;
    // What was begun goes on and records itself; the rest is recorded here.
    if (actor) setTimeout(() => recordAborted(recorder, actor, request), abortedAfter).unref();
    done();
  });
  fastify.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const { statusCode } = reply;
    const route = routeOf(request);
    if (request.actor) recorder.record(request.actor, statusCode, namedInPath(request));
    else if (statusCode >= 400) refused.count(addressBlock(request.ip), statusCode);
    metrics.observe(request.method, route, statusCode, reply.elapsedTime / 1_000);
    logger.info(
      {
        requestId: request.id,
        method: request.method,
        route,
        status: statusCode,
        durationMs: Math.round(reply.elapsedTime * 100) / 100,
        ip: request.ip,
      },
      'request',
    );
    done();
  });
}

/** A request whose client went away: no answer is finished, so nothing else would record it. */
function recordAborted(recorder: RequestRecorder, actor: Actor, request: FastifyRequest): void {
  if (!actor.origin.recorded) recorder.record(actor, clientClosedRequest, namedInPath(request));
}

/** What is no id at all is left out: it may be anything, a token pasted into the wrong place too. */
function namedInPath({ params }: FastifyRequest): NamedInPath {
  const given = (params ?? {}) as Record<string, string | undefined>;
  const vaultId = uuidOf('vault', given['vaultId'] ?? '');
  for (const [kind, name] of Object.entries(idParameters) as [IdKind, string][]) {
    const resourceId = given[name] === undefined ? undefined : uuidOf(kind, given[name]);
    if (resourceId !== undefined) return { resourceType: kind, resourceId, vaultId };
  }
  return vaultId === undefined ? {} : { resourceType: 'vault', resourceId: vaultId, vaultId };
}
