import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
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
import { Answers, AnswersList, Fails } from '@credvault/http/document/operation.js';
import { IdParam } from '@credvault/http/id-param.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { OrganizationDeletionService } from '../organizations/organization-deletion.service.js';
import {
  CloudCreateOrganizationDto,
  CloudOrganizationDto,
  CloudUpdateOrganizationDto,
} from './organizations.dto.js';
import { CloudOrganizationsService } from './organizations.service.js';

@ApiTags('organizations')
@Controller('api/v2/organizations')
export class CloudOrganizationsController {
  constructor(
    private readonly organizations: CloudOrganizationsService,
    private readonly deletion: OrganizationDeletionService,
  ) {}

  /**
   * List organizations
   * @remarks The organizations that the person belongs to. An API key of `/api/v1` sees its own organization alone.
   */
  @Get()
  @RequiresActor('organization.listed')
  @AnswersList(CloudOrganizationDto, 'The organizations.')
  listOrganizations(@CurrentActor() actor: Actor): Promise<CloudOrganizationDto[]> {
    return this.organizations.list(actor);
  }

  /**
   * Create an organization
   * @remarks Makes an organization, which the person then owns. The key goes on acting where it did; one person owns at
   * most 20 organizations.
   */
  @Post()
  @OwnSignIn()
  @RequiresPerson('organization.created')
  @Answers(201, CloudOrganizationDto, 'The organization.')
  async createOrganization(
    @CurrentActor() actor: Actor,
    @Body() body: CloudCreateOrganizationDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<CloudOrganizationDto>> {
    const { answer, headers } = await this.organizations.create(actor, body, retry);
    return Answer.of(answer, { headers });
  }

  /**
   * Get an organization
   * @remarks One of the organizations that the person belongs to.
   */
  @Get(':organizationId')
  @RequiresActor('organization.viewed')
  @Answers(200, CloudOrganizationDto, 'The organization.')
  getOrganization(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
  ): Promise<CloudOrganizationDto> {
    return this.organizations.get(actor, organizationId);
  }

  /**
   * Change an organization
   * @remarks Changes what is sent of the organization that the credential acts in.
   */
  @Put(':organizationId')
  @Requires('settings:modify', 'organization.updated')
  @Answers(200, CloudOrganizationDto, 'The organization as it is now.')
  updateOrganization(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
    @Body() body: CloudUpdateOrganizationDto,
  ): Promise<CloudOrganizationDto> {
    return this.organizations.update(actor, organizationId, body);
  }

  /**
   * Delete an organization
   * @remarks For owners: permanently deletes the organization that the session acts in, with every credential in it. 409
   * unless it is empty, also of what could be restored, and for the last organization of a person. One that is not empty
   * `/api/v1` deletes.
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
  ): Promise<void> {
    await this.deletion.deleteEmpty(actor, organizationId);
  }
}
