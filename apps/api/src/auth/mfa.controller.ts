import { Body, Controller, Delete, Get, HttpCode, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { originOf } from '@credvault/access/origin.js';
import { OwnSignIn, Public, RequiresSession, StepUp, WithoutMfa } from '@credvault/access/rules.js';
import { Answers, Fails } from '@credvault/http/document/operation.js';
import { MfaChallengesService } from './mfa-challenges.service.js';
import { factorProofOf } from './mfa-proof.js';
import {
  BeginTotpDto,
  ConfirmTotpDto,
  FinishSignInDto,
  mfaStateDto,
  MfaStateDto,
  RecoveryCodesDto,
  totpEnrolmentDto,
  TotpEnrolmentDto,
} from './mfa.dto.js';
import { MfaService } from './mfa.service.js';
import { sessionTokensDto, SessionTokensDto } from './session.dto.js';

@ApiTags('auth')
@Controller('auth/mfa')
@WithoutMfa()
export class MfaController {
  constructor(
    private readonly mfa: MfaService,
    private readonly challenges: MfaChallengesService,
  ) {}

  /**
   * Get the state of the second factor
   * @remarks Whether signing in to this account needs a second factor, how many recovery codes are left, and until when this
   * session may do what needs a step-up.
   */
  @Get()
  @RequiresSession('mfa.viewed')
  @Answers(200, MfaStateDto, 'The state.')
  async getMfa(@CurrentActor() actor: Actor): Promise<MfaStateDto> {
    return mfaStateDto(await this.mfa.state(actor));
  }

  /**
   * Finish a sign-in
   * @remarks The second half of a sign-in to an account with a second factor: exchanges the `challengeToken` of
   * `POST /auth/login` and a code for the tokens of a new session. Every code and every recovery code works once. After five
   * wrong ones, or five minutes, sign in again. 403 says that the organization takes no credentials from this address.
   */
  @Post()
  @HttpCode(200)
  @Public()
  @Answers(200, SessionTokensDto, 'The tokens of the new session.')
  @Fails('UNAUTHORIZED', 'FORBIDDEN')
  async finishSignIn(
    @Body() body: FinishSignInDto,
    @Req() request: FastifyRequest,
  ): Promise<SessionTokensDto> {
    const proof = factorProofOf(body);
    const { user, ...issued } = await this.challenges.answer(body.challengeToken, proof, originOf(request));
    return sessionTokensDto(issued, user);
  }

  /**
   * Begin to enrol an authenticator app
   * @remarks Makes a secret for an authenticator app (TOTP, RFC 6238), shown this once. Nothing changes until
   * `POST /auth/mfa/totp/confirm` brings its first code within 15 minutes; an app that was enrolled before counts until then.
   * Takes the current password, or a session that has stepped up in the last five minutes; an account that has a second
   * factor takes the step-up only.
   */
  @Post('totp')
  @HttpCode(200)
  @RequiresSession('mfa.enrolment_begun')
  @OwnSignIn()
  @Answers(200, TotpEnrolmentDto, 'The secret and its URI.')
  async beginTotp(@CurrentActor() actor: Actor, @Body() body: BeginTotpDto): Promise<TotpEnrolmentDto> {
    return totpEnrolmentDto(await this.mfa.begin(actor, body.currentPassword));
  }

  /**
   * Confirm an authenticator app
   * @remarks Switches the second factor on with the first code of the app, or replaces the app that was enrolled before, and
   * gives ten recovery codes, shown this once, in place of all others. Other sessions of the account have to step up before
   * they do what needs it.
   */
  @Post('totp/confirm')
  @HttpCode(200)
  @RequiresSession('mfa.enabled')
  @OwnSignIn()
  @Answers(200, RecoveryCodesDto, 'The recovery codes.')
  @Fails('CONFLICT')
  async confirmTotp(@CurrentActor() actor: Actor, @Body() body: ConfirmTotpDto): Promise<RecoveryCodesDto> {
    return { recoveryCodes: await this.mfa.confirm(actor, body.code) };
  }

  /**
   * Replace the recovery codes
   * @remarks Makes ten new recovery codes, shown this once; those from before stop working.
   */
  @Post('recovery-codes')
  @HttpCode(200)
  @RequiresSession('mfa.recovery_codes_replaced')
  @OwnSignIn()
  @StepUp()
  @Answers(200, RecoveryCodesDto, 'The recovery codes.')
  @Fails('CONFLICT')
  async replaceRecoveryCodes(@CurrentActor() actor: Actor): Promise<RecoveryCodesDto> {
    return { recoveryCodes: await this.mfa.replaceRecoveryCodes(actor) };
  }

  /**
   * Switch the second factor off
   * @remarks Forgets the authenticator app and the recovery codes: from now on the password alone signs in. Refused with 409
   * while an organization of the account asks for a second factor.
   */
  @Delete()
  @HttpCode(204)
  @RequiresSession('mfa.disabled')
  @OwnSignIn()
  @StepUp()
  @Answers(204, null, 'The second factor is off.')
  @Fails('CONFLICT')
  async disableMfa(@CurrentActor() actor: Actor): Promise<void> {
    await this.mfa.disable(actor);
  }
}
