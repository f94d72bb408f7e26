import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires } from '@credvault/access/rules.js';
import type { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersPage, Fails } from '@credvault/http/document/operation.js';
import { IfMatch } from '@credvault/http/etag.js';
import { IdParam } from '@credvault/http/id-param.js';
import type { Page } from '@credvault/http/pagination/page.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { VaultsService } from '../vaults/vaults.service.js';
import { grantAnswer } from './grant-answer.js';
import { CreateGrantDto, grantDto, GrantDto, GrantsQuery, UpdateGrantDto } from './grant.dto.js';
import { GrantsService } from './grants.service.js';

@ApiTags('grants')
@Controller('vaults/:vaultId/grants')
export class GrantsController {
  constructor(
    private readonly grants: GrantsService,
    private readonly vaults: VaultsService,
  ) {}

  /**
   * List the grants of a vault
   * @remarks To whom the vault is granted, beside those whose role reaches every vault and those to whom its project is
   * granted. `search` looks in the names of members, teams and API keys; sortable by `createdAt`, `updatedAt`, `level` and `name`.
   */
  @Get()
  @Requires('vault:read', 'grant.listed')
  @AnswersPage(GrantDto, 'A page of grants.')
  listGrants(
    @CurrentActor() actor: Actor,
    @Param('vaultId', IdParam.of('vault')) vaultId: string,
    @Query() query: GrantsQuery,
  ): Promise<Page<GrantDto>> {
    return this.grants.list(this.vaults.authorize(actor, 'vault:read', vaultId), query, grantDto);
  }

  /**
   * Grant a vault
   * @remarks Grants the vault to a member or a team of the organization, for which you must manage it. You cannot grant what
   * you may not do yourself, nor with a key or a token that ends or is bound to addresses: a grant is neither. Of several
   * grants that reach somebody, the one that goes furthest counts. 409 when the vault is granted to them already.
   *
   * An API key can be granted it as well, beside what it is bound to by `vaultIds` or `projectIds`. That widens the key, so it
   * also takes `key:manage` and everything the key can do then; 409 while somebody else may know its secret than who should.
   */
  @Post()
  @Requires('vault:write', 'grant.created')
  @Answers(201, GrantDto, 'The grant.')
  @Fails('CONFLICT')
  async createGrant(
    @CurrentActor() actor: Actor,
    @Param('vaultId', IdParam.of('vault')) vaultId: string,
    @Body() body: CreateGrantDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<GrantDto>> {
    const vault = this.vaults.authorize(actor, 'vault:write', vaultId);
    const { answer, headers } = await this.grants.create(vault, body, retry);
    return grantAnswer(answer, headers);
  }

  /**
   * Get a grant
   * @remarks One grant of the vault, by its id.
   */
  @Get(':grantId')
  @Requires('vault:read', 'grant.viewed')
  @Answers(200, GrantDto, 'The grant.')
  async getGrant(
    @CurrentActor() actor: Actor,
    @Param('vaultId', IdParam.of('vault')) vaultId: string,
    @Param('grantId', IdParam.of('grant')) grantId: string,
  ): Promise<Answer<GrantDto>> {
    return grantAnswer(await this.grants.get(this.vaults.authorize(actor, 'vault:read', vaultId), grantId));
  }

  /**
   * Change a grant
   * @remarks Changes how far the vault is granted, at once. You must manage the vault; lowering a grant is free, and raising
   * it is granting. 409 for raising that of an API key whose secret somebody else may know than who should: rotate the key first.
   */
  @Patch(':grantId')
  @Requires('vault:write', 'grant.updated')
  @Answers(200, GrantDto, 'The grant as it is now.')
  @Fails('CONFLICT')
  async updateGrant(
    @CurrentActor() actor: Actor,
    @Param('vaultId', IdParam.of('vault')) vaultId: string,
    @Param('grantId', IdParam.of('grant')) grantId: string,
    @Body() { level }: UpdateGrantDto,
    @IfMatch() ifMatch?: string,
  ): Promise<Answer<GrantDto>> {
    const vault = this.vaults.authorize(actor, 'vault:write', vaultId);
    return grantAnswer(await this.grants.update(vault, grantId, level, ifMatch));
  }

  /**
   * Take a grant back
   * @remarks The member, or everybody in the team, reaches the vault at once only as far as it is granted to them otherwise.
   */
  @Delete(':grantId')
  @HttpCode(204)
  @Requires('vault:write', 'grant.deleted')
  @Answers(204, null, 'The grant is gone.')
  async deleteGrant(
    @CurrentActor() actor: Actor,
    @Param('vaultId', IdParam.of('vault')) vaultId: string,
    @Param('grantId', IdParam.of('grant')) grantId: string,
    @IfMatch() ifMatch?: string,
  ): Promise<void> {
    await this.grants.delete(this.vaults.authorize(actor, 'vault:write', vaultId), grantId, ifMatch);
  }
}
