import { Injectable, type ExecutionContext } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import {
  CredentialInvalid,
  CredentialMalformed,
  CredentialMissing,
  TwoCredentials,
} from './access.errors.js';
import { isUsable, type Actor, type Principal } from './actor.js';
import type { BearerRequest } from './bearer.strategy.js';
import { CredentialRegistry } from './credential-registry.js';
import { FailedCredentials } from './failed-credentials.js';
import { originOf } from './origin.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is asking; set at the door. */
    actor?: Actor;
  }
  interface FastifyContextConfig {
    /** Set by `@Requires` and its kin: the route is not for strangers. */
    needsCredential?: boolean;
  }
}

/**
 * The door: finds out who is asking, before a byte of the body is read. First the address limit on failed credentials,
 * then authentication (SECURITY: the order at the door); scope and kind of credential are the guard's matter, resources
 * the services'. Strangers get no further at a route that needs a credential; where there is no route at all, a known
 * actor is still noted, because every request of a known actor has its record.
 */
@Injectable()
export class Door extends AuthGuard('bearer') {
  constructor(
    private readonly failures: FailedCredentials,
    private readonly credentials: CredentialRegistry,
  ) {
    super({ session: false });
  }

  /** @throws CredentialMissing, CredentialInvalid, TwoCredentials, or TooManyAttempts */
  async admit(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const needed = request.routeOptions.config.needsCredential === true;
    if (!needed && !request.is404) return;
    if (request.headers.authorization === undefined) {
      if (needed) throw new CredentialMissing();
      return;
    }
    try {
      await this.authenticate(request, reply);
    } catch (error) {
      if (needed) throw error;
    }
  }

  /**
   * What passport sees: the one header. The bearer strategy would otherwise also take a token from the body or from the
   * query, where it would end up in logs.
   */
  override getRequest(context: ExecutionContext): BearerRequest {
    const { authorization } = context.switchToHttp().getRequest<FastifyRequest>().headers;
    return { headers: { authorization }, credentials: this.credentials };
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
      this.failures.count(addressBlock(request.ip));
      const isBearer = /^bearer [^ ]+$/i.test(request.headers.authorization ?? '');
      throw isBearer ? new CredentialInvalid() : new CredentialMalformed();
    }
    request.actor = { ...principal, origin: originOf(request) };
    if (!isUsable(principal)) throw new CredentialInvalid();
    return principal as TUser;
  }

  private async authenticate(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    await this.failures.assertOpen(addressBlock(request.ip));
    if (carriesTwoCredentials(request)) throw new TwoCredentials();
    await super.canActivate(new ExecutionContextHost([request, reply]));
  }
}

/** Node keeps the first of two `Authorization` headers and drops the other silently. */
function carriesTwoCredentials({ headers, raw }: FastifyRequest): boolean {
  const { authorization, 'x-api-key': apiKey } = headers;
  if (apiKey !== undefined && authorization !== `Bearer ${String(apiKey)}`) return true;
  return raw.rawHeaders.filter((name, index) => index % 2 === 0 && /^authorization$/i.test(name)).length > 1;
}
