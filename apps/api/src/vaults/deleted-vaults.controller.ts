import { Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires, StepUp } from '@credvault/access/rules.js';
import type { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersPage } from '@credvault/http/document/operation.js';
import { IdParam } from '@credvault/http/id-param.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { Page } from '@credvault/http/pagination/page.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { deletedVaultDto, DeletedVaultDto } from './deleted-vault.dto.js';
import { DeletedVaultsService } from './deleted-vaults.service.js';
import { vaultAnswer } from './vault-answer.js';
import { VaultDto } from './vault.dto.js';

@ApiTags('vaults')
@Controller('deleted-vaults')
export class DeletedVaultsController {
  constructor(private readonly deleted: DeletedVaultsService) {}

  /**
   * List deleted vaults
   * @remarks The vaults that were deleted while the organization had a recovery window, and can be restored now: all of them
   * for those who reach every vault of the organization, otherwise those that you deleted yourself and would manage if they were
   * restored. `search` looks in the names; sortable by `deletedAt`, `restorableUntil`, `createdAt`, `updatedAt` and `name`.
   */
  @Get()
  @Requires('vault:write', 'deleted_vault.listed')
  @AnswersPage(DeletedVaultDto, 'A page of deleted vaults, the last one deleted first.')
  listDeletedVaults(@CurrentActor() actor: Actor, @Query() query: ListQuery): Promise<Page<DeletedVaultDto>> {
    return this.deleted.list(actor, query, deletedVaultDto);
  }

  /**
   * Restore a deleted vault
   * @remarks Brings the vault back under its id, with the secrets that were deleted with it, every version of them, and its
   * grants to members and teams that are still there and to keys that nobody changed since. It returns to its project and environment, unless they are gone or
   * the environment has another vault by now.
   */
  @Post(':vaultId/restore')
  @HttpCode(200)
  @Requires('vault:write', 'vault.restored')
  @Answers(200, VaultDto, 'The vault.')
  async restoreVault(
    @CurrentActor() actor: Actor,
    @Param('vaultId', IdParam.of('vault')) vaultId: string,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<VaultDto>> {
    const { answer, headers } = await this.deleted.restore(actor, vaultId, retry);
    return vaultAnswer(answer, actor, headers);
  }

  /**
   * Delete a deleted vault for good
   * @remarks Deletes the vault with all its secrets before its recovery window ends, and destroys the key they were encrypted
   * with. Nobody can restore it afterwards.
   */
  @Delete(':vaultId')
  @HttpCode(204)
  @Requires('vault:write', 'vault.purged')
  @StepUp()
  @Answers(204, null, 'The vault is gone for good.')
  async purgeVault(
    @CurrentActor() actor: Actor,
    @Param('vaultId', IdParam.of('vault')) vaultId: string,
  ): Promise<void> {
    await this.deleted.purge(actor, vaultId);
  }
}
