import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { cloudChallenge, cloudErrorBody } from './cloud-error-body.js';
import { errorBody, toDomainError } from './error-body.js';
import { describeError } from './error-description.js';
import { errorStatus } from './error-status.js';
import { isCloudRequest } from './request-target.js';

/** Headers a handler may have set for the answer it then did not give. */
const headersOfSuccess = [
  'etag',
  'location',
  'link',
  'last-modified',
  'content-disposition',
  'content-length',
];

/** When to try again after a 503 that does not say so itself (RFC 9110 §10.2.3): a failover takes about as long. */
const retryAfterSeconds = '1';

/** The only place that turns an error into HTTP: status, headers, and the one body shape that all errors of an API share. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendError(thrown, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}

/** Answers a request with an error. If an answer is already under way, it is cut off, so that it cannot pass for whole. */
export function sendError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const error = toDomainError(thrown);
  const status = errorStatus[error.code];
  if (status >= 500) {
    request.log.error({ status, error: describeError(error) }, 'request failed');
  }
  if (reply.sent || reply.raw.headersSent) {
    if (!reply.raw.writableEnded) reply.raw.destroy();
    return;
  }
  for (const name of headersOfSuccess) reply.removeHeader(name);
  if (status === 401) reply.header('www-authenticate', challenge(request));
  if (status === 503) reply.header('retry-after', retryAfterSeconds);
  if (error.headers) reply.headers(error.headers);
  reply.code(status).type('application/json; charset=utf-8');
  if (!isCloudRequest(request)) {
    reply.send(errorBody(error.code, error.message, request.id, error.details));
    return;
  }
  if (status === 401) {
    reply.header('www-authenticate', cloudChallenge(String(reply.getHeader('www-authenticate'))));
  }
  reply.send(cloudErrorBody(error));
}

/**
 * The challenge of a 401 (RFC 6750 §3): without an error code when no credential was sent, because then there is
 * nothing wrong with it. A DomainError may bring its own in its headers.
 */
function challenge(request: FastifyRequest): string {
  const { authorization, 'x-api-key': apiKey } = request.headers;
  const sent = authorization !== undefined || apiKey !== undefined;
  return sent ? 'Bearer realm="credvault", error="invalid_token"' : 'Bearer realm="credvault"';
}
