import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires } from '@credvault/access/rules.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersList, Fails } from '@credvault/http/document/operation.js';
import { IdParam } from '@credvault/http/id-param.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { assertActsIn } from '../organizations/acts-in.js';
import { ProjectsService } from '../projects/projects.service.js';
import {
  CloudCreateProjectDto,
  CloudProjectDto,
  CloudUpdateProjectDto,
  projectDto,
  projectFields,
} from './projects.dto.js';
import { wholeList } from './whole-list.js';

@ApiTags('projects')
@Controller('api/v2')
export class CloudProjectsController {
  constructor(private readonly projects: ProjectsService) {}

  /**
   * List projects
   * @remarks The projects of the present organization that one may see.
   */
  @Get('projects')
  @Requires('project:read', 'project.listed')
  @AnswersList(CloudProjectDto, 'The projects.')
  listProjects(@CurrentActor() actor: Actor): Promise<CloudProjectDto[]> {
    return wholeList((query) => this.projects.list(actor, query, projectDto));
  }

  /**
   * List the projects of an organization
   * @remarks As `GET /api/v2/projects`, for the organization that the credential acts in.
   */
  @Get('organizations/:organizationId/projects')
  @Requires('project:read', 'project.listed')
  @AnswersList(CloudProjectDto, 'The projects.')
  async listOrganizationProjects(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
  ): Promise<CloudProjectDto[]> {
    assertActsIn(actor, organizationId);
    return this.listProjects(actor);
  }

  /**
   * Create a project
   * @remarks Makes a project with the usual environments; whoever makes one manages it. 404 for another organization than the
   * one the credential acts in.
   */
  @Post('projects')
  @Requires('project:write', 'project.created')
  @Answers(201, CloudProjectDto, 'The project.')
  @Fails('NOT_FOUND')
  async createProject(
    @CurrentActor() actor: Actor,
    @Body() body: CloudCreateProjectDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<CloudProjectDto>> {
    assertActsIn(actor, uuidOf('organization', body.organization_id));
    const fields = { ...projectFields(body), name: body.name };
    const { answer, headers } = await this.projects.create(actor, fields, retry);
    return Answer.of(projectDto(answer), { headers });
  }

  /**
   * Get a project
   * @remarks One project, by its id.
   */
  @Get('projects/:projectId')
  @Requires('project:read', 'project.viewed')
  @Answers(200, CloudProjectDto, 'The project.')
  async getProject(
    @CurrentActor() actor: Actor,
    @Param('projectId', IdParam.of('project')) projectId: string,
  ): Promise<CloudProjectDto> {
    return projectDto(await this.projects.get(this.projects.authorize(actor, 'project:read', projectId)));
  }

  /**
   * Change a project
   * @remarks Changes what is sent. One must manage the project.
   */
  @Patch('projects/:projectId')
  @Requires('project:write', 'project.updated')
  @Answers(200, CloudProjectDto, 'The project as it is now.')
  async updateProject(
    @CurrentActor() actor: Actor,
    @Param('projectId', IdParam.of('project')) projectId: string,
    @Body() body: CloudUpdateProjectDto,
  ): Promise<CloudProjectDto> {
    const project = this.projects.authorize(actor, 'project:write', projectId);
    return projectDto(await this.projects.update(project, projectFields(body)));
  }

  /**
   * Delete a project
   * @remarks Deletes a project with its environments and grants. One must manage it; 409 while vaults belong to it.
   */
  @Delete('projects/:projectId')
  @HttpCode(204)
  @Requires('project:write', 'project.deleted')
  @Answers(204, null, 'The project is gone.')
  @Fails('CONFLICT')
  async deleteProject(
    @CurrentActor() actor: Actor,
    @Param('projectId', IdParam.of('project')) projectId: string,
  ): Promise<void> {
    await this.projects.delete(this.projects.authorize(actor, 'project:write', projectId));
  }
}
