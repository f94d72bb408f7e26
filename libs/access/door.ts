import { Injectable, type ExecutionContext } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { publicId, type IdKind } from '@credvault/database/typed-id.js';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import { isCloudRequest } from '@credvault/http/request-target.js';
import { TooManyAttempts } from '@credvault/rate-limit/attempt-limit.js';
import { FairUse } from '@credvault/rate-limit/fair-use.js';
import {
  AddressNotAllowed,
  ApiKeyRefused,
  CredentialInvalid,
  CredentialMalformed,
  CredentialMissing,
  type AddressKeeper,
} from './access.errors.js';
import { refusalOf, type Actor, type CredentialType, type Principal } from './actor.js';
import { Allowances } from './allowances.js';
import type { BearerRequest } from './bearer.strategy.js';
import { CredentialRegistry } from './credential-registry.js';
import { FailedCredentials } from './failed-credentials.js';
import { originOf } from './origin.js';
import { presentedCredential, type PresentedCredential } from './presented-credential.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is asking; set at the door. */
    actor?: Actor;
    /** What they brought; set at the door. */
    presented?: PresentedCredential;
  }
  interface FastifyContextConfig {
    /** Set by `@Requires` and its kin: the route is not for strangers. */
    needsCredential?: boolean;
    /** Set by `@Public`: the route counts for the address it is called from. */
    countsForAddress?: boolean;
    /** Set by `@CostsNoQuota`. */
    costsNoQuota?: boolean;
  }
}

/** What the user name of HTTP Basic names, by the kind of credential that may come so. */
const basicKinds: Partial<Record<CredentialType, IdKind>> = { api_token: 'apiToken', api_key: 'apiKey' };

/**
 * The door: finds out who is asking, before a byte of the body is read. First the address limit on failed credentials,
 * then authentication, then the limit of the credential (SECURITY: the order at the door); scope and kind of credential are
 * the guard's matter, resources the services'. Strangers get no further at a route that needs a credential; where there is
 * no route at all, a known actor is still noted, because every request of a known actor has its record.
 */
@Injectable()
export class Door extends AuthGuard('bearer') {
  constructor(
    private readonly failures: FailedCredentials,
    private readonly credentials: CredentialRegistry,
    private readonly fairUse: FairUse,
    private readonly allowances: Allowances,
  ) {
    super({ session: false });
  }

  /** @throws CredentialMissing, CredentialInvalid, ApiKeyRefused, TwoCredentials, TooManyAttempts, RateLimitExceeded */
  async admit(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { needsCredential, countsForAddress, costsNoQuota } = request.routeOptions.config;
    if (needsCredential !== true && !request.is404) {
      if (countsForAddress) await this.countForAddress(request, reply);
      return;
    }
    if (request.headers.authorization === undefined && request.headers['x-api-key'] === undefined) {
      await this.countForAddress(request, reply);
      if (needsCredential) throw new CredentialMissing(isCloudRequest(request) ? 'basic' : 'bearer');
      return;
    }
    try {
      await this.authenticate(request, reply);
    } catch (error) {
      await this.countRefused(request, reply);
      if (needsCredential || error instanceof TooManyAttempts) throw error;
      return;
    }
    const { actor } = request;
    if (actor) await this.fairUse.admit(request, reply, this.allowances.of(actor, costsNoQuota));
  }

  /**
   * Finds out again who is asking, once the body is there. It may have taken two minutes, and what was revoked or narrowed
   * meanwhile must not count any more. While the credential is in the cache this asks nobody.
   *
   * @returns the actor as they are now, whom the request then has
   * @throws CredentialInvalid, ApiKeyRefused, AddressNotAllowed
   */
  async readmit(request: FastifyRequest, actor: Actor): Promise<Actor> {
    const { presented } = request;
    if (!presented || !hasBody(request)) return actor;
    const principal = await this.credentials.findPrincipal(presented.token ?? '');
    if (!principal) {
      actor.origin.remark = 'credential revoked';
      throw new CredentialInvalid(presented.scheme);
    }
    const present = { ...principal, origin: actor.origin };
    request.actor = present;
    refuseUnusable(present, presented.scheme);
    return present;
  }

  /**
   * What passport sees: the one token. The bearer strategy would otherwise also take a token from the body or from the
   * query, where it would end up in logs.
   */
  override getRequest(context: ExecutionContext): BearerRequest {
    const { presented } = context.switchToHttp().getRequest<FastifyRequest>();
    const authorization = presented?.token === undefined ? undefined : `Bearer ${presented.token}`;
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
    const { scheme, token, keyId } = request.presented ?? { scheme: 'bearer' };
    if (!principal || (scheme === 'basic' && !isNamed(principal, keyId))) {
      this.failures.count(addressBlock(request.ip));
      const isWellFormed = token !== undefined && /^[^ ]+$/.test(token);
      throw isWellFormed || scheme === 'x-api-key'
        ? new CredentialInvalid(scheme)
        : new CredentialMalformed(scheme);
    }
    const actor = { ...principal, origin: originOf(request) };
    request.actor = actor;
    refuseUnusable(actor, scheme);
    this.credentials.noteUse(principal);
    return principal as TUser;
  }

  private async authenticate(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    this.failures.assertOpen(addressBlock(request.ip));
    request.presented = presentedCredential(request);
    await super.canActivate(new ExecutionContextHost([request, reply]));
  }

  /** What is refused counts too: a known credential in a window of its own, anything else for the address. */
  private async countRefused(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { actor } = request;
    if (actor) await this.fairUse.admit(request, reply, this.allowances.ofRefused(actor));
    else await this.countForAddress(request, reply);
  }

  private async countForAddress(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    await this.fairUse.admit(request, reply, this.allowances.ofAddress(addressBlock(request.ip)));
  }
}

/** Whether a request brings a body, which arrives after its headers (RFC 9112 §6.3). */
function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** HTTP Basic names the key whose token is the password. */
function isNamed({ credentialType, credentialId }: Principal, keyId: string | undefined): boolean {
  const kind = basicKinds[credentialType];
  return kind !== undefined && publicId(kind, credentialId) === keyId;
}

/** @throws ApiKeyRefused, AddressNotAllowed; CredentialInvalid for sessions and personal tokens */
function refuseUnusable(actor: Actor, scheme: PresentedCredential['scheme']): void {
  const refusal = refusalOf(actor, actor.origin.ip);
  if (refusal === undefined) return;
  if (refusal === 'address not allowed') {
    actor.origin.remark = refusal;
    throw new AddressNotAllowed(keeperOf(actor));
  }
  if (actor.credentialType !== 'api_key') throw new CredentialInvalid(scheme);
  actor.origin.remark = refusal;
  throw new ApiKeyRefused(refusal, scheme);
}

/** Whose list keeps an actor out: where both do, the credential's own. */
function keeperOf({ allowedAddresses, origin }: Actor): AddressKeeper {
  return allowedAddresses?.holds(origin.ip) === false ? 'key' : 'organization';
}
