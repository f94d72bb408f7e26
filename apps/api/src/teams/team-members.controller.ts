import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires } from '@credvault/access/rules.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersPage, Fails } from '@credvault/http/document/operation.js';
import { IdParam } from '@credvault/http/id-param.js';
import type { Page } from '@credvault/http/pagination/page.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { AddTeamMemberDto, teamMemberDto, TeamMemberDto, TeamMembersQuery } from './team.dto.js';
import { TeamMembersService } from './team-members.service.js';

@ApiTags('teams')
@Controller('teams/:teamId/members')
export class TeamMembersController {
  constructor(private readonly members: TeamMembersService) {}

  /**
   * List the members of a team
   * @remarks People and service accounts that belong to the team. `search` looks in their names; sortable by `createdAt`
   * and `name`. A membership never changes, so `updatedAfter` and `updatedBefore` mean when it was made.
   */
  @Get()
  @Requires('organization:read', 'team_member.listed')
  @AnswersPage(TeamMemberDto, 'A page of members.')
  listTeamMembers(
    @CurrentActor() actor: Actor,
    @Param('teamId', IdParam.of('team')) teamId: string,
    @Query() query: TeamMembersQuery,
  ): Promise<Page<TeamMemberDto>> {
    return this.members.list(actor, teamId, query, teamMemberDto);
  }

  /**
   * Add a member to a team
   * @remarks Whoever joins a team reaches what is granted to it, so you must reach that at least as far. Teams do not nest.
   * 409 when the member belongs to the team already.
   */
  @Post()
  @Requires('team:manage', 'team_member.added')
  @Answers(201, TeamMemberDto, 'The member of the team.')
  @Fails('CONFLICT')
  async addTeamMember(
    @CurrentActor() actor: Actor,
    @Param('teamId', IdParam.of('team')) teamId: string,
    @Body() { memberId }: AddTeamMemberDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<TeamMemberDto>> {
    const { answer, headers } = await this.members.add(actor, teamId, memberId, retry);
    return Answer.of(teamMemberDto(answer), { headers });
  }

  /**
   * Get a member of a team
   * @remarks One member of the team, by their id.
   */
  @Get(':memberId')
  @Requires('organization:read', 'team_member.viewed')
  @Answers(200, TeamMemberDto, 'The member of the team.')
  async getTeamMember(
    @CurrentActor() actor: Actor,
    @Param('teamId', IdParam.of('team')) teamId: string,
    @Param('memberId') memberId: string,
  ): Promise<TeamMemberDto> {
    return teamMemberDto(await this.members.get(actor, teamId, memberId));
  }

  /**
   * Take a member out of a team
   * @remarks The member stays in the organization, and reaches at once only what is granted to them otherwise.
   */
  @Delete(':memberId')
  @HttpCode(204)
  @Requires('team:manage', 'team_member.removed')
  @Answers(204, null, 'The member has left the team.')
  async removeTeamMember(
    @CurrentActor() actor: Actor,
    @Param('teamId', IdParam.of('team')) teamId: string,
    @Param('memberId') memberId: string,
  ): Promise<void> {
    await this.members.remove(actor, teamId, memberId);
  }
}
