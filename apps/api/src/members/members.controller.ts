import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires, RequiresActor } from '@credvault/access/rules.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersPage, Fails } from '@credvault/http/document/operation.js';
import { etagOf, IfMatch } from '@credvault/http/etag.js';
import { IdParam } from '@credvault/http/id-param.js';
import type { Page } from '@credvault/http/pagination/page.js';
import { DeparturesService } from './departures.service.js';
import {
  MemberDto,
  MembersQuery,
  RemoveMemberQuery,
  UpdateMemberDto,
  type MemberView,
} from './member.dto.js';
import { MemberIdParam, type MemberId } from './member-id.js';
import { MembersService } from './members.service.js';

@ApiTags('members')
@Controller('organizations/:organizationId/members')
export class MembersController {
  constructor(
    private readonly members: MembersService,
    private readonly departures: DeparturesService,
  ) {}

  /**
   * List members
   * @remarks The people and service accounts of the organization that the credential acts in. `search` looks in names and
   * e-mail addresses; sortable by `createdAt`, `updatedAt` and `name`.
   */
  @Get()
  @Requires('organization:read', 'member.listed')
  @AnswersPage(MemberDto, 'A page of members.')
  listMembers(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
    @Query() query: MembersQuery,
  ): Promise<Page<MemberDto>> {
    return this.members.list(actor, organizationId, query);
  }

  /**
   * Get a member
   * @remarks One person or service account of the organization.
   */
  @Get(':memberId')
  @Requires('organization:read', 'member.viewed')
  @Answers(200, MemberDto, 'The member.')
  async getMember(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
    @Param('memberId', MemberIdParam) memberId: MemberId,
  ): Promise<Answer<MemberDto>> {
    return this.answer(await this.members.get(actor, organizationId, memberId));
  }

  /**
   * Change the role of a member
   * @remarks Gives a person another role, which counts at once. Nobody gives more than they have, or changes somebody whose
   * role can do more than theirs, and only an owner makes an owner, with a session or a personal token: 403. Who reaches every
   * vault no longer keeps the vaults of their teams only. 409 for the last owner, and for a service account, which is changed at
   * `/service-accounts`.
   */
  @Patch(':memberId')
  @Requires('team:manage', 'member.updated')
  @Answers(200, MemberDto, 'The member as they are now.')
  @Fails('CONFLICT')
  async updateMember(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
    @Param('memberId', MemberIdParam) memberId: MemberId,
    @Body() body: UpdateMemberDto,
    @IfMatch() ifMatch?: string,
  ): Promise<Answer<MemberDto>> {
    return this.answer(await this.members.changeRole(actor, organizationId, memberId, body.role, ifMatch));
  }

  /**
   * Remove a member
   * @remarks Removes a person from the organization, which takes `team:manage`, or lets whoever asks leave it, which takes a
   * session. Their sessions, personal tokens, teams and grants in it end at once. 409 when they own API keys and `keys` does
   * not say what becomes of those: the answer names them to whoever may read keys. `keys=transfer` takes `team:manage` and
   * `key:manage`, also of whoever leaves, and no key can do more afterwards than before. 409 for the last owner, and for a service account.
   */
  @Delete(':memberId')
  @HttpCode(204)
  @RequiresActor('member.removed')
  @Answers(204, null, 'The person is no member any more.')
  @Fails('CONFLICT')
  async removeMember(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
    @Param('memberId', MemberIdParam) memberId: MemberId,
    @Query() query: RemoveMemberQuery,
    @IfMatch() ifMatch?: string,
  ): Promise<void> {
    await this.departures.remove(actor, organizationId, memberId, query, ifMatch);
  }

  private answer(member: MemberView): Answer<MemberDto> {
    const dto = this.members.toDto(member);
    return Answer.of(dto, { etag: etagOf(dto.id, member.revision) });
  }
}
