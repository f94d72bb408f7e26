import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CredentialMissing, ScopeMissing, SessionRequired } from './access.errors.js';
import { ruleOf } from './rule-of.js';

/**
 * Holds a route to its rule: the kind of credential it takes and the scope it needs. Who is asking, the door has found out
 * (`Door`). Which resource the actor may reach is the services' matter, by `authorize`.
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
    if (rule.credentials && !rule.credentials.includes(actor.credentialType)) {
      actor.origin.remark = 'session required';
      throw new SessionRequired();
    }
    if (rule.scope !== undefined && !actor.scopes.has(rule.scope)) throw new ScopeMissing(rule.scope);
    return true;
  }
}
