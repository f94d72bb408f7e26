import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyBaseLogger, type FastifyReply, type FastifyRequest, LogController } from 'fastify';

import { clientErrorHandler, frameworkErrors } from './client-error.js';
import { EnvelopeAdapter } from './envelope.js';
import { ErrorFilter } from './error.filter.js';
import { registerHostCheck } from './host-check.js';
import { type BodyLimit, bodyLimitFor, defaultBodyLimit, registerJsonBody } from './json-body.js';
import { registerNotFound } from './not-found.js';
import { genReqId } from './request-id.js';
import { rewriteShortPath } from './request-target.js';
import { registerCors, registerSecurityHeaders, securityHeaders } from './security-headers.js';
import { StrictInputGuard } from './strict-input.guard.js';
import { createValidationPipe } from './validation.js';

export interface HttpOptions {
  /** CIDR ranges whose `X-Forwarded-*` headers are believed; none means nobody's are. */
  trustedProxies: string[];
  /** Its host is the one the service answers to, besides the loopback names. */
  publicUrl: URL;
  /** Origins whose pages may call the API; none means no CORS. */
  corsOrigins: string[];
  /** Finds out who is asking, before the body is read; what it throws is the answer. */
  admit?: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
  /** Routes that take bodies larger than 1 MiB. */
  bodyLimits: BodyLimit[];
  /** A pino logger, or nothing to be silent. Fastify's own request lines are off: they would hold query values. */
  logger?: FastifyBaseLogger;
}

/**
 * How long a client may take, in milliseconds: for its headers, for the whole request (8 MiB at 1 Mbit/s take 67 s),
 * and between two requests (longer than the 60 s of usual load balancers, so that they are the ones to hang up).
 */
const headersTimeout = 30_000;
const requestTimeout = 120_000;
const keepAliveTimeout = 65_000;
const connectionsCheckingInterval = 5_000;

/** Longest part of a path, in characters; ids have about 30, names never stand in paths. */
const maxParamLength = 200;

/**
 * Makes the Fastify side of the service: limits, request ids, host check, headers, CORS, body parsing, the envelope, and
 * errors in one shape. Give it to `NestFactory.create` with `bodyParser: false`, then call `installHttp`.
 */
export function createFastifyAdapter(options: HttpOptions): FastifyAdapter {
  const headers = securityHeaders(options.publicUrl);
  const adapter = new EnvelopeAdapter({
    ...(options.logger ? { loggerInstance: options.logger } : { logger: false }),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId,
    requestIdHeader: false,
    trustProxy: options.trustedProxies.length > 0 ? options.trustedProxies : false,
    bodyLimit: defaultBodyLimit,
    rewriteUrl: rewriteShortPath,
    clientErrorHandler,
    frameworkErrors: frameworkErrors(headers),
    requestTimeout,
    keepAliveTimeout,
    // Node would answer a missing Host with an empty 400 of its own; the host check does it in the usual shape.
    http: { headersTimeout, connectionsCheckingInterval, requireHostHeader: false },
    // Requests that arrive while closing are still answered; Fastify's 503 would have another shape.
    return503OnClosing: false,
    routerOptions: { maxParamLength },
  });
  const fastify = adapter.getInstance();
  registerSecurityHeaders(fastify, headers);
  registerHostCheck(fastify, options.publicUrl);
  registerCors(fastify, options.corsOrigins);
  if (options.admit) fastify.addHook('onRequest', options.admit);
  registerNotFound(fastify);
  registerJsonBody(fastify);
  fastify.addHook('onRoute', bodyLimitFor(options.bodyLimits));
  return adapter;
}

/**
 * Installs the pipe, filter and guard that every handler works under. Call it after `NestFactory.create`, which has
 * placed the APP_GUARDs of the modules by then, so that they run first; and before `init` or `listen`.
 */
export function installHttp(app: NestFastifyApplication): void {
  app.useGlobalPipes(createValidationPipe());
  app.useGlobalFilters(new ErrorFilter());
  app.useGlobalGuards(new StrictInputGuard());
}
