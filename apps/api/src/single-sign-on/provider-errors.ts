import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client';
import { DomainError } from '@credvault/http/domain-error.js';
import { OutboundFailed, OutboundRefused } from '@credvault/outbound/outbound.errors.js';
import { ProviderAnswerRefused, ProviderUnusable } from './single-sign-on.errors.js';

/** Error codes of the protocol (RFC 6749, section 4.1.2.1) that are shown as they are. */
const shownCode = /^[a-z_]{1,40}$/;

/**
 * What to say when a conversation with a provider failed. What openid-client raises can hold tokens and claims, so nothing of it
 * but a code goes on.
 */
export function asProviderError(error: unknown): Error {
  const inner = causeOf(error);
  if (inner instanceof OutboundFailed) return inner;
  if (inner instanceof OutboundRefused) return new ProviderUnusable(inner.message);
  if (error instanceof DomainError) return error;
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    const code = shownCode.test(error.error) ? error.error : 'an error';
    return new ProviderAnswerRefused(`the provider says ${code}.`);
  }
  if (error instanceof ClientError || isOfProtocol(error)) {
    return new ProviderAnswerRefused(`the provider's answer is not valid (${codeOf(error)}).`);
  }
  return error instanceof Error ? error : new Error('a conversation with a provider failed');
}

/** What the guarded client threw, which openid-client wraps. */
function causeOf(error: unknown): unknown {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof OutboundFailed || at instanceof OutboundRefused) return at;
  }
  return undefined;
}

/** What the library under openid-client found wrong, where that lets it pass; what is of the wrong type there came from outside. */
function isOfProtocol(error: unknown): error is Error {
  return error instanceof Error && /^(OAUTH_|ERR_INVALID_ARG_)/.test(codeOf(error));
}

function codeOf(error: Error & { code?: unknown }): string {
  return typeof error.code === 'string' && /^\w{1,60}$/.test(error.code) ? error.code : 'unexpected';
}
