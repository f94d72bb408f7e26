import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires } from '@credvault/access/rules.js';
import type { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersPage } from '@credvault/http/document/operation.js';
import { IdParam } from '@credvault/http/id-param.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { Page } from '@credvault/http/pagination/page.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { VaultsService } from '../vaults/vaults.service.js';
import { secretAnswer } from './secret-answer.js';
import { SecretDto } from './secret.dto.js';
import { RollbackDto, secretVersionDto, SecretVersionDto } from './secret-version.dto.js';
import { SecretVersionsService } from './secret-versions.service.js';
import { versionNumber } from './version-number.js';

@ApiTags('secrets')
@Controller('vaults/:vaultId/secrets/:secretId')
export class SecretVersionsController {
  constructor(
    private readonly vaults: VaultsService,
    private readonly versions: SecretVersionsService,
  ) {}

  /**
   * List the versions of a secret
   * @remarks Every value a secret has had and the vault still keeps, without the values. Sortable by `version` and `createdAt`.
   */
  @Get('versions')
  @Requires('secret:list', 'secret_version.listed')
  @AnswersPage(SecretVersionDto, 'A page of versions, the newest first.')
  async listSecretVersions(
    @CurrentActor() actor: Actor,
    @Param('vaultId', IdParam.of('vault')) vaultId: string,
    @Param('secretId', IdParam.of('secret')) secretId: string,
    @Query() query: ListQuery,
  ): Promise<Page<SecretVersionDto>> {
    const vault = this.vaults.authorize(actor, 'secret:list', vaultId);
    return (await this.versions.list(vault, secretId, query)).map(secretVersionDto);
  }

  /**
   * Get a version of a secret
   * @remarks Reveals the value and notes of one version, after the audit record of this read is durable.
   */
  @Get('versions/:version')
  @Requires('secret:read', 'secret.revealed')
  @Answers(200, SecretDto, 'The secret with the value of that version.')
  async getSecretVersion(
    @CurrentActor() actor: Actor,
    @Param('vaultId', IdParam.of('vault')) vaultId: string,
    @Param('secretId', IdParam.of('secret')) secretId: string,
    @Param('version') version: string,
  ): Promise<Answer<SecretDto>> {
    const vault = this.vaults.authorize(actor, 'secret:read', vaultId);
    return secretAnswer(await this.versions.reveal(vault, secretId, versionNumber(version)));
  }

  /**
   * Roll a secret back
   * @remarks Makes the value and notes of an earlier version the newest version; nothing is lost. The answer holds them if
   * the actor may read.
   */
  @Post('rollback')
  @HttpCode(200)
  @Requires('secret:write', 'secret.rolled_back')
  @Answers(200, SecretDto, 'The secret as it is now.')
  async rollbackSecret(
    @CurrentActor() actor: Actor,
    @Param('vaultId', IdParam.of('vault')) vaultId: string,
    @Param('secretId', IdParam.of('secret')) secretId: string,
    @Body() body: RollbackDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<SecretDto>> {
    const vault = this.vaults.authorize(actor, 'secret:write', vaultId);
    const { answer, headers } = await this.versions.rollback(vault, secretId, body.version, retry);
    return secretAnswer(answer, headers);
  }
}
