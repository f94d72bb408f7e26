import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { OwnSignIn, Requires, RequiresSession } from '@credvault/access/rules.js';
import { publicId, uuidOf } from '@credvault/database/typed-id.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersList, Fails } from '@credvault/http/document/operation.js';
import { IdParam } from '@credvault/http/id-param.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { InvitationAcceptanceService } from '../members/invitation-acceptance.service.js';
import { InvitationsService } from '../members/invitations.service.js';
import { CloudRoles } from './cloud-roles.js';
import {
  CloudAcceptInvitationDto,
  CloudInvitationAcceptedDto,
  CloudInvitationDto,
  invitationDto,
} from './invitations.dto.js';
import { wholeList } from './whole-list.js';

@ApiTags('organizations')
@Controller('api/v2/organizations/:organizationId/invitations')
export class CloudInvitationsController {
  constructor(
    private readonly invitations: InvitationsService,
    private readonly roles: CloudRoles,
  ) {}

  /**
   * List invitations
   * @remarks The invitations to the organization that nobody has accepted yet, the newest first.
   */
  @Get()
  @Requires('organization:read', 'invitation.listed')
  @AnswersList(CloudInvitationDto, 'The invitations.')
  async listInvitations(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
  ): Promise<CloudInvitationDto[]> {
    const found = await wholeList((query) => this.invitations.list(actor, organizationId, query));
    const id = publicId('organization', organizationId);
    const withRoles = await this.roles.nearestOf(organizationId, found);
    return withRoles.map(({ item, role }) => invitationDto(item, id, role));
  }

  /**
   * Take an invitation back
   * @remarks Its token works no longer. Whoever has accepted it stays a member.
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

@ApiTags('users')
@Controller('api/v2/users/me/accept-invite')
export class CloudInvitationAcceptanceController {
  constructor(
    private readonly acceptance: InvitationAcceptanceService,
    private readonly roles: CloudRoles,
  ) {}

  /**
   * Accept an invitation
   * @remarks Joins the organization that the token is an invitation to, with the account of the session, whose e-mail address
   * must be the invited one. Make a key there to act in it. A token that is unknown, expired, used, or for somebody
   * else is 403.
   */
  @Post()
  @HttpCode(200)
  @OwnSignIn()
  @RequiresSession('invitation.accepted')
  @Answers(200, CloudInvitationAcceptedDto, 'The organization that was joined.')
  @Fails('CONFLICT')
  async acceptInvitation(
    @CurrentActor() actor: Actor,
    @Body() { token }: CloudAcceptInvitationDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<CloudInvitationAcceptedDto>> {
    const { answer, headers } = await this.acceptance.acceptAs(actor, token, retry);
    const { organization, role } = answer;
    const uuid = uuidOf('organization', organization.id) ?? '';
    const [joinedAs] = await this.roles.nearestOf(uuid, [{ role }]);
    const joined = {
      success: true,
      organization_id: organization.id,
      role_fqn: joinedAs?.role ?? 'org_member',
      message: `You belong to ${organization.name} now.`,
    };
    return Answer.of(joined, { headers });
  }
}
