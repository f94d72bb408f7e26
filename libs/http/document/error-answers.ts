import type { ErrorCode } from '../domain-error.js';
import { defaultMessage, errorStatus } from '../error-status.js';
import { schemaRef, type Answer, type Reference, type Schema } from './document.js';
import { failsExtension } from './operation.js';
import { isSecured, pathParameterNames, type Route } from './routes.js';
import { headerRefs, type AnswerHeaderName } from './shared-components.js';
import { idBounds } from './string-bounds.js';

/** The body of every error answer, in the three parts of `ErrorBody`. */
export const errorSchemas: Record<string, Schema> = {
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

/** How each error answer is described, and the headers it carries besides the request id. */
const errorTexts: Record<ErrorCode, { description: string; headers?: AnswerHeaderName[] }> = {
  BAD_REQUEST: { description: 'A parameter, header or field is wrong or unknown; `details` names each.' },
  UNAUTHORIZED: {
    description: 'The credential is missing, unknown, expired or paused.',
    headers: ['WwwAuthenticate'],
  },
  FORBIDDEN: {
    description: 'The credential is known, but does not allow this; the message names what is missing.',
    headers: ['WwwAuthenticate'],
  },
  NOT_FOUND: { description: 'There is no such thing, or the credential may not know of it.' },
  METHOD_NOT_ALLOWED: { description: 'The path does not take this method.' },
  CONFLICT: { description: 'The request conflicts with the present state; the message says how.' },
  PRECONDITION_FAILED: { description: 'The resource has changed since its `ETag` was read.' },
  PAYLOAD_TOO_LARGE: { description: 'The body is too large.' },
  UNSUPPORTED_MEDIA_TYPE: { description: 'The body is not JSON in UTF-8.' },
  IDEMPOTENCY_KEY_REUSED: { description: 'The `Idempotency-Key` was used for another request.' },
  RATE_LIMITED: { description: 'Too many requests; try again later.', headers: ['RetryAfter'] },
  INTERNAL_ERROR: { description: 'The service failed; the request id finds out why.' },
  UNAVAILABLE: {
    description: 'The service cannot answer right now; try again shortly.',
    headers: ['RetryAfter'],
  },
};

/** The error answers as shared components, by name. */
export function errorComponents(): Record<string, Answer> {
  const codes = Object.keys(errorTexts) as ErrorCode[];
  return Object.fromEntries(codes.map((code) => [componentName(code), errorComponent(code)]));
}

function errorComponent(code: ErrorCode): Answer {
  const { description, headers = [] } = errorTexts[code];
  const example = {
    error: { code, message: defaultMessage[code], requestId: 'req_01jd3k5m7n8p9q0r1s2t3v4w5x' },
  };
  return {
    description,
    headers: headerRefs(['RequestId', ...headers]),
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
      { $ref: `#/components/responses/${componentName(code)}` },
    ]),
  );
}

function codesByRule(route: Route): ErrorCode[] {
  const { operation } = route;
  const secured = isSecured(route);
  const isNarrow = operation['x-required-scopes'] !== undefined || operation['x-session-only'] === true;
  const when = (condition: boolean, ...codes: ErrorCode[]): ErrorCode[] => (condition ? codes : []);
  return [
    // Unknown query parameters are refused everywhere.
    'BAD_REQUEST',
    ...when(secured, 'UNAUTHORIZED'),
    ...when(secured && isNarrow, 'FORBIDDEN'),
    ...when(pathParameterNames(route.path).length > 0, 'NOT_FOUND'),
    ...when(route.acceptsRetryKey, 'CONFLICT', 'IDEMPOTENCY_KEY_REUSED'),
    ...when(route.acceptsIfMatch, 'PRECONDITION_FAILED'),
    // Also where no body is expected: one that comes is read before it is refused.
    ...when(route.method !== 'get', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'),
    ...when(route.tag.probes !== true, 'RATE_LIMITED', 'INTERNAL_ERROR', 'UNAVAILABLE'),
  ];
}

/** `RATE_LIMITED` → `RateLimited`. */
function componentName(code: ErrorCode): string {
  return code.toLowerCase().replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
