import type { DomainError } from './domain-error.js';

/** The body of every error answer of the cloud-style API. `errors` is left out when there is nothing to point at. */
export interface CloudErrorBody {
  success: false;
  message: string;
  /** What is wrong, in words, by field or parameter. */
  errors?: Record<string, string[]>;
}

/** How a client of the cloud-style API is told to authenticate (RFC 7617 §2). */
const basicChallenge = 'Basic realm="credvault", charset="UTF-8"';

/** Where the words of an error speak of what only `/api/v1` has. */
const ownWords: Partial<Record<DomainError['code'], string>> = {
  INTERNAL_ERROR: 'Unexpected server error. Quote the header X-Request-Id when you report it.',
};

/** An operation as the messages of services name one: a method and a path without the prefix of `/api/v1`. */
const namedOperation = /\b(GET|POST|PUT|PATCH|DELETE) (?=\/(?!api\/))/g;

/** Builds the body of an error answer of the cloud-style API. An operation that it sends to has its whole path. */
export function cloudErrorBody({
  code,
  message,
  details = [],
}: Pick<DomainError, 'code' | 'message' | 'details'>): CloudErrorBody {
  const errors: Record<string, string[]> = {};
  for (const detail of details) {
    // What is wrong with the whole body, the message says.
    if (detail.path === '') continue;
    (errors[detail.path] ??= []).push(withWholePaths(detail.message));
  }
  const body: CloudErrorBody = { success: false, message: ownWords[code] ?? withWholePaths(message) };
  return Object.keys(errors).length > 0 ? { ...body, errors } : body;
}

function withWholePaths(message: string): string {
  return message.replace(namedOperation, '$1 /api/v1');
}

/**
 * The challenges of a 401: HTTP Basic first, as the clients of this API use it, then whatever the bearer scheme has to say
 * of a token that came (RFC 9110 §11.6.1 takes several).
 *
 * @param challenge what `/api/v1` would answer
 */
export function cloudChallenge(challenge: string): string {
  return challenge.startsWith('Basic ') ? challenge : `${basicChallenge}, ${challenge}`;
}
