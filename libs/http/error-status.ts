import type { ErrorCode } from './domain-error.js';

/** The one HTTP status of each error code (RFC 9110 §15, RFC 6585 for 429). */
export const errorStatus: Readonly<Record<ErrorCode, number>> = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  STEP_UP_REQUIRED: 403,
  MFA_REQUIRED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  PRECONDITION_FAILED: 412,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  IDEMPOTENCY_KEY_REUSED: 422,
  RATE_LIMITED: 429,
  INTERNAL_ERROR: 500,
  UNAVAILABLE: 503,
};

/** What an error says when whoever raised it had nothing better; the first words are those of the product documents. */
export const defaultMessage: Readonly<Record<ErrorCode, string>> = {
  BAD_REQUEST: 'Invalid request body or parameters.',
  UNAUTHORIZED: 'Missing or invalid API token.',
  FORBIDDEN: 'Token lacks required permissions.',
  MFA_REQUIRED:
    'The organization asks for a second factor. Enrol an authenticator app with POST /auth/mfa/totp, then repeat the request.',
  STEP_UP_REQUIRED: 'Prove again who you are with POST /auth/step-up, then repeat the request.',
  NOT_FOUND: 'Resource does not exist or is not accessible.',
  METHOD_NOT_ALLOWED: 'This path does not take this method. The Allow header lists those it takes.',
  CONFLICT: 'The request conflicts with the present state of the resource.',
  PRECONDITION_FAILED: 'The resource has changed since it was read. Read it again, then repeat the request.',
  PAYLOAD_TOO_LARGE: 'The request body is too large.',
  UNSUPPORTED_MEDIA_TYPE: 'Send the body as JSON, with Content-Type: application/json.',
  IDEMPOTENCY_KEY_REUSED: 'This Idempotency-Key was used with another body. Use a new key.',
  RATE_LIMITED: 'Too many requests. Retry after the indicated delay.',
  INTERNAL_ERROR: 'Unexpected server error. Quote the requestId when you report it.',
  UNAVAILABLE: 'The service cannot answer right now. Try again shortly.',
};

/** Where codes share a status, the general one, which stands first above. */
const codeOfStatus = new Map(
  Object.entries(errorStatus)
    .reverse()
    .map(([code, status]) => [status, code as ErrorCode]),
);

/** The code for a status that a framework chose; other 4xx count as 400 and everything else as 500. */
export function errorCodeOf(status: number): ErrorCode {
  return codeOfStatus.get(status) ?? (status >= 400 && status < 500 ? 'BAD_REQUEST' : 'INTERNAL_ERROR');
}
