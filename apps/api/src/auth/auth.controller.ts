import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { originOf } from '@credvault/access/origin.js';
import { OwnSignIn, Public, RequiresSession, WithoutMfa } from '@credvault/access/rules.js';
import { publicId } from '@credvault/database/typed-id.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, Fails } from '@credvault/http/document/operation.js';
import { UsersService } from '../users/users.service.js';
import { ChangePasswordDto, LoginDto, RefreshDto, RegisterDto } from './auth.dto.js';
import { PasswordsService } from './passwords.service.js';
import { RegistrationService } from './registration.service.js';
import {
  PasswordChangedDto,
  RegisteredDto,
  sessionTokensDto,
  SessionTokensDto,
  sessionUserDto,
  SignInDto,
} from './session.dto.js';
import { SessionsService } from './sessions.service.js';
import { SignInService } from './sign-in.service.js';

@ApiTags('auth')
@Controller('auth')
@WithoutMfa()
export class AuthController {
  constructor(
    private readonly registrations: RegistrationService,
    private readonly signIns: SignInService,
    private readonly sessions: SessionsService,
    private readonly passwords: PasswordsService,
    private readonly users: UsersService,
  ) {}

  /**
   * Register an account
   * @remarks Makes an account and its personal organization. The first account takes the setup token that the service
   * shows when it starts, and becomes the instance administrator; afterwards the setting `CREDVAULT_REGISTRATION` decides
   * who may register.
   */
  @Post('register')
  @Public()
  @Answers(201, RegisteredDto, 'The account and its organization.')
  @Fails('FORBIDDEN', 'CONFLICT')
  async register(@Body() body: RegisterDto, @Req() request: FastifyRequest): Promise<Answer<RegisteredDto>> {
    const { user, organization } = await this.registrations.register(body, originOf(request));
    const { name, plan } = organization;
    const registered = {
      user: { ...sessionUserDto(user), createdAt: user.createdAt },
      organization: { id: publicId('organization', organization.id), name, plan },
    };
    return Answer.of(registered, { location: '/api/v1/me' });
  }

  /**
   * Sign in
   * @remarks Opens a session. The access token lasts 15 minutes; exchange the refresh token for new tokens before it ends.
   * Failed sign-ins are limited, and a wrong password is answered like an unknown account. For an account with a second
   * factor the answer is `mfaRequired` and a `challengeToken`, with which `POST /auth/mfa` goes on. The session acts in the
   * oldest organization of the person that takes credentials from this address; 403 says that none does.
   */
  @Post('login')
  @HttpCode(200)
  @Public()
  @Answers(200, SignInDto, 'The tokens of the new session, or the challenge that comes before them.')
  @Fails('UNAUTHORIZED', 'FORBIDDEN')
  async login(@Body() body: LoginDto, @Req() request: FastifyRequest): Promise<SignInDto> {
    const signIn = await this.signIns.signIn(body.email, body.password, originOf(request));
    return 'challengeToken' in signIn
      ? { mfaRequired: true, ...signIn }
      : sessionTokensDto(signIn.issued, signIn.user);
  }

  /**
   * Refresh a session
   * @remarks Exchanges a refresh token for a new access token and a new refresh token. A refresh token works once: the one
   * just exchanged is answered with 409 for ten seconds, and any older one ends the whole session. From an address that the
   * organization does not take credentials from it is 403, which ends nothing.
   */
  @Post('refresh')
  @HttpCode(200)
  @Public()
  @Answers(200, SessionTokensDto, 'The new tokens of the session.')
  @Fails('UNAUTHORIZED', 'FORBIDDEN', 'CONFLICT')
  async refresh(@Body() body: RefreshDto, @Req() request: FastifyRequest): Promise<SessionTokensDto> {
    const issued = await this.sessions.refresh(body.refreshToken, originOf(request));
    return sessionTokensDto(issued, await this.users.get(issued.userId));
  }

  /**
   * Sign out
   * @remarks Ends the session of this request, on every process, at once.
   */
  @Post('logout')
  @HttpCode(204)
  @RequiresSession('session.ended')
  @Answers(204, null, 'The session has ended.')
  async logout(@CurrentActor() actor: Actor): Promise<void> {
    await this.sessions.end(actor);
  }

  /**
   * Change the password
   * @remarks Ends all other sessions and lists the personal tokens, which go on working, so that they can be looked through.
   */
  @Post('password')
  @HttpCode(200)
  @RequiresSession('user.password_changed')
  @OwnSignIn()
  @Answers(200, PasswordChangedDto, 'What was ended, and what to look through.')
  async changePassword(
    @CurrentActor() actor: Actor,
    @Body() body: ChangePasswordDto,
  ): Promise<PasswordChangedDto> {
    return this.passwords.change(actor, body.currentPassword, body.newPassword);
  }
}
