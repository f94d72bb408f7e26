import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import {
  AdministratorRequired,
  ApiKeyRequired,
  CredentialMissing,
  OwnSignInRequired,
  PersonRequired,
  ScopeMissing,
  SessionRequired,
  type WrongCredential,
} from './access.errors.js';
import type { Actor, CredentialType } from './actor.js';
import { assertSecondFactor } from './second-factor.js';
import { ruleOf } from './rule-of.js';
import { assertSteppedUp } from './step-up.js';

/**
 * Holds a route to its rule: the kind of credential it takes, the second factor, the scope and the step-up it needs. Who is asking,
 * the door has found out (`Door`). Which resource the actor may reach is the services' matter, by `authorize`.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const rule = ruleOf(context.getClass(), context.getHandler());
    if (rule === undefined) return false;
    if (rule.kind === 'public') return true;
    const { actor } = context.switchToHttp().getRequest<FastifyRequest>();
    if (actor === undefined) throw new CredentialMissing();
    actor.origin.event = rule.event;
    if (!rule.withoutMfa) assertSecondFactor(actor);
    if (rule.credentials && !rule.credentials.includes(actor.credentialType)) {
      const refusal = refusalOf(rule.credentials);
      actor.origin.remark = refusal.reason;
      throw refusal;
    }
    if (rule.administrator && !actor.isSuperuser) {
      actor.origin.remark = 'administrator required';
      throw new AdministratorRequired();
    }
    if (rule.scope !== undefined && !actor.scopes.has(rule.scope)) throw new ScopeMissing(rule.scope);
    if (rule.ownSignIn) assertOwnSignIn(actor);
    if (rule.stepUp) assertSteppedUp(actor);
    return true;
  }
}

/** @throws OwnSignInRequired for what the provider of an organization vouched for */
function assertOwnSignIn(actor: Actor): void {
  if (actor.fromProvider !== true) return;
  actor.origin.remark = 'own sign-in required';
  throw new OwnSignInRequired();
}

/** What to say to a credential of another kind than the route takes. */
function refusalOf(credentials: readonly CredentialType[]): WrongCredential {
  if (!credentials.includes('session')) return new ApiKeyRequired();
  return credentials.includes('api_token') ? new PersonRequired() : new SessionRequired();
}
