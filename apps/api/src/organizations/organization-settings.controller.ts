import { Body, Controller, Get, Param, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires, StepUp } from '@credvault/access/rules.js';
import { publicId } from '@credvault/database/typed-id.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers } from '@credvault/http/document/operation.js';
import { etagOf, IfMatch } from '@credvault/http/etag.js';
import { IdParam } from '@credvault/http/id-param.js';
import type { Organization } from './organization.entity.js';
import {
  organizationSettingsDto,
  OrganizationSettingsDto,
  UpdateOrganizationSettingsDto,
} from './organization-settings.dto.js';
import { OrganizationSettingsService } from './organization-settings.service.js';

@ApiTags('organizations')
@Controller('organizations/:organizationId/settings')
export class OrganizationSettingsController {
  constructor(private readonly settings: OrganizationSettingsService) {}

  /**
   * Get the settings of an organization
   * @remarks What the organization that the credential acts in has decided about itself.
   */
  @Get()
  @Requires('organization:read', 'organization_settings.viewed')
  @Answers(200, OrganizationSettingsDto, 'The settings.')
  async getOrganizationSettings(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
  ): Promise<Answer<OrganizationSettingsDto>> {
    return settingsAnswer(await this.settings.get(actor, organizationId));
  }

  /**
   * Change the settings of an organization
   * @remarks Changes the settings that are sent; the others stay as they are. What changes counts at once for every credential
   * of the organization, those that were made before included. A change that would lock you out is refused: a list of addresses
   * without your own, and a second factor for everybody while you have none. Loosening a setting takes a session, or a token or key
   * that has no end and is bound to nothing: 403 names the setting.
   */
  @Patch()
  @Requires('settings:modify', 'organization_settings.updated')
  @StepUp()
  @Answers(200, OrganizationSettingsDto, 'The settings as they are now.')
  async updateOrganizationSettings(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
    @Body() body: UpdateOrganizationSettingsDto,
    @IfMatch() ifMatch?: string,
  ): Promise<Answer<OrganizationSettingsDto>> {
    return settingsAnswer(await this.settings.update(actor, organizationId, body, ifMatch));
  }
}

function settingsAnswer(organization: Organization): Answer<OrganizationSettingsDto> {
  const etag = etagOf(publicId('organization', organization.id), organization.revision);
  return Answer.of(organizationSettingsDto(organization), { etag });
}
