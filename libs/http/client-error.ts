import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';

import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';

import { errorBody } from './error-body.js';
import { sendError } from './error.filter.js';
import { genReqId, requestIdHeader } from './request-id.js';

/** Node's refusals of what is not HTTP (its manual, `http.Server` event "clientError"); all else is a plain 400. */
const refusals: Readonly<Record<string, { status: number; message: string }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: 'The request took too long to arrive.' },
  HPE_HEADER_OVERFLOW: { status: 431, message: 'The headers are too large.' },
};
const notHttp = { status: 400, message: 'This is not a valid HTTP request.' };

/**
 * Answers a connection whose bytes are not a valid HTTP request, in the same shape as every error, then closes it.
 * There is no request object, so the answer is written to the socket.
 */
export function clientErrorHandler(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
    socket.destroy();
    return;
  }
  const { status, message } = refusals[error.code ?? ''] ?? notHttp;
  const requestId = genReqId();
  const body = JSON.stringify(errorBody('BAD_REQUEST', message, requestId));
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      `${requestIdHeader}: ${requestId}`,
      'cache-control: no-store',
      'x-content-type-options: nosniff',
      'connection: close',
      '',
      body,
    ].join('\r\n'),
    () => socket.destroy(),
  );
}

/** True if an answer to an earlier request is half written; Node's own handler looks at the same property. */
function isAnswering(socket: Socket): boolean {
  const { _httpMessage: answer } = socket as { _httpMessage?: { headersSent?: boolean } };
  return answer?.headersSent === true;
}

/** Answers what the router refuses before any hook runs: a broken URL, an over-long part of a path. */
export function frameworkErrors(headers: Record<string, string>) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    reply.headers(headers).header(requestIdHeader, request.id);
    sendError(error, request, reply);
  };
}
