import { HttpException } from '@nestjs/common';

import { isForeignKeyViolation } from '@credvault/database/postgres-errors.js';
import { isDatabaseOutage } from './database-outage.js';
import { DomainError, type ErrorCode, type ErrorDetail } from './domain-error.js';
import { defaultMessage, errorCodeOf } from './error-status.js';

/** The body of every error answer. `details` is left out when there is nothing to point at. */
export interface ErrorBody {
  error: { code: ErrorCode; message: string; requestId: string; details?: ErrorDetail[] };
}

/** Builds the body of an error answer. */
export function errorBody(
  code: ErrorCode,
  message: string,
  requestId: string,
  details?: ErrorDetail[],
): ErrorBody {
  const error = { code, message, requestId };
  return { error: details === undefined || details.length === 0 ? error : { ...error, details } };
}

/** Fastify's own refusals (its manual, "Errors"), in the words of this API. */
const frameworkRefusals: Readonly<Record<string, { code: ErrorCode; message: string }>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'UNSUPPORTED_MEDIA_TYPE',
    message: defaultMessage.UNSUPPORTED_MEDIA_TYPE,
  },
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: 'PAYLOAD_TOO_LARGE',
    message: 'The request body is larger than this operation takes. Send less at a time.',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'BAD_REQUEST', message: 'The body is empty. Send a JSON object.' },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'BAD_REQUEST', message: 'The body is not valid JSON.' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'BAD_REQUEST',
    message: 'The body is not as long as its Content-Length says.',
  },
  FST_ERR_BAD_URL: { code: 'BAD_REQUEST', message: 'The path is not valid: its percent-encoding is broken.' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'BAD_REQUEST', message: 'A part of the path is too long.' },
};

/** The next try finds what is left: that the credential has ended, or that there is no such thing. */
const parentGone = 'What this request needs was deleted while it ran. Try again.';

/** What Node says when the client went away while its body was being read. */
const brokenBodyCodes = new Set(['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ECONNABORTED']);

/**
 * Turns whatever was thrown into the error the client is told. What is not known to be the client's doing is an
 * INTERNAL_ERROR that says nothing; a database out of reach, or a change that lost a race against a deletion, is
 * UNAVAILABLE.
 * The original stays as the `cause`, for the log.
 */
export function toDomainError(thrown: unknown): DomainError {
  if (thrown instanceof DomainError) return thrown;
  if (thrown instanceof HttpException) return fromHttpException(thrown);
  if (thrown instanceof Error) {
    const refusal = fromFramework(thrown);
    if (refusal) return refusal;
    if (isDatabaseOutage(thrown)) {
      return new DomainError('UNAVAILABLE', defaultMessage.UNAVAILABLE, { cause: thrown });
    }
    if (isForeignKeyViolation(thrown)) {
      return new DomainError('UNAVAILABLE', parentGone, { cause: thrown });
    }
  }
  return new DomainError('INTERNAL_ERROR', defaultMessage.INTERNAL_ERROR, { cause: thrown });
}

/** Nest wraps the framework's errors; its own messages may quote the input, so only their status is kept. */
function fromHttpException(exception: HttpException): DomainError {
  if (exception.cause instanceof DomainError) return exception.cause;
  const refusal = exception.cause instanceof Error ? fromFramework(exception.cause) : undefined;
  if (refusal) return refusal;
  const code = errorCodeOf(exception.getStatus());
  return new DomainError(code, defaultMessage[code], { cause: exception });
}

function fromFramework(error: Error): DomainError | undefined {
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  if (typeof code !== 'string' || typeof statusCode !== 'number' || statusCode >= 500) return undefined;
  const refusal = frameworkRefusals[code];
  if (refusal) return new DomainError(refusal.code, refusal.message, { cause: error });
  if (brokenBodyCodes.has(code)) {
    return new DomainError('BAD_REQUEST', 'The request ended before its body was complete.', {
      cause: error,
    });
  }
  if (!code.startsWith('FST_')) return undefined;
  const own = errorCodeOf(statusCode);
  return new DomainError(own, defaultMessage[own], { cause: error });
}
