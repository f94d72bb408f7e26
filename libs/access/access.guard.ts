import { Injectable, type ExecutionContext } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import {
  CredentialInvalid,
  CredentialMalformed,
  CredentialMissing,
  ScopeMissing,
  SessionRequired,
} from './access.errors.js';
import type { Actor, Principal } from './actor.js';
import { FailedCredentials } from './failed-credentials.js';
import { originOf } from './origin.js';
import { ruleOf } from './rule-of.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is asking; set by the access guard. */
    actor?: Actor;
  }
}

/**
 * The door (SECURITY: the order at the door): address limit on failed credentials, authentication, then the scope of
 * the route. Which resource the actor may reach is the services' matter, by `authorize`.
 */
@Injectable()
export class AccessGuard extends AuthGuard('bearer') {
  constructor(private readonly failures: FailedCredentials) {
    super({ session: false });
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const rule = ruleOf(context.getClass(), context.getHandler());
    if (rule === undefined) return false;
    if (rule.kind === 'public') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const actor = await this.authenticate(context, request);
    if (rule.credentials && !rule.credentials.includes(actor.credentialType)) throw new SessionRequired();
    if (rule.scope !== undefined && !actor.scopes.has(rule.scope)) throw new ScopeMissing(rule.scope);
    return true;
  }

  /**
   * Finds out who is asking and puts it into `request.actor`.
   *
   * @throws CredentialMissing, CredentialInvalid, or TooManyAttempts for an address that failed too often
   */
  async authenticate(context: ExecutionContext, request: FastifyRequest): Promise<Actor> {
    await this.failures.assertOpen(addressBlock(request.ip));
    await super.canActivate(context);
    const actor = request.actor;
    if (actor === undefined) throw new CredentialInvalid();
    return actor;
  }

  /**
   * What passport sees: the one header. The bearer strategy would otherwise also take a token from the body or from the
   * query, where it would end up in logs.
   */
  override getRequest(context: ExecutionContext): { headers: { authorization?: string } } {
    const { authorization } = context.switchToHttp().getRequest<FastifyRequest>().headers;
    return { headers: { authorization } };
  }

  override handleRequest<TUser = Principal>(
    error: unknown,
    found: unknown,
    _info: unknown,
    context: ExecutionContext,
  ): TUser {
    if (error) throw error as Error;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const principal = found as Principal | false;
    if (!principal) {
      const { authorization } = request.headers;
      if (authorization === undefined) throw new CredentialMissing();
      this.failures.count(addressBlock(request.ip));
      throw /^bearer [^ ]+$/i.test(authorization) ? new CredentialInvalid() : new CredentialMalformed();
    }
    const rule = ruleOf(context.getClass(), context.getHandler());
    const event = rule?.kind === 'requires' ? rule.event : '';
    request.actor = { ...principal, origin: originOf(request, event) };
    const expired = principal.expiresAt !== undefined && principal.expiresAt <= Date.now();
    if (expired || principal.paused) throw new CredentialInvalid();
    return principal as TUser;
  }
}
