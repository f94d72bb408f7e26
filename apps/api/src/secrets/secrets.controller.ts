import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires } from '@credvault/access/rules.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersPage, Fails } from '@credvault/http/document/operation.js';
import { IfMatch } from '@credvault/http/etag.js';
import { IdParam } from '@credvault/http/id-param.js';
import type { Page } from '@credvault/http/pagination/page.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { VaultsService } from '../vaults/vaults.service.js';
import { secretAnswer } from './secret-answer.js';
import { SecretListService } from './secret-list.service.js';
import {
  CreateSecretDto,
  newSecret,
  secretChange,
  secretDto,
  SecretDto,
  SecretListQuery,
  UpdateSecretDto,
} from './secret.dto.js';
import { SecretsService } from './secrets.service.js';

@ApiTags('secrets')
@Controller('vaults/:vaultId/secrets')
export class SecretsController {
  constructor(
    private readonly vaults: VaultsService,
    private readonly secrets: SecretsService,
    private readonly secretLists: SecretListService,
  ) {}

  /**
   * List secrets
   * @remarks All secrets of a vault. Whoever may read them (`secret:read`) gets their values, unless `reveal=false`, and one
   * audit record names all of them; others get names, types and versions. `search` looks in the names; sortable by `key`,
   * `type`, `createdAt` and `updatedAt`.
   */
  @Get()
  @Requires('secret:list', 'secret.listed')
  @AnswersPage(SecretDto, 'A page of secrets.')
  async listSecrets(
    @CurrentActor() actor: Actor,
    @Param('vaultId', IdParam.of('vault')) vaultId: string,
    @Query() query: SecretListQuery,
  ): Promise<Page<SecretDto>> {
    const page = await this.secretLists.list(this.vaults.authorize(actor, 'secret:list', vaultId), query);
    return page.map(secretDto);
  }

  /**
   * Create a secret
   * @remarks Stores a new secret. Its value and notes are encrypted with the key of the vault.
   */
  @Post()
  @Requires('secret:write', 'secret.created')
  @Answers(201, SecretDto, 'The secret.')
  @Fails('CONFLICT')
  async createSecret(
    @CurrentActor() actor: Actor,
    @Param('vaultId', IdParam.of('vault')) vaultId: string,
    @Body() body: CreateSecretDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<SecretDto>> {
    const vault = this.vaults.authorize(actor, 'secret:write', vaultId);
    const { answer, headers } = await this.secrets.create(vault, newSecret(body), retry);
    return secretAnswer(answer, headers);
  }

  /**
   * Get a secret
   * @remarks Reveals a secret with its value and notes. They leave the service only after the audit record of this read is
   * durable.
   */
  @Get(':secretId')
  @Requires('secret:read', 'secret.revealed')
  @Answers(200, SecretDto, 'The secret with its value.')
  async getSecret(
    @CurrentActor() actor: Actor,
    @Param('vaultId', IdParam.of('vault')) vaultId: string,
    @Param('secretId', IdParam.of('secret')) secretId: string,
  ): Promise<Answer<SecretDto>> {
    return secretAnswer(
      await this.secrets.reveal(this.vaults.authorize(actor, 'secret:read', vaultId), secretId),
    );
  }

  /**
   * Change a secret
   * @remarks Changes the fields that are sent. A new value or new notes make a new version. The answer holds value and notes
   * as far as they were sent or the actor may read them.
   */
  @Patch(':secretId')
  @Requires('secret:write', 'secret.updated')
  @Answers(200, SecretDto, 'The secret as it is now.')
  @Fails('CONFLICT')
  async updateSecret(
    @CurrentActor() actor: Actor,
    @Param('vaultId', IdParam.of('vault')) vaultId: string,
    @Param('secretId', IdParam.of('secret')) secretId: string,
    @Body() body: UpdateSecretDto,
    @IfMatch() ifMatch?: string,
  ): Promise<Answer<SecretDto>> {
    const vault = this.vaults.authorize(actor, 'secret:write', vaultId);
    return secretAnswer(await this.secrets.update(vault, secretId, secretChange(body), ifMatch));
  }

  /**
   * Delete a secret
   * @remarks Permanently deletes a secret with all its versions. Where the organization has a recovery window, that happens
   * when the window ends, and until then the secret can be restored.
   */
  @Delete(':secretId')
  @HttpCode(204)
  @Requires('secret:write', 'secret.deleted')
  @Answers(204, null, 'The secret is gone.')
  async deleteSecret(
    @CurrentActor() actor: Actor,
    @Param('vaultId', IdParam.of('vault')) vaultId: string,
    @Param('secretId', IdParam.of('secret')) secretId: string,
    @IfMatch() ifMatch?: string,
  ): Promise<void> {
    await this.secrets.delete(this.vaults.authorize(actor, 'secret:write', vaultId), secretId, ifMatch);
  }
}
