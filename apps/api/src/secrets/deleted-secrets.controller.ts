import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires } from '@credvault/access/rules.js';
import type { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersPage, Fails } from '@credvault/http/document/operation.js';
import { IdParam } from '@credvault/http/id-param.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { Page } from '@credvault/http/pagination/page.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { VaultsService } from '../vaults/vaults.service.js';
import { deletedSecretDto, DeletedSecretDto, RestoreSecretDto } from './deleted-secret.dto.js';
import { DeletedSecretsService } from './deleted-secrets.service.js';
import { secretAnswer } from './secret-answer.js';
import { SecretDto } from './secret.dto.js';

@ApiTags('secrets')
@Controller('vaults/:vaultId/deleted-secrets')
export class DeletedSecretsController {
  constructor(
    private readonly vaults: VaultsService,
    private readonly deleted: DeletedSecretsService,
  ) {}

  /**
   * List deleted secrets
   * @remarks The secrets of the vault that were deleted while the organization had a recovery window, and can be restored now,
   * without their values. `search` looks in the names; sortable by `deletedAt`, `restorableUntil`, `createdAt`, `updatedAt`,
   * `key` and `type`.
   */
  @Get()
  @Requires('secret:write', 'deleted_secret.listed')
  @AnswersPage(DeletedSecretDto, 'A page of deleted secrets, the last one deleted first.')
  listDeletedSecrets(
    @CurrentActor() actor: Actor,
    @Param('vaultId', IdParam.of('vault')) vaultId: string,
    @Query() query: ListQuery,
  ): Promise<Page<DeletedSecretDto>> {
    return this.deleted.list(this.vaults.authorize(actor, 'secret:write', vaultId), query, deletedSecretDto);
  }

  /**
   * Restore a deleted secret
   * @remarks Brings the secret back under its id, with every version it had. When another secret has its name by now, the
   * answer is 409, and `key` restores it under another one. The answer does not hold the value.
   */
  @Post(':secretId/restore')
  @HttpCode(200)
  @Requires('secret:write', 'secret.restored')
  @Answers(200, SecretDto, 'The secret, without its value.')
  @Fails('CONFLICT')
  async restoreSecret(
    @CurrentActor() actor: Actor,
    @Param('vaultId', IdParam.of('vault')) vaultId: string,
    @Param('secretId', IdParam.of('secret')) secretId: string,
    @Body() { key }: RestoreSecretDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<SecretDto>> {
    const vault = this.vaults.authorize(actor, 'secret:write', vaultId);
    const { answer, headers } = await this.deleted.restore(vault, secretId, key, retry);
    return secretAnswer(answer, headers);
  }

  /**
   * Delete a deleted secret for good
   * @remarks Deletes the secret with all its versions before its recovery window ends. Nobody can restore it afterwards.
   */
  @Delete(':secretId')
  @HttpCode(204)
  @Requires('secret:write', 'secret.purged')
  @Answers(204, null, 'The secret is gone for good.')
  async purgeSecret(
    @CurrentActor() actor: Actor,
    @Param('vaultId', IdParam.of('vault')) vaultId: string,
    @Param('secretId', IdParam.of('secret')) secretId: string,
  ): Promise<void> {
    await this.deleted.purge(this.vaults.authorize(actor, 'secret:write', vaultId), secretId);
  }
}
