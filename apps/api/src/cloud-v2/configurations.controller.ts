import { Body, Controller, Get, Param, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { RequiresPerson } from '@credvault/access/rules.js';
import { Answers, AnswersList, Fails } from '@credvault/http/document/operation.js';
import {
  CloudConfigurationDto,
  CloudConfigurationsQuery,
  CloudPutConfigurationDto,
} from './configurations.dto.js';
import { ConfigurationsService } from './configurations.service.js';

@ApiTags('clients')
@Controller('api/v2/configurations')
export class CloudConfigurationsController {
  constructor(private readonly configurations: ConfigurationsService) {}

  /**
   * List configurations
   * @remarks One's own, or those of the organization that the credential acts in.
   */
  @Get()
  @RequiresPerson('configuration.listed')
  @Fails('NOT_FOUND')
  @AnswersList(CloudConfigurationDto, 'The configurations by key.')
  listConfigurations(
    @CurrentActor() actor: Actor,
    @Query() query: CloudConfigurationsQuery,
  ): Promise<CloudConfigurationDto[]> {
    return this.configurations.list(actor, query.organization_id);
  }

  /**
   * Get a configuration
   * @remarks One's own, or that of the organization that the credential acts in.
   */
  @Get(':configurationKey')
  @RequiresPerson('configuration.viewed')
  @Answers(200, CloudConfigurationDto, 'The configuration.')
  getConfiguration(
    @CurrentActor() actor: Actor,
    @Param('configurationKey') key: string,
    @Query() query: CloudConfigurationsQuery,
  ): Promise<CloudConfigurationDto> {
    return this.configurations.get(actor, query.organization_id, key);
  }

  /**
   * Keep a configuration
   * @remarks Makes or replaces one; the value null takes it away. There are at most 200 of a person in an organization, and as many of the organization.
   */
  @Put(':configurationKey')
  @RequiresPerson('configuration.updated')
  @Answers(200, CloudConfigurationDto, 'The configuration as it is now.')
  @Fails('CONFLICT')
  putConfiguration(
    @CurrentActor() actor: Actor,
    @Param('configurationKey') key: string,
    @Body() body: CloudPutConfigurationDto,
  ): Promise<CloudConfigurationDto> {
    return this.configurations.put(actor, key, body);
  }
}
