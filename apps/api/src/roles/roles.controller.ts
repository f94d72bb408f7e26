import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires } from '@credvault/access/rules.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersPage, Fails } from '@credvault/http/document/operation.js';
import { etagOf, IfMatch } from '@credvault/http/etag.js';
import { IdParam } from '@credvault/http/id-param.js';
import type { Page } from '@credvault/http/pagination/page.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import {
  CreateRoleDto,
  customRoleDto,
  listedRoleDto,
  RoleDto,
  RolesQuery,
  UpdateRoleDto,
} from './role.dto.js';
import { RolesService, type RoleView } from './roles.service.js';

@ApiTags('roles')
@Controller('roles')
export class RolesController {
  constructor(private readonly roles: RolesService) {}

  /**
   * List roles
   * @remarks The built-in roles, from the most to the least, and those of the organization. `search` looks in the names;
   * sortable by `position`, `name`, `createdAt` and `updatedAt`.
   */
  @Get()
  @Requires('organization:read', 'role.listed')
  @AnswersPage(RoleDto, 'A page of roles.')
  listRoles(@CurrentActor() actor: Actor, @Query() query: RolesQuery): Promise<Page<RoleDto>> {
    return this.roles.list(actor, query, listedRoleDto);
  }

  /**
   * Create a role
   * @remarks Makes a role of the organization. It can do at most what you can; 409 when another role has its name.
   */
  @Post()
  @Requires('team:manage', 'role.created')
  @Answers(201, RoleDto, 'The role.')
  @Fails('CONFLICT')
  async createRole(
    @CurrentActor() actor: Actor,
    @Body() body: CreateRoleDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<RoleDto>> {
    const { answer, headers } = await this.roles.create(actor, body, retry);
    return roleAnswer(answer, headers);
  }

  /**
   * Get a role
   * @remarks One role of the organization, by its id. The built-in ones are in the list.
   */
  @Get(':roleId')
  @Requires('organization:read', 'role.viewed')
  @Answers(200, RoleDto, 'The role.')
  async getRole(
    @CurrentActor() actor: Actor,
    @Param('roleId', IdParam.of('role')) roleId: string,
  ): Promise<Answer<RoleDto>> {
    return roleAnswer(await this.roles.get(actor, roleId));
  }

  /**
   * Change a role
   * @remarks Changes the fields that are sent, for everybody who has the role, at once. To widen it, all that it can do
   * afterwards must lie within what you can do, in every vault granted to somebody who has it; to narrow it, all that it could
   * do before, unless nobody has it. Members who no longer reach every vault keep the vaults of their teams only. 409 when
   * another role has the name.
   */
  @Patch(':roleId')
  @Requires('team:manage', 'role.updated')
  @Answers(200, RoleDto, 'The role as it is now.')
  @Fails('CONFLICT')
  async updateRole(
    @CurrentActor() actor: Actor,
    @Param('roleId', IdParam.of('role')) roleId: string,
    @Body() body: UpdateRoleDto,
    @IfMatch() ifMatch?: string,
  ): Promise<Answer<RoleDto>> {
    return roleAnswer(await this.roles.update(actor, roleId, body, ifMatch));
  }

  /**
   * Delete a role
   * @remarks Deletes a role that nobody has; 409 with the number of members and open invitations that have it otherwise.
   */
  @Delete(':roleId')
  @HttpCode(204)
  @Requires('team:manage', 'role.deleted')
  @Answers(204, null, 'The role is gone.')
  @Fails('CONFLICT')
  async deleteRole(
    @CurrentActor() actor: Actor,
    @Param('roleId', IdParam.of('role')) roleId: string,
    @IfMatch() ifMatch?: string,
  ): Promise<void> {
    await this.roles.delete(actor, roleId, ifMatch);
  }
}

function roleAnswer(role: RoleView, headers?: Record<string, string>): Answer<RoleDto> {
  const dto = customRoleDto(role);
  return Answer.of(dto, { etag: etagOf(dto.id, role.revision), headers });
}
