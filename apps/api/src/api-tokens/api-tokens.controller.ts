import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { RequiresSession, StepUp } from '@credvault/access/rules.js';
import { publicId } from '@credvault/database/typed-id.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersPage } from '@credvault/http/document/operation.js';
import { etagOf, IfMatch } from '@credvault/http/etag.js';
import { IdParam } from '@credvault/http/id-param.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { Page } from '@credvault/http/pagination/page.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import type { ApiToken } from './api-token.entity.js';
import {
  apiTokenDto,
  ApiTokenDto,
  CreateApiTokenDto,
  mintedApiTokenDto,
  MintedApiTokenDto,
} from './api-token.dto.js';
import { ApiTokensService } from './api-tokens.service.js';

@ApiTags('api-tokens')
@Controller('api-tokens')
export class ApiTokensController {
  constructor(private readonly tokens: ApiTokensService) {}

  /**
   * List personal tokens
   * @remarks The tokens of the signed-in person in the present organization. `search` looks in the names; sortable by
   * `createdAt`, `updatedAt` and `name`.
   */
  @Get()
  @RequiresSession('api_token.listed')
  @AnswersPage(ApiTokenDto, 'A page of tokens.')
  listApiTokens(@CurrentActor() actor: Actor, @Query() query: ListQuery): Promise<Page<ApiTokenDto>> {
    return this.tokens.list(actor, query, apiTokenDto);
  }

  /**
   * Create a personal token
   * @remarks Makes a token that acts as the signed-in person in the present organization. The token is shown this once.
   */
  @Post()
  @RequiresSession('api_token.created')
  @StepUp()
  @Answers(201, MintedApiTokenDto, 'The token, shown this once.')
  async createApiToken(
    @CurrentActor() actor: Actor,
    @Body() body: CreateApiTokenDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<MintedApiTokenDto>> {
    const { answer, headers } = await this.tokens.create(actor, body, retry);
    const { id, revision } = answer.apiToken;
    return Answer.of(mintedApiTokenDto(answer), {
      etag: etagOf(publicId('apiToken', id), revision),
      headers,
    });
  }

  /**
   * Get a personal token
   * @remarks One of one's own tokens, without the token itself.
   */
  @Get(':tokenId')
  @RequiresSession('api_token.viewed')
  @Answers(200, ApiTokenDto, 'The token.')
  async getApiToken(
    @CurrentActor() actor: Actor,
    @Param('tokenId', IdParam.of('apiToken')) tokenId: string,
  ): Promise<Answer<ApiTokenDto>> {
    return tokenAnswer(await this.tokens.get(actor, tokenId));
  }

  /**
   * Delete a personal token
   * @remarks Permanently deletes a token; it is refused at once, on every process.
   */
  @Delete(':tokenId')
  @HttpCode(204)
  @RequiresSession('api_token.deleted')
  @Answers(204, null, 'The token is gone.')
  async deleteApiToken(
    @CurrentActor() actor: Actor,
    @Param('tokenId', IdParam.of('apiToken')) tokenId: string,
    @IfMatch() ifMatch?: string,
  ): Promise<void> {
    await this.tokens.delete(actor, tokenId, ifMatch);
  }

  /**
   * Pause a personal token
   * @remarks Stops a token until it is resumed; it is refused at once, on every process.
   */
  @Post(':tokenId/pause')
  @HttpCode(200)
  @RequiresSession('api_token.paused')
  @Answers(200, ApiTokenDto, 'The token, paused.')
  async pauseApiToken(
    @CurrentActor() actor: Actor,
    @Param('tokenId', IdParam.of('apiToken')) tokenId: string,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<ApiTokenDto>> {
    const { answer, headers } = await this.tokens.pause(actor, tokenId, retry);
    return tokenAnswer(answer, headers);
  }

  /**
   * Resume a personal token
   * @remarks Lets a paused token work again.
   */
  @Post(':tokenId/resume')
  @HttpCode(200)
  @RequiresSession('api_token.resumed')
  @StepUp()
  @Answers(200, ApiTokenDto, 'The token, working again.')
  async resumeApiToken(
    @CurrentActor() actor: Actor,
    @Param('tokenId', IdParam.of('apiToken')) tokenId: string,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<ApiTokenDto>> {
    const { answer, headers } = await this.tokens.resume(actor, tokenId, retry);
    return tokenAnswer(answer, headers);
  }
}

function tokenAnswer(token: ApiToken, headers?: Record<string, string>): Answer<ApiTokenDto> {
  const dto = apiTokenDto(token);
  return Answer.of(dto, { etag: etagOf(dto.id, token.revision), headers });
}
