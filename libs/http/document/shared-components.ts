import { cloudChallenge } from '../cloud-error-body.js';
import { maxLimit } from '../pagination/list-query.dto.js';
import { totalCap } from '../pagination/page.js';
import { schemaRef, type Header, type Parameter, type Reference, type Schema } from './document.js';
import type { BodyStyle } from './document-rules.js';
import { idBounds } from './string-bounds.js';

const requestId = { ...idBounds('req'), examples: ['req_01jd3k5m7n8p9q0r1s2t3v4w5x'] };

/** Longest `nextCursor`, in characters: what the `cursor` parameter takes. */
const maxCursorLength = 2048;

/** The part of a list's answer that says where the page stands. */
export const paginationSchema: Schema = {
  type: 'object',
  properties: {
    total: {
      type: 'integer',
      minimum: 0,
      maximum: totalCap,
      description: `Items in the whole list; ${totalCap} when there are more (see \`totalIsCapped\`).`,
    },
    totalIsCapped: { const: true, description: 'There when `total` is only the least number of items.' },
    limit: { type: 'integer', minimum: 1, maximum: maxLimit, description: 'Most items of this page.' },
    offset: {
      type: 'integer',
      minimum: 0,
      description: 'Items before this page; 0 on a page found by cursor.',
    },
    nextCursor: {
      type: ['string', 'null'],
      maxLength: maxCursorLength,
      description: 'The `cursor` of the next page; null on the last one.',
    },
  },
  required: ['total', 'limit', 'offset', 'nextCursor'],
  examples: [{ total: 1, limit: 50, offset: 0, nextCursor: null }],
};

/** Headers of answers, by the name of their component, as `/api/v1` sends them. */
const envelopedHeaders = {
  RequestId: {
    description: 'Id of the request; quote it when you report a problem.',
    schema: { type: 'string', ...requestId },
  },
  Location: {
    description: 'Path of what was made.',
    schema: { type: 'string', maxLength: 2048, examples: ['/api/v1/vaults/vlt_01jd3k5m7n8p9q0r1s2t3v4w5x'] },
  },
  ETag: {
    description: 'Tag of the present state, to be sent as `If-Match` with a change.',
    schema: { type: 'string', maxLength: 128, examples: ['"vlt_01jd3k5m7n8p9q0r1s2t3v4w5x.3"'] },
  },
  Link: {
    description: 'The next page as `<address>; rel="next"` (RFC 8288); not there on the last page.',
    schema: {
      type: 'string',
      maxLength: 8192,
      examples: ['</api/v1/vaults?cursor=AaXf0c1KqJm3>; rel="next"'],
    },
  },
  IdempotencyReplayed: {
    description: 'There when the answer is that of an earlier request with the same `Idempotency-Key`.',
    schema: { type: 'string', const: 'true' },
  },
  ContentDisposition: {
    description: 'Makes the answer a download and names its file (RFC 6266).',
    schema: { type: 'string', maxLength: 1024, examples: ['attachment; filename="export.env"'] },
  },
  WwwAuthenticate: {
    description:
      'Why the credential was refused (RFC 6750 §3, RFC 7617 §2): with every 401, and with a 403 for want of a scope.',
    schema: {
      type: 'string',
      maxLength: 1024,
      examples: ['Bearer realm="credvault", error="invalid_token"'],
    },
  },
  RetryAfter: {
    description: 'Seconds to wait before the next try.',
    schema: { type: 'integer', minimum: 0, examples: [37] },
  },
  RateLimitPolicy: {
    description:
      'The limit that this request counted for: its name, requests allowed (`q`) in a window, length of the window in seconds (`w`). Not there where nothing limits, or where nobody was known yet (draft-ietf-httpapi-ratelimit-headers-10 §3).',
    schema: {
      type: 'string',
      maxLength: 128,
      pattern: '^"[a-z-]+";q=[0-9]+;w=[0-9]+$',
      examples: ['"api-key";q=100;w=60'],
    },
  },
  RateLimit: {
    description:
      'What is left of that limit: requests (`r`) in the present window, and seconds until it ends (`t`). Comes with `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10 §4).',
    schema: {
      type: 'string',
      maxLength: 128,
      pattern: '^"[a-z-]+";r=[0-9]+;t=[0-9]+$',
      examples: ['"api-key";r=99;t=60'],
    },
  },
} satisfies Record<string, Header>;

export type AnswerHeaderName = keyof typeof envelopedHeaders;

/** Headers of answers, by the name of their component. */
export function answerHeaders(bodies: BodyStyle): Record<AnswerHeaderName, Header> {
  if (bodies === 'enveloped') return { ...envelopedHeaders };
  const { Location, WwwAuthenticate } = envelopedHeaders;
  const project = '/api/v2/projects/prj_01jd3k5m7n8p9q0r1s2t3v4w5x';
  const challenge = cloudChallenge('Bearer realm="credvault"');
  return {
    ...envelopedHeaders,
    Location: { ...Location, schema: { ...Location.schema, examples: [project] } },
    WwwAuthenticate: { ...WwwAuthenticate, schema: { ...WwwAuthenticate.schema, examples: [challenge] } },
  };
}

/** Headers of every answer of an operation that is limited. */
export const limitHeaders: AnswerHeaderName[] = ['RateLimitPolicy', 'RateLimit'];

/** The name of each header component on the wire. */
const headerNames: Record<AnswerHeaderName, string> = {
  RequestId: 'X-Request-Id',
  Location: 'Location',
  ETag: 'ETag',
  Link: 'Link',
  IdempotencyReplayed: 'Idempotency-Replayed',
  ContentDisposition: 'Content-Disposition',
  WwwAuthenticate: 'WWW-Authenticate',
  RetryAfter: 'Retry-After',
  RateLimitPolicy: 'RateLimit-Policy',
  RateLimit: 'RateLimit',
};

/** References to headers of an answer. */
export function headerRefs(names: AnswerHeaderName[]): Record<string, Reference> {
  return Object.fromEntries(
    names.map((name) => [headerNames[name], { $ref: `#/components/headers/${name}` }]),
  );
}

/** Headers of requests, by the name of their component. */
export const requestHeaders = {
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'Makes the request safe to repeat: the same key with the same body gives the first answer again for 24 hours, with another body 422, and 409 while the first request still runs. Take a UUID.',
    example: '0b9f2d5e-3c1a-4e67-9d58-7f2a6c4b1e90',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    description: 'The `ETag` of the state the change is meant for; 412 when the resource has changed since.',
    example: '"vlt_01jd3k5m7n8p9q0r1s2t3v4w5x.3"',
    schema: { type: 'string', minLength: 1, maxLength: 1024 },
  },
} satisfies Record<string, Parameter>;

/** Reference to a header of a request. */
export function requestHeaderRef(name: keyof typeof requestHeaders): Reference {
  return { $ref: `#/components/parameters/${name}` };
}

/** Most items of a list that has no pages: everything that one organization may have of its kind. */
const maxWholeList = 10_000;

/** A list without an envelope. */
export function bareListSchema(items: Schema): Schema {
  return { type: 'array', maxItems: maxWholeList, items, description: 'The whole list.' };
}

/** A page of items, or one thing, in the envelope. */
export function envelopeSchema(data: Schema, isPage: boolean): Schema {
  const pagination: Schema = {
    ...schemaRef('Pagination'),
    description: 'Where the page stands in the list.',
  };
  return {
    type: 'object',
    properties: { data, ...(isPage ? { pagination } : {}) },
    required: isPage ? ['data', 'pagination'] : ['data'],
  };
}
