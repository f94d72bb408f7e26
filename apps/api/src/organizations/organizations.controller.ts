import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import {
  OwnSignIn,
  Requires,
  RequiresActor,
  RequiresPerson,
  RequiresSession,
  StepUp,
} from '@credvault/access/rules.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersPage, Fails } from '@credvault/http/document/operation.js';
import { etagOf, IfMatch } from '@credvault/http/etag.js';
import { IdParam } from '@credvault/http/id-param.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { Page } from '@credvault/http/pagination/page.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { OrganizationDeletionService } from './organization-deletion.service.js';
import {
  CreateOrganizationDto,
  DeleteOrganizationQuery,
  organizationDto,
  OrganizationDto,
  UpdateOrganizationDto,
} from './organization.dto.js';
import type { OwnOrganization } from './own-organizations.repository.js';
import { OwnOrganizationsService } from './own-organizations.service.js';

@ApiTags('organizations')
@Controller('organizations')
export class OrganizationsController {
  constructor(
    private readonly organizations: OwnOrganizationsService,
    private readonly deletion: OrganizationDeletionService,
  ) {}

  /**
   * List organizations
   * @remarks The organizations that the person belongs to; `current` is the one the credential acts in. An API key sees its
   * own organization alone, with the scope `organization:read`. `search` looks in the names; sortable by `createdAt`,
   * `updatedAt` and `name`.
   */
  @Get()
  @RequiresActor('organization.listed')
  @AnswersPage(OrganizationDto, 'A page of organizations.')
  listOrganizations(@CurrentActor() actor: Actor, @Query() query: ListQuery): Promise<Page<OrganizationDto>> {
    return this.organizations.list(actor, query, (found) => organizationDto(found, actor.organizationId));
  }

  /**
   * Create an organization
   * @remarks Makes an organization, which the person then owns. The credential goes on acting where it did: switch with
   * `POST /auth/switch`. One person owns at most 20.
   */
  @Post()
  @RequiresPerson('organization.created')
  @OwnSignIn()
  @Answers(201, OrganizationDto, 'The organization.')
  async createOrganization(
    @CurrentActor() actor: Actor,
    @Body() body: CreateOrganizationDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<OrganizationDto>> {
    const { answer, headers } = await this.organizations.create(actor, body.name, retry);
    return organizationAnswer(answer, actor, headers);
  }

  /**
   * Get an organization
   * @remarks One of the organizations that the person belongs to; for an API key its own one, with the scope
   * `organization:read`.
   */
  @Get(':organizationId')
  @RequiresActor('organization.viewed')
  @Answers(200, OrganizationDto, 'The organization.')
  async getOrganization(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
  ): Promise<Answer<OrganizationDto>> {
    return organizationAnswer(await this.organizations.get(actor, organizationId), actor);
  }

  /**
   * Change an organization
   * @remarks Renames the organization that the credential acts in.
   */
  @Patch(':organizationId')
  @Requires('settings:modify', 'organization.updated')
  @Answers(200, OrganizationDto, 'The organization as it is now.')
  async updateOrganization(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
    @Body() body: UpdateOrganizationDto,
    @IfMatch() ifMatch?: string,
  ): Promise<Answer<OrganizationDto>> {
    return organizationAnswer(await this.organizations.update(actor, organizationId, body, ifMatch), actor);
  }

  /**
   * Delete an organization
   * @remarks For owners: permanently deletes the organization that the session acts in, ends every session, token and key
   * in it, and destroys the keys its vaults were encrypted with. Unless it is empty (no vaults, also none that could be
   * restored, no projects, API keys, other members, service accounts or invitations) this takes `force=true` and its exact name. The last organization of a person cannot
   * be deleted, as signing in takes one; afterwards sign in again.
   */
  @Delete(':organizationId')
  @HttpCode(204)
  @RequiresSession('organization.deleted')
  @StepUp()
  @Answers(204, null, 'The organization is gone.')
  @Fails('CONFLICT')
  async deleteOrganization(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
    @Query() query: DeleteOrganizationQuery,
    @IfMatch() ifMatch?: string,
  ): Promise<void> {
    await this.deletion.delete(actor, organizationId, query, ifMatch);
  }
}

function organizationAnswer(
  organization: OwnOrganization,
  actor: Actor,
  headers?: Record<string, string>,
): Answer<OrganizationDto> {
  const dto = organizationDto(organization, actor.organizationId);
  return Answer.of(dto, { etag: etagOf(dto.id, organization.revision), headers });
}
