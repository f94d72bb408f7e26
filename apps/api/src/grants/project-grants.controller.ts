import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires } from '@credvault/access/rules.js';
import type { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersPage, Fails } from '@credvault/http/document/operation.js';
import { IfMatch } from '@credvault/http/etag.js';
import { IdParam } from '@credvault/http/id-param.js';
import type { Page } from '@credvault/http/pagination/page.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { ProjectsService } from '../projects/projects.service.js';
import { grantAnswer } from './grant-answer.js';
import { CreateGrantDto, grantDto, GrantDto, GrantsQuery, UpdateGrantDto } from './grant.dto.js';
import { GrantsService } from './grants.service.js';

@ApiTags('grants')
@Controller('projects/:projectId/grants')
export class ProjectGrantsController {
  constructor(
    private readonly grants: GrantsService,
    private readonly projects: ProjectsService,
  ) {}

  /**
   * List the grants of a project
   * @remarks To whom the project is granted, beside those whose role reaches everything. `search` looks in the names of members,
   * teams and API keys; sortable by `createdAt`, `updatedAt`, `level` and `name`.
   */
  @Get()
  @Requires('project:read', 'grant.listed')
  @AnswersPage(GrantDto, 'A page of grants.')
  listProjectGrants(
    @CurrentActor() actor: Actor,
    @Param('projectId', IdParam.of('project')) projectId: string,
    @Query() query: GrantsQuery,
  ): Promise<Page<GrantDto>> {
    return this.grants.list(this.projects.authorize(actor, 'project:read', projectId), query, grantDto);
  }

  /**
   * Grant a project
   * @remarks Grants the project, with all vaults that it has and will have, to a member or a team of the organization, for which
   * you must manage it. You cannot grant what you may not do yourself, nor with a key or a token that ends or is bound to
   * addresses: a grant is neither. Of several grants that reach somebody, of a vault or its project, the one that goes furthest
   * counts. 409 when the project is granted to them already.
   *
   * An API key can be granted it as well, as a vault is.
   */
  @Post()
  @Requires('project:write', 'grant.created')
  @Answers(201, GrantDto, 'The grant.')
  @Fails('CONFLICT')
  async createProjectGrant(
    @CurrentActor() actor: Actor,
    @Param('projectId', IdParam.of('project')) projectId: string,
    @Body() body: CreateGrantDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<GrantDto>> {
    const project = this.projects.authorize(actor, 'project:write', projectId);
    const { answer, headers } = await this.grants.create(project, body, retry);
    return grantAnswer(answer, headers);
  }

  /**
   * Get a grant of a project
   * @remarks One grant of the project, by its id.
   */
  @Get(':grantId')
  @Requires('project:read', 'grant.viewed')
  @Answers(200, GrantDto, 'The grant.')
  async getProjectGrant(
    @CurrentActor() actor: Actor,
    @Param('projectId', IdParam.of('project')) projectId: string,
    @Param('grantId', IdParam.of('grant')) grantId: string,
  ): Promise<Answer<GrantDto>> {
    return grantAnswer(
      await this.grants.get(this.projects.authorize(actor, 'project:read', projectId), grantId),
    );
  }

  /**
   * Change a grant of a project
   * @remarks Changes how far the project and its vaults are granted, at once. You must manage the project; lowering a grant is
   * free, and raising it is granting. 409 for raising that of an API key whose secret somebody else may know than who should:
   * rotate the key first.
   */
  @Patch(':grantId')
  @Requires('project:write', 'grant.updated')
  @Answers(200, GrantDto, 'The grant as it is now.')
  @Fails('CONFLICT')
  async updateProjectGrant(
    @CurrentActor() actor: Actor,
    @Param('projectId', IdParam.of('project')) projectId: string,
    @Param('grantId', IdParam.of('grant')) grantId: string,
    @Body() { level }: UpdateGrantDto,
    @IfMatch() ifMatch?: string,
  ): Promise<Answer<GrantDto>> {
    const project = this.projects.authorize(actor, 'project:write', projectId);
    return grantAnswer(await this.grants.update(project, grantId, level, ifMatch));
  }

  /**
   * Take a grant of a project back
   * @remarks The member, or everybody in the team, reaches the vaults of the project at once only as far as they are granted to
   * them otherwise.
   */
  @Delete(':grantId')
  @HttpCode(204)
  @Requires('project:write', 'grant.deleted')
  @Answers(204, null, 'The grant is gone.')
  async deleteProjectGrant(
    @CurrentActor() actor: Actor,
    @Param('projectId', IdParam.of('project')) projectId: string,
    @Param('grantId', IdParam.of('grant')) grantId: string,
    @IfMatch() ifMatch?: string,
  ): Promise<void> {
    await this.grants.delete(this.projects.authorize(actor, 'project:write', projectId), grantId, ifMatch);
  }
}
