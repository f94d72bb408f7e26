import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires } from '@credvault/access/rules.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersPage, Fails } from '@credvault/http/document/operation.js';
import { etagOf, IfMatch } from '@credvault/http/etag.js';
import { IdParam } from '@credvault/http/id-param.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { Page } from '@credvault/http/pagination/page.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { CreateProjectDto, projectDto, ProjectDto, UpdateProjectDto } from './project.dto.js';
import type { ProjectView } from './projects.repository.js';
import { ProjectsService } from './projects.service.js';

@ApiTags('projects')
@Controller('projects')
export class ProjectsController {
  constructor(private readonly projects: ProjectsService) {}

  /**
   * List projects
   * @remarks The projects that are granted to you or your teams; all of the organization if your role reaches every vault. An
   * API key that is limited to vaults or projects lists those of its own. `search` looks in the names; sortable by `createdAt`,
   * `updatedAt` and `name`.
   */
  @Get()
  @Requires('project:read', 'project.listed')
  @AnswersPage(ProjectDto, 'A page of projects.')
  listProjects(@CurrentActor() actor: Actor, @Query() query: ListQuery): Promise<Page<ProjectDto>> {
    return this.projects.list(actor, query, projectDto);
  }

  /**
   * Create a project
   * @remarks Makes a project with its environments. You manage it. Names need not be unique.
   */
  @Post()
  @Requires('project:write', 'project.created')
  @Answers(201, ProjectDto, 'The project.')
  async createProject(
    @CurrentActor() actor: Actor,
    @Body() body: CreateProjectDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<ProjectDto>> {
    const { answer, headers } = await this.projects.create(actor, body, retry);
    return projectAnswer(answer, headers);
  }

  /**
   * Get a project
   * @remarks One project by its id.
   */
  @Get(':projectId')
  @Requires('project:read', 'project.viewed')
  @Answers(200, ProjectDto, 'The project.')
  async getProject(
    @CurrentActor() actor: Actor,
    @Param('projectId', IdParam.of('project')) projectId: string,
  ): Promise<Answer<ProjectDto>> {
    return projectAnswer(await this.projects.get(this.projects.authorize(actor, 'project:read', projectId)));
  }

  /**
   * Change a project
   * @remarks Changes the fields that are sent; the others stay as they are. You must manage the project.
   */
  @Patch(':projectId')
  @Requires('project:write', 'project.updated')
  @Answers(200, ProjectDto, 'The project as it is now.')
  async updateProject(
    @CurrentActor() actor: Actor,
    @Param('projectId', IdParam.of('project')) projectId: string,
    @Body() body: UpdateProjectDto,
    @IfMatch() ifMatch?: string,
  ): Promise<Answer<ProjectDto>> {
    const project = this.projects.authorize(actor, 'project:write', projectId);
    return projectAnswer(await this.projects.update(project, body, ifMatch));
  }

  /**
   * Delete a project
   * @remarks Deletes a project with its environments and what is granted of it. 409 while vaults belong to it. You must manage
   * the project.
   */
  @Delete(':projectId')
  @HttpCode(204)
  @Requires('project:write', 'project.deleted')
  @Answers(204, null, 'The project is gone.')
  @Fails('CONFLICT')
  async deleteProject(
    @CurrentActor() actor: Actor,
    @Param('projectId', IdParam.of('project')) projectId: string,
    @IfMatch() ifMatch?: string,
  ): Promise<void> {
    await this.projects.delete(this.projects.authorize(actor, 'project:write', projectId), ifMatch);
  }
}

function projectAnswer(project: ProjectView, headers?: Record<string, string>): Answer<ProjectDto> {
  const dto = projectDto(project);
  return Answer.of(dto, { etag: etagOf(dto.id, project.revision), headers });
}
