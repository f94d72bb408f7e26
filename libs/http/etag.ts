import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { DomainError } from './domain-error.js';
import { defaultMessage } from './error-status.js';

/**
 * The strong entity tag (RFC 9110 §8.8.3) of a resource: its id and the revision it is at. It never comes from the
 * content, so it tells nothing about a secret.
 */
export function etagOf(id: string, revision: number): string {
  return `"${id}.${revision}"`;
}

/** The `If-Match` header of the request, as it came: string or undefined. Give it to `assertPrecondition`. */
export const IfMatch = createParamDecorator<undefined, string | undefined>(
  (_data: undefined, context: ExecutionContext) =>
    context.switchToHttp().getRequest<FastifyRequest>().headers['if-match'],
);

/** `entity-tag = [ "W/" ] DQUOTE *etagc DQUOTE` (RFC 9110 §8.8.3). */
const entityTag = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;

/**
 * Holds a change to the revision its client has seen (RFC 9110 §13.1.1). No header, or `*`, lets every change pass.
 * Throws PRECONDITION_FAILED if no listed tag is the present one (weak tags never are), BAD_REQUEST if the header is
 * malformed.
 */
export function assertPrecondition(ifMatch: string | undefined, id: string, revision: number): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  const tags = splitTags(ifMatch);
  if (tags.length === 0 || !tags.every((tag) => entityTag.test(tag))) {
    throw new DomainError('BAD_REQUEST', 'If-Match must be * or the ETag of the resource, with its quotes.');
  }
  if (!tags.includes(etagOf(id, revision))) {
    throw new DomainError('PRECONDITION_FAILED', defaultMessage.PRECONDITION_FAILED);
  }
}

/** Splits a list at its commas; a comma inside quotes is part of a tag, and empty elements are skipped (RFC 9110 §5.6.1). */
function splitTags(header: string): string[] {
  const elements = header.match(/(?:"[^"]*"|[^,])+/g) ?? [];
  return elements.map((element) => element.trim()).filter((element) => element !== '');
}
