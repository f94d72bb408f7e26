import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { RequiresPerson, StepUp } from '@credvault/access/rules.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersList } from '@credvault/http/document/operation.js';
import { IdParam } from '@credvault/http/id-param.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { ApiTokensService } from '../api-tokens/api-tokens.service.js';
import {
  apiKeyDto,
  CloudApiKeyDto,
  CloudMintedApiKeyDto,
  CloudUpdateApiKeyDto,
  mintedApiKeyDto,
} from './api-keys.dto.js';
import { CloudApiKeysService } from './api-keys.service.js';
import { wholeList } from './whole-list.js';

const path = 'api/v2/users/me/api-keys';

@ApiTags('users')
@Controller(path)
export class CloudApiKeysController {
  constructor(
    private readonly tokens: ApiTokensService,
    private readonly keys: CloudApiKeysService,
  ) {}

  /**
   * List one's API keys
   * @remarks One's own keys in the organization that the credential acts in, the newest first. The personal tokens of
   * `/api/v1/api-tokens` are the same things.
   */
  @Get()
  @RequiresPerson('api_token.listed')
  @AnswersList(CloudApiKeyDto, 'The keys, without their secrets.')
  listApiKeys(@CurrentActor() actor: Actor): Promise<CloudApiKeyDto[]> {
    return wholeList((query) => this.tokens.list(actor, query, apiKeyDto));
  }

  /**
   * Create an API key
   * @remarks Makes a key that acts as oneself in the present organization. Its secret is shown this once. A key that is made
   * with one that expires expires with it, and is stopped with it when that one is reported as leaked.
   */
  @Post()
  @RequiresPerson('api_token.created')
  @StepUp()
  @Answers(201, CloudMintedApiKeyDto, 'The key, with its secret.')
  async createApiKey(
    @CurrentActor() actor: Actor,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<CloudMintedApiKeyDto>> {
    const { answer, headers } = await this.keys.create(actor, retry);
    const made = mintedApiKeyDto(answer);
    return Answer.of(made, { location: `/${path}/${made.key.key}`, headers });
  }

  /**
   * Get an API key
   * @remarks One of one's own keys, without its secret.
   */
  @Get(':tokenId')
  @RequiresPerson('api_token.viewed')
  @Answers(200, CloudApiKeyDto, 'The key.')
  async getApiKey(
    @CurrentActor() actor: Actor,
    @Param('tokenId', IdParam.of('apiToken')) tokenId: string,
  ): Promise<CloudApiKeyDto> {
    return apiKeyDto(await this.tokens.get(actor, tokenId));
  }

  /**
   * Pause or resume an API key
   * @remarks With `active` false the key is refused at once, on every process, until it is resumed. To resume one takes a
   * session that has proved in the last five minutes who it stands for: 403 for a key.
   */
  @Patch(':tokenId')
  @RequiresPerson('api_token.updated')
  @Answers(200, CloudApiKeyDto, 'The key as it is now.')
  async updateApiKey(
    @CurrentActor() actor: Actor,
    @Param('tokenId', IdParam.of('apiToken')) tokenId: string,
    @Body() body: CloudUpdateApiKeyDto,
  ): Promise<CloudApiKeyDto> {
    return apiKeyDto(await this.keys.setActive(actor, tokenId, body.active));
  }

  /**
   * Delete an API key
   * @remarks Permanently deletes a key, the one in use included; it is refused at once, on every process.
   */
  @Delete(':tokenId')
  @HttpCode(204)
  @RequiresPerson('api_token.deleted')
  @Answers(204, null, 'The key is gone.')
  async deleteApiKey(
    @CurrentActor() actor: Actor,
    @Param('tokenId', IdParam.of('apiToken')) tokenId: string,
  ): Promise<void> {
    await this.tokens.delete(actor, tokenId);
  }
}
