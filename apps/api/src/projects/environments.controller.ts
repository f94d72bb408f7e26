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
import {
  CreateEnvironmentDto,
  environmentDto,
  EnvironmentDto,
  UpdateEnvironmentDto,
} from './environment.dto.js';
import type { EnvironmentView } from './environments.repository.js';
import { EnvironmentsService, environmentTag } from './environments.service.js';
import { ProjectsService } from './projects.service.js';

@ApiTags('projects')
@Controller('projects/:projectId/environments')
export class EnvironmentsController {
  constructor(
    private readonly environments: EnvironmentsService,
    private readonly projects: ProjectsService,
  ) {}

  /**
   * List the environments of a project
   * @remarks Each with its vault, if it has one that you may see. `search` looks in the names; sortable by `createdAt`,
   * `updatedAt` and `name`.
   */
  @Get()
  @Requires('project:read', 'environment.listed')
  @AnswersPage(EnvironmentDto, 'A page of environments.')
  listEnvironments(
    @CurrentActor() actor: Actor,
    @Param('projectId', IdParam.of('project')) projectId: string,
    @Query() query: ListQuery,
  ): Promise<Page<EnvironmentDto>> {
    const project = this.projects.authorize(actor, 'project:read', projectId);
    return this.environments.list(project, query, (environment) => environmentDto(environment, actor));
  }

  /**
   * Create an environment
   * @remarks Adds an environment, without a vault, to a project that you manage. 409 when the project has one with this name.
   */
  @Post()
  @Requires('project:write', 'environment.created')
  @Answers(201, EnvironmentDto, 'The environment.')
  @Fails('CONFLICT')
  async createEnvironment(
    @CurrentActor() actor: Actor,
    @Param('projectId', IdParam.of('project')) projectId: string,
    @Body() body: CreateEnvironmentDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<EnvironmentDto>> {
    const project = this.projects.authorize(actor, 'project:write', projectId);
    const { answer, headers } = await this.environments.create(project, body, retry);
    const location = `/api/v1/projects/${publicId('project', projectId)}/environments/${answer.name}`;
    return environmentAnswer(answer, actor, { headers, location });
  }

  /**
   * Get an environment
   * @remarks One environment of a project, by its name.
   */
  @Get(':environmentName')
  @Requires('project:read', 'environment.viewed')
  @Answers(200, EnvironmentDto, 'The environment.')
  async getEnvironment(
    @CurrentActor() actor: Actor,
    @Param('projectId', IdParam.of('project')) projectId: string,
    @Param('environmentName') environmentName: string,
  ): Promise<Answer<EnvironmentDto>> {
    const project = this.projects.authorize(actor, 'project:read', projectId);
    return environmentAnswer(await this.environments.get(project, environmentName), actor);
  }

  /**
   * Change an environment
   * @remarks Changes the fields that are sent; the others stay as they are. You must manage the project. Renaming an environment
   * takes its vault along; API keys that are bound to the old name do not follow, and those bound to the new one reach the vault.
   */
  @Patch(':environmentName')
  @Requires('project:write', 'environment.updated')
  @Answers(200, EnvironmentDto, 'The environment as it is now.')
  @Fails('CONFLICT')
  async updateEnvironment(
    @CurrentActor() actor: Actor,
    @Param('projectId', IdParam.of('project')) projectId: string,
    @Param('environmentName') environmentName: string,
    @Body() body: UpdateEnvironmentDto,
    @IfMatch() ifMatch?: string,
  ): Promise<Answer<EnvironmentDto>> {
    const project = this.projects.authorize(actor, 'project:write', projectId);
    return environmentAnswer(await this.environments.update(project, environmentName, body, ifMatch), actor);
  }

  /**
   * Delete an environment
   * @remarks Deletes an environment of a project that you manage. 409 while it has a vault.
   */
  @Delete(':environmentName')
  @HttpCode(204)
  @Requires('project:write', 'environment.deleted')
  @Answers(204, null, 'The environment is gone.')
  @Fails('CONFLICT')
  async deleteEnvironment(
    @CurrentActor() actor: Actor,
    @Param('projectId', IdParam.of('project')) projectId: string,
    @Param('environmentName') environmentName: string,
    @IfMatch() ifMatch?: string,
  ): Promise<void> {
    const project = this.projects.authorize(actor, 'project:write', projectId);
    await this.environments.delete(project, environmentName, ifMatch);
  }
}

function environmentAnswer(
  environment: EnvironmentView,
  viewer: Actor,
  options: { headers?: Record<string, string>; location?: string } = {},
): Answer<EnvironmentDto> {
  const etag = etagOf(environmentTag(environment), environment.revision);
  return Answer.of(environmentDto(environment, viewer), { etag, ...options });
}
