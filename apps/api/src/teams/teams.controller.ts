import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires } from '@credvault/access/rules.js';
import { publicId } from '@credvault/database/typed-id.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersPage, Fails } from '@credvault/http/document/operation.js';
import { etagOf, IfMatch } from '@credvault/http/etag.js';
import { IdParam } from '@credvault/http/id-param.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { Page } from '@credvault/http/pagination/page.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { CreateTeamDto, teamDto, TeamDto, UpdateTeamDto } from './team.dto.js';
import type { TeamView } from './teams.repository.js';
import { TeamsService } from './teams.service.js';

@ApiTags('teams')
@Controller('teams')
export class TeamsController {
  constructor(private readonly teams: TeamsService) {}

  /**
   * List teams
   * @remarks The teams of the organization. `search` looks in the names; sortable by `createdAt`, `updatedAt` and `name`.
   */
  @Get()
  @Requires('organization:read', 'team.listed')
  @AnswersPage(TeamDto, 'A page of teams.')
  listTeams(@CurrentActor() actor: Actor, @Query() query: ListQuery): Promise<Page<TeamDto>> {
    return this.teams.list(actor, query, teamDto);
  }

  /**
   * Create a team
   * @remarks Makes a team without members, to which nothing is granted yet. 409 when another team has its name.
   */
  @Post()
  @Requires('team:manage', 'team.created')
  @Answers(201, TeamDto, 'The team.')
  @Fails('CONFLICT')
  async createTeam(
    @CurrentActor() actor: Actor,
    @Body() body: CreateTeamDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<TeamDto>> {
    const { answer, headers } = await this.teams.create(actor, body, retry);
    return teamAnswer(answer, headers);
  }

  /**
   * Get a team
   * @remarks One team by its id.
   */
  @Get(':teamId')
  @Requires('organization:read', 'team.viewed')
  @Answers(200, TeamDto, 'The team.')
  async getTeam(
    @CurrentActor() actor: Actor,
    @Param('teamId', IdParam.of('team')) teamId: string,
  ): Promise<Answer<TeamDto>> {
    return teamAnswer(await this.teams.get(actor, teamId));
  }

  /**
   * Change a team
   * @remarks Changes the fields that are sent; the others stay as they are. 409 when another team has the name.
   */
  @Patch(':teamId')
  @Requires('team:manage', 'team.updated')
  @Answers(200, TeamDto, 'The team as it is now.')
  @Fails('CONFLICT')
  async updateTeam(
    @CurrentActor() actor: Actor,
    @Param('teamId', IdParam.of('team')) teamId: string,
    @Body() body: UpdateTeamDto,
    @IfMatch() ifMatch?: string,
  ): Promise<Answer<TeamDto>> {
    return teamAnswer(await this.teams.update(actor, teamId, body, ifMatch));
  }

  /**
   * Delete a team
   * @remarks Deletes a team with what is granted to it: its members reach at once only what is granted to them otherwise.
   */
  @Delete(':teamId')
  @HttpCode(204)
  @Requires('team:manage', 'team.deleted')
  @Answers(204, null, 'The team is gone.')
  async deleteTeam(
    @CurrentActor() actor: Actor,
    @Param('teamId', IdParam.of('team')) teamId: string,
    @IfMatch() ifMatch?: string,
  ): Promise<void> {
    await this.teams.delete(actor, teamId, ifMatch);
  }
}

function teamAnswer(team: TeamView, headers?: Record<string, string>): Answer<TeamDto> {
  return Answer.of(teamDto(team), { etag: etagOf(publicId('team', team.id), team.revision), headers });
}
