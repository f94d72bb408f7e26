import { AuthorizationResponseError, ResponseBodyError } from 'openid-client';
import { DomainError } from '@credvault/http/domain-error.js';
import { OutboundFailed, OutboundRefused } from '@credvault/outbound/outbound.errors.js';
import { ProviderAnswerRefused, ProviderUnusable } from './single-sign-on.errors.js';

/** Error codes of the protocol (RFC 6749, section 4.1.2.1) that are shown as they are. */
const shownCode = /^[a-z_]{1,40}$/;

/**
 * What to say when a conversation with a provider failed. What openid-client raises can hold tokens and claims, so nothing of it
 * but a code goes on.
 */
export function asProviderError(error: unknown): DomainError {
  const inner = causeOf(error);
  if (inner instanceof OutboundFailed) return inner;
  if (inner instanceof OutboundRefused) return new ProviderUnusable(inner.message);
  if (error instanceof DomainError) return error;
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    const code = shownCode.test(error.error) ? error.error : 'an error';
    return new ProviderAnswerRefused(`the provider says ${code}.`);
  }
  // The rest is what a library could not read (of a wrong type, nested too deep): it came from outside, too.
  return new ProviderAnswerRefused(`the provider's answer is not valid (${codeOf(error)}).`);
}

/** What the guarded client threw, which openid-client wraps. */
function causeOf(error: unknown): unknown {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof OutboundFailed || at instanceof OutboundRefused) return at;
  }
  return undefined;
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : 'unexpected';
}
