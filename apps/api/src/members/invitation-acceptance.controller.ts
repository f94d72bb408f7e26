import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { originOf } from '@credvault/access/origin.js';
import { OwnSignIn, Public, RequiresSession } from '@credvault/access/rules.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, Fails } from '@credvault/http/document/operation.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { AcceptedInvitationDto, AcceptInvitationDto, AcceptOwnInvitationDto } from './invitation.dto.js';
import { InvitationAcceptanceService } from './invitation-acceptance.service.js';

@ApiTags('members')
@Controller()
export class InvitationAcceptanceController {
  constructor(private readonly acceptance: InvitationAcceptanceService) {}

  /**
   * Accept an invitation
   * @remarks Joins the organization that the token is an invitation to; sign in afterwards. If the invited address has an
   * account, `password` is its password, and one with a second factor takes `code` or `recoveryCode` too. If it has none,
   * `password` and `name` make one that belongs to this organization only, also where registration is closed. A token that
   * is unknown, expired or used before, or whose maker could not invite so any more, is 403.
   */
  @Post('invitations/accept')
  @HttpCode(200)
  @Public()
  @Answers(200, AcceptedInvitationDto, 'The organization that was joined.')
  @Fails('FORBIDDEN', 'CONFLICT')
  acceptInvitation(
    @Body() body: AcceptInvitationDto,
    @Req() request: FastifyRequest,
  ): Promise<AcceptedInvitationDto> {
    return this.acceptance.accept(body, originOf(request));
  }

  /**
   * Accept an invitation as who you are
   * @remarks Joins the organization that the token is an invitation to, with the account of the session, whose e-mail address
   * must be the invited one. The session goes on in the organization it acts in.
   */
  @Post('me/invitations/accept')
  @HttpCode(200)
  @RequiresSession('invitation.accepted')
  @OwnSignIn()
  @Answers(200, AcceptedInvitationDto, 'The organization that was joined.')
  async acceptOwnInvitation(
    @CurrentActor() actor: Actor,
    @Body() body: AcceptOwnInvitationDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<AcceptedInvitationDto>> {
    const { answer, headers } = await this.acceptance.acceptAs(actor, body.token, retry);
    return Answer.of(answer, { headers });
  }
}
