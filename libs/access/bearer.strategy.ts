import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-http-bearer';
import type { Principal } from './actor.js';
import type { CredentialRegistry } from './credential-registry.js';

/** What passport sees of a request: the one header, and where the service that got it keeps its credentials. */
export interface BearerRequest {
  headers: { authorization?: string };
  credentials: CredentialRegistry;
}

/**
 * RFC 6750 bearer tokens; which kind of token it is, its prefix says. Passport keeps strategies for the whole process, so the
 * registry comes with the request: two services in one process must not answer for each other.
 */
@Injectable()
export class BearerStrategy extends PassportStrategy(Strategy, 'bearer') {
  constructor() {
    super({ passReqToCallback: true });
  }

  validate(request: unknown, token: string): Promise<Principal | null> {
    return (request as BearerRequest).credentials.findPrincipal(token);
  }
}
