/** The codes an error answer may carry; each has one HTTP status (see `error-status.ts`). */
export type ErrorCode =
  | 'BAD_REQUEST'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'STEP_UP_REQUIRED'
  | 'MFA_REQUIRED'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'CONFLICT'
  | 'PRECONDITION_FAILED'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'RATE_LIMITED'
  | 'INTERNAL_ERROR'
  | 'UNAVAILABLE';

/** One finding about one place of the input: `path` is a field, a parameter or a key name. */
export interface ErrorDetail {
  path: string;
  code: string;
  message: string;
}

export interface DomainErrorOptions {
  details?: ErrorDetail[];
  /** What really happened, for the log; it never reaches the client. */
  cause?: unknown;
  /** Headers the answer must carry, such as `Retry-After`. */
  headers?: Record<string, string>;
}

/**
 * What services throw: a code, a message that may be shown to the client, and an internal cause that may not.
 * The error filter is the only place that turns it into HTTP.
 */
export class DomainError extends Error {
  readonly details?: ErrorDetail[];
  readonly headers?: Record<string, string>;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: DomainErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.details = options.details;
    this.headers = options.headers;
  }
}
