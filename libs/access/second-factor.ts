import { MfaRequired } from './access.errors.js';
import type { Actor } from './actor.js';

/**
 * Whether people of an organization that wants a second factor are without one, by session and by personal token. An API key stands
 * for a program, which has none, and where a provider vouches for somebody, how it proves who they are is its matter: as long as the
 * organization has one, and no longer.
 */
export function lacksSecondFactor({
  requiresMfa,
  hasMfa,
  fromProvider,
  hasProvider,
  credentialType,
}: Pick<Actor, 'requiresMfa' | 'hasMfa' | 'fromProvider' | 'hasProvider' | 'credentialType'>): boolean {
  const isVouchedFor = fromProvider === true && hasProvider === true;
  return requiresMfa === true && !hasMfa && !isVouchedFor && credentialType !== 'api_key';
}

/** Keeps out who lacks a second factor that is asked for. @throws MfaRequired */
export function assertSecondFactor(actor: Actor): void {
  if (!lacksSecondFactor(actor)) return;
  actor.origin.remark = 'second factor required';
  throw new MfaRequired();
}
