import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires, RequiresApiKey, StepUp } from '@credvault/access/rules.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersPage, Fails } from '@credvault/http/document/operation.js';
import { etagOf, IfMatch } from '@credvault/http/etag.js';
import { IdParam } from '@credvault/http/id-param.js';
import type { Page } from '@credvault/http/pagination/page.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { ApiKeyLifecycleService } from './api-key-lifecycle.service.js';
import { apiKeyDto, ApiKeyDto, MintedApiKeyDto } from './api-key.dto.js';
import { CreateApiKeyDto, RotateApiKeyDto, UpdateApiKeyDto } from './api-key-requests.dto.js';
import { ApiKeysQuery } from './api-keys-query.dto.js';
import type { ApiKeyView } from './api-key-view.js';
import { ApiKeysService, type MintedKey } from './api-keys.service.js';

@ApiTags('api-keys')
@Controller('api-keys')
export class ApiKeysController {
  constructor(
    private readonly keys: ApiKeysService,
    private readonly lifecycle: ApiKeyLifecycleService,
  ) {}

  /**
   * List API keys
   * @remarks The keys of the organization. `search` looks in the names; sortable by `createdAt`, `updatedAt`,
   * `lastUsedAt`, `rotationDueAt` and `name`.
   */
  @Get()
  @Requires('key:read', 'api_key.listed')
  @AnswersPage(ApiKeyDto, 'A page of keys.')
  listApiKeys(@CurrentActor() actor: Actor, @Query() query: ApiKeysQuery): Promise<Page<ApiKeyDto>> {
    return this.keys.list(actor, query, (key) => apiKeyDto(key, actor));
  }

  /**
   * Create an API key
   * @remarks Makes a key that you own. It can do at most what you can, also when your role changes later. Its secret is
   * shown this once, in `key`.
   */
  @Post()
  @Requires('key:manage', 'api_key.created')
  @StepUp()
  @Answers(201, MintedApiKeyDto, 'The key with its secret, shown this once.')
  async createApiKey(
    @CurrentActor() actor: Actor,
    @Body() body: CreateApiKeyDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<MintedApiKeyDto>> {
    const { answer, headers } = await this.keys.create(actor, body, retry);
    return mintedAnswer(actor, answer, headers);
  }

  /**
   * Get the API key in use
   * @remarks Who am I: the key that this request is made with. Needs no scope.
   */
  @Get('self')
  @RequiresApiKey('api_key.introspected')
  @Answers(200, ApiKeyDto, 'The key in use.')
  async getOwnApiKey(@CurrentActor() actor: Actor): Promise<Answer<ApiKeyDto>> {
    return keyAnswer(actor, await this.keys.get(actor, actor.credentialId));
  }

  /**
   * Get an API key
   * @remarks A key without its secret.
   */
  @Get(':keyId')
  @Requires('key:read', 'api_key.viewed')
  @Answers(200, ApiKeyDto, 'The key.')
  async getApiKey(
    @CurrentActor() actor: Actor,
    @Param('keyId', IdParam.of('apiKey')) keyId: string,
  ): Promise<Answer<ApiKeyDto>> {
    return keyAnswer(actor, await this.keys.get(actor, keyId));
  }

  /**
   * Change an API key
   * @remarks Changes the fields that are sent; the others stay as they are. Narrowing a key is free; to widen or extend it,
   * all that it can do afterwards must lie within what you can do. 409 when somebody else than its owner has rotated it
   * and the change would give more to whoever knows that secret: the owner rotates it first.
   */
  @Patch(':keyId')
  @Requires('key:manage', 'api_key.updated')
  @Answers(200, ApiKeyDto, 'The key as it is now.')
  @Fails('CONFLICT')
  async updateApiKey(
    @CurrentActor() actor: Actor,
    @Param('keyId', IdParam.of('apiKey')) keyId: string,
    @Body() body: UpdateApiKeyDto,
    @IfMatch() ifMatch?: string,
  ): Promise<Answer<ApiKeyDto>> {
    return keyAnswer(actor, await this.keys.update(actor, keyId, body, ifMatch));
  }

  /**
   * Delete an API key
   * @remarks Permanently deletes a key; it is refused at once, on every process. What it was used for stays readable in the
   * audit trail (`GET /audit-events?credential=`).
   */
  @Delete(':keyId')
  @HttpCode(204)
  @Requires('key:manage', 'api_key.deleted')
  @Answers(204, null, 'The key is gone.')
  async deleteApiKey(
    @CurrentActor() actor: Actor,
    @Param('keyId', IdParam.of('apiKey')) keyId: string,
    @IfMatch() ifMatch?: string,
  ): Promise<void> {
    await this.keys.delete(actor, keyId, ifMatch);
  }

  /**
   * Pause an API key
   * @remarks Stops a key until it is resumed; it is refused at once, on every process. Its usage history is kept.
   */
  @Post(':keyId/pause')
  @HttpCode(200)
  @Requires('key:manage', 'api_key.paused')
  @Answers(200, ApiKeyDto, 'The key, paused.')
  async pauseApiKey(
    @CurrentActor() actor: Actor,
    @Param('keyId', IdParam.of('apiKey')) keyId: string,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<ApiKeyDto>> {
    const { answer, headers } = await this.lifecycle.pause(actor, keyId, retry);
    return keyAnswer(actor, answer, headers);
  }

  /**
   * Resume an API key
   * @remarks Lets a paused key work again. What it can do must lie within what you can do.
   */
  @Post(':keyId/resume')
  @HttpCode(200)
  @Requires('key:manage', 'api_key.resumed')
  @StepUp()
  @Answers(200, ApiKeyDto, 'The key, working again.')
  async resumeApiKey(
    @CurrentActor() actor: Actor,
    @Param('keyId', IdParam.of('apiKey')) keyId: string,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<ApiKeyDto>> {
    const { answer, headers } = await this.lifecycle.resume(actor, keyId, retry);
    return keyAnswer(actor, answer, headers);
  }

  /**
   * Rotate an API key
   * @remarks Gives the key a new secret, shown this once in `key`, under the same id. The old secret stops at once, or
   * after the overlap. Of several rotations at once one wins, the others get 409. An expired key is revived with
   * `expiresIn` or `expiresAt`. What the key can do must lie within what you can do.
   */
  @Post(':keyId/rotate')
  @HttpCode(200)
  @Requires('key:manage', 'api_key.rotated')
  @StepUp()
  @Answers(200, MintedApiKeyDto, 'The key with its new secret, shown this once.')
  @Fails('CONFLICT')
  async rotateApiKey(
    @CurrentActor() actor: Actor,
    @Param('keyId', IdParam.of('apiKey')) keyId: string,
    @Body() body: RotateApiKeyDto,
    @IfMatch() ifMatch?: string,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<MintedApiKeyDto>> {
    const { answer, headers } = await this.lifecycle.rotate(actor, keyId, body, { ifMatch, retry });
    return mintedAnswer(actor, answer, headers);
  }
}

function keyAnswer(actor: Actor, key: ApiKeyView, headers?: Record<string, string>): Answer<ApiKeyDto> {
  const dto = apiKeyDto(key, actor);
  return Answer.of(dto, { etag: etagOf(dto.id, key.revision), headers });
}

function mintedAnswer(
  actor: Actor,
  { apiKey, key }: MintedKey,
  headers: Record<string, string>,
): Answer<MintedApiKeyDto> {
  const dto = { ...apiKeyDto(apiKey, actor), key };
  return Answer.of(dto, { etag: etagOf(dto.id, apiKey.revision), headers });
}
