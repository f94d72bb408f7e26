import { StepUpRequired } from './access.errors.js';
import type { Actor, Principal } from './actor.js';

/** For how long a session counts as just proved, in milliseconds: long enough to finish what one has begun. */
export const stepUpLifetime = 5 * 60_000;

/** Whether whoever holds this credential proved a moment ago who they are. Only a session can; a token stands for a program. */
export function isSteppedUp({ credentialType, steppedUpAt }: Principal): boolean {
  return (
    credentialType === 'session' && steppedUpAt !== undefined && steppedUpAt + stepUpLifetime > Date.now()
  );
}

/** Asks a session, and nothing but a session, for a recent proof. @throws StepUpRequired */
export function assertSteppedUp(actor: Actor): void {
  if (actor.credentialType !== 'session' || isSteppedUp(actor)) return;
  actor.origin.remark = 'step-up required';
  throw new StepUpRequired();
}
