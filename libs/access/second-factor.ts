import { MfaRequired } from './access.errors.js';
import type { Actor } from './actor.js';

/**
 * Asks people of an organization that wants it for a second factor, by session and by personal token. An API key stands for
 * a program, which has none, and where a provider vouched for somebody, how it proved who they are is its matter.
 *
 * @throws MfaRequired
 */
export function assertSecondFactor(actor: Actor): void {
  const { requiresMfa, hasMfa, fromProvider, credentialType } = actor;
  if (!requiresMfa || hasMfa || fromProvider || credentialType === 'api_key') return;
  actor.origin.remark = 'second factor required';
  throw new MfaRequired();
}
