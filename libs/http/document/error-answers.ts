import { cloudErrorBody } from '../cloud-error-body.js';
import type { ErrorCode, ErrorDetail } from '../domain-error.js';
import { errorBody } from '../error-body.js';
import { defaultMessage, errorStatus } from '../error-status.js';
import { schemaRef, type Answer, type Reference, type Schema } from './document.js';
import type { BodyStyle } from './document-rules.js';
import { failsExtension } from './operation.js';
import { isLimited, pathParameterNames, type Route } from './routes.js';
import { takesCredential } from './security.js';
import { headerRefs, limitHeaders, type AnswerHeaderName } from './shared-components.js';
import { idBounds } from './string-bounds.js';

/** The body of every error answer. */
export function errorSchemas(bodies: BodyStyle): Record<string, Schema> {
  return bodies === 'bare' ? bareErrorSchemas : envelopedErrorSchemas;
}

/** As `CloudErrorBody`. */
const bareErrorSchemas: Record<string, Schema> = {
  Error: {
    type: 'object',
    properties: {
      success: { const: false, description: 'Always false.' },
      message: {
        type: 'string',
        maxLength: 4096,
        description: 'What is wrong and what to do.',
        examples: [defaultMessage.BAD_REQUEST],
      },
      errors: {
        type: 'object',
        additionalProperties: { type: 'array', items: { type: 'string', maxLength: 4096 } },
        description: 'What is wrong, by field or parameter; not there when the error is about none.',
      },
    },
    required: ['success', 'message'],
  },
};

/** In the three parts of `ErrorBody`. */
const envelopedErrorSchemas: Record<string, Schema> = {
  Error: {
    type: 'object',
    properties: { error: { ...schemaRef('ErrorInfo'), description: 'What went wrong.' } },
    required: ['error'],
  },
  ErrorInfo: {
    type: 'object',
    properties: {
      code: {
        type: 'string',
        enum: Object.keys(errorStatus),
        description: 'Kind of the error, for programs.',
      },
      message: {
        type: 'string',
        maxLength: 4096,
        description: 'What is wrong and what to do, for people.',
        examples: [defaultMessage.BAD_REQUEST],
      },
      requestId: {
        type: 'string',
        ...idBounds('req'),
        description: 'Id of the request; quote it when you report a problem.',
        examples: ['req_01jd3k5m7n8p9q0r1s2t3v4w5x'],
      },
      details: {
        type: 'array',
        items: schemaRef('ErrorDetail'),
        description: 'The places of the input that are wrong; not there when the error is about none.',
      },
    },
    required: ['code', 'message', 'requestId'],
  },
  ErrorDetail: {
    type: 'object',
    properties: {
      path: {
        type: 'string',
        maxLength: 512,
        description: 'A field, parameter, header or key; empty for the whole body.',
        examples: ['name'],
      },
      code: {
        type: 'string',
        maxLength: 64,
        description: 'What is wrong, for programs.',
        examples: ['isLength'],
      },
      message: {
        type: 'string',
        maxLength: 4096,
        description: 'What is wrong, for people.',
        examples: ['name must be longer than or equal to 1 characters'],
      },
    },
    required: ['path', 'code', 'message'],
  },
};

interface ErrorText {
  description: string;
  /** Headers it carries besides the request id and those of limits. */
  headers?: AnswerHeaderName[];
  /** Where its example tells more than the usual message of its code. */
  example?: { message: string; details: ErrorDetail[] };
}

