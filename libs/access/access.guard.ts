import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { HTTP_CODE_METADATA } from '@nestjs/common/constants.js';
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
import { Door } from './door.js';
import { assertSecondFactor } from './second-factor.js';
import { ruleOf } from './rule-of.js';
import { assertSteppedUp } from './step-up.js';

/**
 * Holds a route to its rule: the kind of credential it takes, the second factor, the scope and the step-up it needs. Who is asking,
 * the door has found out (`Door`), and finds out again once the body is there. Which resource the actor may reach is the services'
 * matter, by `authorize`.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly door: Door) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rule = ruleOf(context.getClass(), context.getHandler());
    if (rule === undefined) return false;
    if (rule.kind === 'public') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (request.actor === undefined) throw new CredentialMissing();
    const { origin } = request.actor;
    origin.event = rule.event;
    origin.success = successOf(context.getHandler(), origin.method);
    const actor = await this.door.readmit(request, request.actor);
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

/** The status that a handler answers with when it succeeds: what it declares, or what Nest gives to its method. */
function successOf(handler: object, method: string): number {
  const declared = Reflect.getMetadata(HTTP_CODE_METADATA, handler) as number | undefined;
  return declared ?? (method === 'POST' ? 201 : 200);
}

/** What to say to a credential of another kind than the route takes. */
function refusalOf(credentials: readonly CredentialType[]): WrongCredential {
  if (!credentials.includes('session')) return new ApiKeyRequired();
  return credentials.includes('api_token') ? new PersonRequired() : new SessionRequired();
}
