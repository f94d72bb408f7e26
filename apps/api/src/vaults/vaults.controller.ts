import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires, StepUp } from '@credvault/access/rules.js';
import type { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersPage, Fails } from '@credvault/http/document/operation.js';
import { IfMatch } from '@credvault/http/etag.js';
import { IdParam } from '@credvault/http/id-param.js';
import type { Page } from '@credvault/http/pagination/page.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { vaultAnswer } from './vault-answer.js';
import { CreateVaultDto, UpdateVaultDto, vaultDto, VaultDto, VaultsQuery } from './vault.dto.js';
import { VaultsService } from './vaults.service.js';

@ApiTags('vaults')
@Controller('vaults')
export class VaultsController {
  constructor(private readonly vaults: VaultsService) {}

  /**
   * List vaults
   * @remarks All vaults the actor has access to, those of projects included. `search` looks in the names; sortable by
   * `createdAt`, `updatedAt` and `name`.
   */
  @Get()
  @Requires('vault:read', 'vault.listed')
  @AnswersPage(VaultDto, 'A page of vaults.')
  listVaults(@CurrentActor() actor: Actor, @Query() query: VaultsQuery): Promise<Page<VaultDto>> {
    return this.vaults.list(actor, query, (vault) => vaultDto(vault, actor));
  }

  /**
   * Create a vault
   * @remarks Makes an empty vault with a data key of its own. Names need not be unique. In a project, which takes
   * `project:write` and managing it, the vault is everybody's to whom the project is granted. 409 when the environment has a
   * vault.
   */
  @Post()
  @Requires('vault:write', 'vault.created')
  @Answers(201, VaultDto, 'The vault.')
  @Fails('CONFLICT')
  async createVault(
    @CurrentActor() actor: Actor,
    @Body() body: CreateVaultDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<VaultDto>> {
    const { answer, headers } = await this.vaults.create(actor, body, retry);
    return vaultAnswer(answer, actor, headers);
  }

  /**
   * Get a vault
   * @remarks One vault by its id.
   */
  @Get(':vaultId')
  @Requires('vault:read', 'vault.viewed')
  @Answers(200, VaultDto, 'The vault.')
  async getVault(
    @CurrentActor() actor: Actor,
    @Param('vaultId', IdParam.of('vault')) vaultId: string,
  ): Promise<Answer<VaultDto>> {
    return vaultAnswer(await this.vaults.get(this.vaults.authorize(actor, 'vault:read', vaultId)), actor);
  }

  /**
   * Change a vault
   * @remarks Changes the fields that are sent; the others stay as they are. Moving the vault into a project, or to another
   * environment, hands it to everybody who has that: it takes `project:write`, managing both, and all that a grant of either can
   * give. 409 when the environment has a vault.
   */
  @Patch(':vaultId')
  @Requires('vault:write', 'vault.updated')
  @Answers(200, VaultDto, 'The vault as it is now.')
  @Fails('CONFLICT')
  async updateVault(
    @CurrentActor() actor: Actor,
    @Param('vaultId', IdParam.of('vault')) vaultId: string,
    @Body() body: UpdateVaultDto,
    @IfMatch() ifMatch?: string,
  ): Promise<Answer<VaultDto>> {
    const vault = this.vaults.authorize(actor, 'vault:write', vaultId);
    return vaultAnswer(await this.vaults.update(vault, body, ifMatch), actor);
  }

  /**
   * Delete a vault
   * @remarks Permanently deletes a vault and all its secrets, and destroys the key they were encrypted with. Where the
   * organization has a recovery window, that happens when the window ends, and until then the vault can be restored.
   */
  @Delete(':vaultId')
  @HttpCode(204)
  @Requires('vault:write', 'vault.deleted')
  @StepUp()
  @Answers(204, null, 'The vault is gone.')
  async deleteVault(
    @CurrentActor() actor: Actor,
    @Param('vaultId', IdParam.of('vault')) vaultId: string,
    @IfMatch() ifMatch?: string,
  ): Promise<void> {
    await this.vaults.delete(this.vaults.authorize(actor, 'vault:write', vaultId), ifMatch);
  }
}