/** How each error answer is described. */
const errorTexts: Record<ErrorCode, ErrorText> = {
  BAD_REQUEST: { description: 'A parameter, header or field is wrong or unknown; the answer names each.' },
  UNAUTHORIZED: {
    description: 'The credential is missing, unknown, expired or paused.',
    headers: ['WwwAuthenticate'],
  },
  FORBIDDEN: {
    description:
      'The credential is known, but does not allow this; the message names what is missing: a scope, say, or the second factor that the organization asks for.',
    headers: ['WwwAuthenticate'],
  },
  STEP_UP_REQUIRED: {
    description: 'The session has to prove again who it stands for, with `POST /auth/step-up`.',
  },
  MFA_REQUIRED: {
    description:
      'The organization asks people for a second factor, and this one has none. Enrol one with `POST /auth/mfa/totp`.',
  },
  NOT_FOUND: { description: 'There is no such thing, or the credential may not know of it.' },
  METHOD_NOT_ALLOWED: { description: 'The path does not take this method.' },
  CONFLICT: { description: 'The request conflicts with the present state; the message says how.' },
  PRECONDITION_FAILED: { description: 'The resource has changed since its `ETag` was read.' },
  PAYLOAD_TOO_LARGE: { description: 'The body is too large.' },
  UNSUPPORTED_MEDIA_TYPE: { description: 'The body is not JSON in UTF-8.' },
  IDEMPOTENCY_KEY_REUSED: { description: 'The `Idempotency-Key` was used for another request.' },
  RATE_LIMITED: {
    description: 'Too many requests; wait as many seconds as `Retry-After` says.',
    headers: ['RetryAfter'],
    example: {
      message: 'Rate limit exceeded',
      details: [{ path: '', code: 'rate_limited', message: 'Wait 37 seconds before retrying.' }],
    },
  },
  INTERNAL_ERROR: { description: 'The service failed; the request id finds out why.' },
  UNAVAILABLE: {
    description: 'The service cannot answer right now; try again shortly.',
    headers: ['RetryAfter'],
  },
};

/** The error answers as shared components, by name: each for operations that are limited, and for those that are not. */
export function errorComponents(bodies: BodyStyle): Record<string, Answer> {
  const codes = Object.keys(errorTexts) as ErrorCode[];
  const components = [true, false].flatMap((limited) =>
    codes.map((code) => [componentName(code, limited), errorComponent(code, limited, bodies)] as const),
  );
  return Object.fromEntries(components);
}

function errorComponent(code: ErrorCode, limited: boolean, bodies: BodyStyle): Answer {
  const { description, headers = [], example: told } = errorTexts[code];
  const message = told?.message ?? defaultMessage[code];
  const example =
    bodies === 'bare'
      ? cloudErrorBody({ code, message, details: told?.details })
      : errorBody(code, message, 'req_01jd3k5m7n8p9q0r1s2t3v4w5x', told?.details);
  return {
    description,
    headers: headerRefs(['RequestId', ...headers, ...(limited ? limitHeaders : [])]),
    content: { 'application/json': { schema: schemaRef('Error'), example } },
  };
}

/** The errors of an operation by status, those that follow from what it takes and those it declares. */
export function errorAnswers(route: Route): Record<string, Reference> {
  const codes = new Set([...codesByRule(route), ...(route.operation[failsExtension] ?? [])]);
  const sorted = [...codes].sort((a, b) => errorStatus[a] - errorStatus[b]);
  return Object.fromEntries(
    sorted.map((code) => [
      String(errorStatus[code]),
      { $ref: `#/components/responses/${componentName(code, isLimited(route))}` },
    ]),
  );
}

function codesByRule(route: Route): ErrorCode[] {
  const when = (condition: boolean, ...codes: ErrorCode[]): ErrorCode[] => (condition ? codes : []);
  return [
    // Unknown query parameters are refused everywhere.
    'BAD_REQUEST',
    // A credential may be known and yet come from an address that it, or its organization, does not allow, whatever it asks for.
    ...when(takesCredential(route.operation), 'UNAUTHORIZED', 'FORBIDDEN'),
    ...when(pathParameterNames(route.path).length > 0, 'NOT_FOUND'),
    ...when(route.acceptsRetryKey, 'CONFLICT', 'IDEMPOTENCY_KEY_REUSED'),
    ...when(route.acceptsIfMatch, 'PRECONDITION_FAILED'),
    // Also where no body is expected: one that comes is read before it is refused.
    ...when(route.method !== 'get', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'),
    ...when(isLimited(route), 'RATE_LIMITED', 'INTERNAL_ERROR', 'UNAVAILABLE'),
  ];
}

/** `RATE_LIMITED` → `RateLimited`; `BAD_REQUEST` of an operation without limit → `UnlimitedBadRequest`. */
function componentName(code: ErrorCode, limited: boolean): string {
  const name = code.toLowerCase().replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return limited ? name : `Unlimited${name}`;
}
