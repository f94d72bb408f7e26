import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires } from '@credvault/access/rules.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersPage } from '@credvault/http/document/operation.js';
import { IdParam } from '@credvault/http/id-param.js';
import type { Page } from '@credvault/http/pagination/page.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import {
  CreateInvitationDto,
  InvitationDto,
  InvitationsQuery,
  MintedInvitationDto,
} from './invitation.dto.js';
import { InvitationsService } from './invitations.service.js';

@ApiTags('members')
@Controller('organizations/:organizationId/invitations')
export class InvitationsController {
  constructor(private readonly invitations: InvitationsService) {}

  /**
   * Invite somebody
   * @remarks Invites the owner of an e-mail address to the organization, with a role that can do at most what you can; only
   * an owner invites an owner, with a session or a personal token. The one-time token works for 7 days, and as long as you
   * could still give that role. It is mailed to the address; where this service has no mail server it is in the answer, this
   * once, for you to hand over. Inviting an address again replaces its invitation. 409 when the address is a member's.
   */
  @Post()
  @Requires('team:manage', 'invitation.created')
  @Answers(201, MintedInvitationDto, 'The invitation.')
  async createInvitation(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
    @Body() body: CreateInvitationDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<MintedInvitationDto>> {
    const { answer, headers } = await this.invitations.create(actor, organizationId, body, retry);
    return Answer.of(answer, { headers });
  }

  /**
   * List invitations
   * @remarks Those that nobody has accepted. `search` looks in the e-mail addresses; sortable by `createdAt`, `expiresAt` and
   * `email`.
   */
  @Get()
  @Requires('organization:read', 'invitation.listed')
  @AnswersPage(InvitationDto, 'A page of invitations.')
  listInvitations(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
    @Query() query: InvitationsQuery,
  ): Promise<Page<InvitationDto>> {
    return this.invitations.list(actor, organizationId, query);
  }

  /**
   * Get an invitation
   * @remarks One that nobody has accepted, without its token.
   */
  @Get(':invitationId')
  @Requires('organization:read', 'invitation.viewed')
  @Answers(200, InvitationDto, 'The invitation.')
  getInvitation(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
    @Param('invitationId', IdParam.of('invitation')) invitationId: string,
  ): Promise<InvitationDto> {
    return this.invitations.get(actor, organizationId, invitationId);
  }

  /**
   * Take an invitation back
   * @remarks Its token works no longer. Whoever has accepted it is a member and stays one.
   */
  @Delete(':invitationId')
  @HttpCode(204)
  @Requires('team:manage', 'invitation.deleted')
  @Answers(204, null, 'The invitation is gone.')
  async deleteInvitation(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
    @Param('invitationId', IdParam.of('invitation')) invitationId: string,
  ): Promise<void> {
    await this.invitations.delete(actor, organizationId, invitationId);
  }
}
