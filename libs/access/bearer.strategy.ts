import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-http-bearer';
import type { Principal } from './actor.js';
import { CredentialRegistry } from './credential-registry.js';

/** RFC 6750 bearer tokens; which kind of token it is, its prefix says. */
@Injectable()
export class BearerStrategy extends PassportStrategy(Strategy, 'bearer') {
  constructor(private readonly credentials: CredentialRegistry) {
    super();
  }

  validate(token: string): Promise<Principal | null> {
    return this.credentials.findPrincipal(token);
  }
}
