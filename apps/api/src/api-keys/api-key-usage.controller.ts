import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { knownVaults } from '@credvault/access/vault-levels.js';
import { Requires } from '@credvault/access/rules.js';
import { Answers, AnswersPage } from '@credvault/http/document/operation.js';
import { IdParam } from '@credvault/http/id-param.js';
import type { Page } from '@credvault/http/pagination/page.js';
import { CredentialUsageService } from '../audit/credential-usage.service.js';
import {
  apiKeyUsageDto,
  ApiKeyUsageDto,
  ApiKeyUsageQuery,
  ApiKeyUsageSummaryDto,
  ApiKeyUsageSummaryQuery,
} from './api-key-usage.dto.js';
import { ApiKeysService } from './api-keys.service.js';

@ApiTags('api-keys')
@Controller('api-keys/:keyId/usage')
export class ApiKeyUsageController {
  constructor(
    private readonly keys: ApiKeysService,
    private readonly usage: CredentialUsageService,
  ) {}

  /**
   * List the requests of an API key
   * @remarks Every request that was made with the key, whatever its status, the newest first. Equal refusals of one minute
   * are one entry with a count. `search` looks in the route templates; sortable by `createdAt`.
   */
  @Get()
  @Requires('key:read', 'api_key_usage.listed')
  @AnswersPage(ApiKeyUsageDto, 'A page of requests.')
  async listApiKeyUsage(
    @CurrentActor() actor: Actor,
    @Param('keyId', IdParam.of('apiKey')) keyId: string,
    @Query() query: ApiKeyUsageQuery,
  ): Promise<Page<ApiKeyUsageDto>> {
    return this.usage.list(await this.ownerOf(actor, keyId), query, apiKeyUsageDto);
  }

  /**
   * Count the requests of an API key
   * @remarks Requests by hour or day, with how they ended, for a chart. At most 1,000 buckets.
   */
  @Get('summary')
  @Requires('key:read', 'api_key_usage.summarized')
  @Answers(200, ApiKeyUsageSummaryDto, 'The counts.')
  async summarizeApiKeyUsage(
    @CurrentActor() actor: Actor,
    @Param('keyId', IdParam.of('apiKey')) keyId: string,
    @Query() { interval = 'hour', from, to }: ApiKeyUsageSummaryQuery,
  ): Promise<ApiKeyUsageSummaryDto> {
    const owner = await this.ownerOf(actor, keyId);
    return { interval, buckets: await this.usage.summarize(owner, { interval, from, to }) };
  }

  /**
   * Get one request of an API key
   * @remarks One entry of the usage history.
   */
  @Get(':usageId')
  @Requires('key:read', 'api_key_usage.viewed')
  @Answers(200, ApiKeyUsageDto, 'The request.')
  async getApiKeyUsage(
    @CurrentActor() actor: Actor,
    @Param('keyId', IdParam.of('apiKey')) keyId: string,
    @Param('usageId', IdParam.of('auditEvent')) usageId: string,
  ): Promise<ApiKeyUsageDto> {
    return apiKeyUsageDto(await this.usage.get(await this.ownerOf(actor, keyId), usageId));
  }

  /** A key that is narrowed to some vaults learns of others from the requests of its own alone. */
  private async ownerOf(
    actor: Actor,
    keyId: string,
  ): Promise<{ organizationId: string; credentialId: string; vaultIds?: ReadonlySet<string> }> {
    const { organizationId, id } = await this.keys.get(actor, keyId);
    const vaultIds = id === actor.credentialId ? undefined : knownVaults(actor);
    return { organizationId, credentialId: id, vaultIds };
  }
}
