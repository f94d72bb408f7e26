import { errors } from 'undici';
import { DomainError } from '@credvault/http/domain-error.js';

const refusals = {
  url: 'This is not a URL that can be called. Give an absolute one such as https://idp.example.com/path.',
  scheme: 'Only https URLs can be called.',
  'http-scheme': 'Only http and https URLs can be called.',
  'user-info': 'A URL that is called must not hold a user name or password.',
  // A name that does not exist is answered alike, or the answer would tell which internal names exist.
  address:
    'The host of this URL has no public address. Check the name; an operator can allow a private address with CREDVAULT_OUTBOUND_ALLOW.',
  header: 'A header of this request may not be sent: its name is reserved, or it holds forbidden characters.',
  'too-large': 'The request is too large to be sent.',
} as const;

const failures = {
  timeout: 'The called server did not answer in time.',
  'too-large': 'The answer of the called server is too large.',
  certificate: 'The called server has no valid certificate for its name.',
  'not-http': 'The called server did not answer with valid HTTP.',
  unreachable: 'The called server could not be reached.',
} as const;

export type RefusalReason = keyof typeof refusals;
export type FailureReason = keyof typeof failures;

/** The call is not allowed and was not made: trying again changes nothing. The message never names a resolved address. */
export class OutboundRefused extends DomainError {
  constructor(
    readonly reason: RefusalReason,
    cause?: unknown,
  ) {
    super('BAD_REQUEST', refusals[reason], { cause });
  }
}

/** The call was allowed and brought no answer that can be used. The message never names a resolved address. */
export class OutboundFailed extends DomainError {
  constructor(
    readonly reason: FailureReason,
    cause?: unknown,
  ) {
    super('UNAVAILABLE', failures[reason], { cause });
  }
}

/** Certificates that do not verify: OpenSSL's `X509_V_ERR_*` as Node names them, and Node's `ERR_TLS_*`. */
const certificateCodes = /CERT|^UNABLE_TO_|^ERR_TLS_|^HOSTNAME_MISMATCH$|^INVALID_CA$|^INVALID_PURPOSE$/;

/** What Node, OpenSSL or undici raised, as a reason that may be told. */
export function outboundFailure(error: unknown): OutboundFailed {
  if (error instanceof OutboundFailed) return error;
  // The parser's error quotes the answer, which can hold tokens that no log may see.
  if (error instanceof errors.HTTPParserError) return new OutboundFailed('not-http', error.message);
  return new OutboundFailed(failureReason(error), error);
}

function failureReason(error: unknown): FailureReason {
  if (error instanceof errors.ConnectTimeoutError) return 'timeout';
  if (error instanceof errors.HeadersOverflowError) return 'too-large';
  if (error instanceof errors.ResponseContentLengthMismatchError) return 'not-http';
  return certificateCodes.test(codeOf(error)) ? 'certificate' : 'unreachable';
}

/** The `code` of a Node error, or an empty text. */
export function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}
