import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires } from '@credvault/access/rules.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersList } from '@credvault/http/document/operation.js';
import { IdParam } from '@credvault/http/id-param.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { ProjectsService } from '../projects/projects.service.js';
import { CloudAddProjectUserDto, CloudProjectUserAddedDto, CloudProjectUserDto } from './people.dto.js';
import { CloudProjectUsersService } from './project-users.service.js';

@ApiTags('projects')
@Controller('api/v2/projects/:projectId/users')
export class CloudProjectUsersController {
  constructor(
    private readonly projects: ProjectsService,
    private readonly users: CloudProjectUsersService,
  ) {}

  /**
   * List the people of a project
   * @remarks The people to whom the project is granted by themselves. Administrators of the organization reach it without, and
   * what teams have `/api/v1` shows.
   */
  @Get()
  @Requires('project:read', 'grant.listed')
  @AnswersList(CloudProjectUserDto, 'The people.')
  listProjectUsers(
    @CurrentActor() actor: Actor,
    @Param('projectId', IdParam.of('project')) projectId: string,
  ): Promise<CloudProjectUserDto[]> {
    return this.users.list(this.projects.authorize(actor, 'project:read', projectId));
  }

  /**
   * Give somebody a role in a project
   * @remarks Gives a member of the organization the role at once, in the place of what they had. One must manage the project, and nobody gives more than they
   * have. 404 for somebody who does not belong to the organization: invite them there first.
   */
  @Post()
  @HttpCode(200)
  @Requires('project:write', 'grant.created')
  @Answers(200, CloudProjectUserAddedDto, 'They have the role.')
  async addProjectUser(
    @CurrentActor() actor: Actor,
    @Param('projectId', IdParam.of('project')) projectId: string,
    @Body() body: CloudAddProjectUserDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<CloudProjectUserAddedDto>> {
    const project = this.projects.authorize(actor, 'project:write', projectId);
    const { answer, headers } = await this.users.add(project, body, retry);
    return Answer.of(answer, { headers });
  }

  /**
   * Remove somebody from a project
   * @remarks Takes the role back that somebody has in the project by themselves. One must manage the project.
   */
  @Delete(':idOrEmail')
  @HttpCode(204)
  @Requires('project:write', 'grant.deleted')
  @Answers(204, null, 'They have no role in the project by themselves any more.')
  async removeProjectUser(
    @CurrentActor() actor: Actor,
    @Param('projectId', IdParam.of('project')) projectId: string,
    @Param('idOrEmail') idOrEmail: string,
  ): Promise<void> {
    await this.users.remove(this.projects.authorize(actor, 'project:write', projectId), idOrEmail);
  }
}
