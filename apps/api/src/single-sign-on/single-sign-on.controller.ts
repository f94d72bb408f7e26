import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { originOf } from '@credvault/access/origin.js';
import { OwnSignIn, Public, RequiresSession, StepUp } from '@credvault/access/rules.js';
import { Answers, Fails } from '@credvault/http/document/operation.js';
import { sessionTokensDto, SessionTokensDto } from '../auth/session.dto.js';
import { ProviderSignInService } from './provider-sign-in.service.js';
import { SignInAttemptsService } from './sign-in-attempts.service.js';
import { BeginSingleSignOnDto, BegunSingleSignOnDto, CompleteSingleSignOnDto } from './single-sign-on.dto.js';
import { ConfigurationRefused } from './single-sign-on.errors.js';

@ApiTags('auth')
@Controller('auth/single-sign-on')
export class SingleSignOnController {
  constructor(
    private readonly attempts: SignInAttemptsService,
    private readonly signIns: ProviderSignInService,
  ) {}

  /**
   * Begin to sign in by a provider
   * @remarks By the OpenID Connect provider of an organization, named by its id, its proven domain, or an e-mail address in it. Open
   * `authorizationUrl` in a browser and sign in there; the browser then shows a code, which `POST /auth/single-sign-on/complete` takes
   * with `signInToken`. Both work for ten minutes.
   */
  @Post()
  @HttpCode(200)
  @Public()
  @Answers(200, BegunSingleSignOnDto, 'Where to sign in, and what to keep.')
  @Fails('NOT_FOUND', 'CONFLICT')
  async beginSingleSignOn(
    @Body() { stepUp, ...target }: BeginSingleSignOnDto,
    @Req() request: FastifyRequest,
  ): Promise<BegunSingleSignOnDto> {
    if (Object.keys(target).length !== 1) {
      throw new ConfigurationRefused(
        'organizationId',
        'one_of',
        'or domain or email must be given, and only one',
      );
    }
    return this.attempts.begin(target, stepUp ?? false, originOf(request));
  }

  /**
   * Finish to sign in by a provider
   * @remarks Opens a session, with the token of whoever began and the code that the browser shows. It acts in the organization of the
   * provider only, lasts a day at most, and changes nothing about the account as a whole. Somebody new gets an account if the
   * provider vouches for an e-mail address in the proven domain. 409: the browser has not come back yet, or the provider cannot be
   * used.
   */
  @Post('complete')
  @HttpCode(200)
  @Public()
  @Answers(200, SessionTokensDto, 'The tokens of the new session.')
  @Fails('UNAUTHORIZED', 'FORBIDDEN', 'CONFLICT')
  async completeSingleSignOn(
    @Body() { signInToken, code }: CompleteSingleSignOnDto,
    @Req() request: FastifyRequest,
  ): Promise<SessionTokensDto> {
    const { issued, user } = await this.signIns.complete(signInToken, code, originOf(request));
    return sessionTokensDto(issued, user);
  }

  /**
   * Begin to link an identity
   * @remarks As `POST /auth/single-sign-on`, by the provider of the organization that the session acts in. What comes of it goes to
   * `POST /me/external-identities`, with the same session.
   */
  @Post('link')
  @HttpCode(200)
  @RequiresSession('external_identity.link_begun')
  @StepUp()
  @OwnSignIn()
  @Answers(200, BegunSingleSignOnDto, 'Where to sign in, and what to keep.')
  @Fails('NOT_FOUND', 'CONFLICT')
  async linkExternalIdentity(@CurrentActor() actor: Actor): Promise<BegunSingleSignOnDto> {
    return this.attempts.beginLink(actor);
  }
}
