import { Body, Controller, Get, Param, Patch, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { RequiresAdministrator } from '@credvault/access/rules.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersPage } from '@credvault/http/document/operation.js';
import { etagOf, IfMatch } from '@credvault/http/etag.js';
import { IdParam } from '@credvault/http/id-param.js';
import type { Page } from '@credvault/http/pagination/page.js';
import type { OrganizationLimits } from '../organizations/organization-limits.js';
import { OrganizationLimitsService } from '../organizations/organization-limits.service.js';
import {
  organizationLimitsDto,
  OrganizationLimitsDto,
  OrganizationLimitsQuery,
  UpdateOrganizationLimitsDto,
} from './organization-limits.dto.js';

@ApiTags('admin')
@Controller('admin/organizations')
export class AdminOrganizationsController {
  constructor(private readonly limits: OrganizationLimitsService) {}

  /**
   * List organizations with their plans
   * @remarks Every organization of this installation with its plan and limits, and nothing else of what it has. `search`
   * looks in the names; sortable by `createdAt`, `updatedAt` and `name`.
   */
  @Get()
  @RequiresAdministrator('organization_limits.listed')
  @AnswersPage(OrganizationLimitsDto, 'A page of organizations, the newest first.')
  listOrganizationLimits(
    @CurrentActor() actor: Actor,
    @Query() query: OrganizationLimitsQuery,
  ): Promise<Page<OrganizationLimitsDto>> {
    return this.limits.list(actor, query, organizationLimitsDto);
  }

  /**
   * Get the plan of an organization
   * @remarks The plan of one organization, what was negotiated with it, and the limits that follow.
   */
  @Get(':organizationId')
  @RequiresAdministrator('organization_limits.viewed')
  @Answers(200, OrganizationLimitsDto, 'The organization with its plan and limits.')
  async getOrganizationLimits(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
  ): Promise<Answer<OrganizationLimitsDto>> {
    return limitsAnswer(await this.limits.get(actor, organizationId));
  }

  /**
   * Change the plan of an organization
   * @remarks Moves an organization to another plan, or writes down limits that were negotiated with it and go before those
   * of its plan. They hold from the next request on, on every process. The organization finds the change in its audit trail.
   */
  @Patch(':organizationId')
  @RequiresAdministrator('organization_limits.updated')
  @Answers(200, OrganizationLimitsDto, 'The organization with its plan and limits as they are now.')
  async updateOrganizationLimits(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
    @Body() body: UpdateOrganizationLimitsDto,
    @IfMatch() ifMatch?: string,
  ): Promise<Answer<OrganizationLimitsDto>> {
    return limitsAnswer(await this.limits.update(actor, organizationId, body, ifMatch));
  }
}

function limitsAnswer(limits: OrganizationLimits): Answer<OrganizationLimitsDto> {
  const dto = organizationLimitsDto(limits);
  return Answer.of(dto, { etag: etagOf(dto.id, limits.revision) });
}
