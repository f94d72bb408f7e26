import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires } from '@credvault/access/rules.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersPage, Fails } from '@credvault/http/document/operation.js';
import { etagOf, IfMatch } from '@credvault/http/etag.js';
import { IdParam } from '@credvault/http/id-param.js';
import type { Page } from '@credvault/http/pagination/page.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { RolesService } from '../roles/roles.service.js';
import { RemoveMemberQuery } from './member.dto.js';
import {
  CreateServiceAccountDto,
  serviceAccountDto,
  ServiceAccountDto,
  ServiceAccountsQuery,
  UpdateServiceAccountDto,
} from './service-account.dto.js';
import type { ServiceAccountView } from './service-accounts.repository.js';
import { ServiceAccountsService } from './service-accounts.service.js';

@ApiTags('service-accounts')
@Controller('service-accounts')
export class ServiceAccountsController {
  constructor(
    private readonly accounts: ServiceAccountsService,
    private readonly roles: RolesService,
  ) {}

  /**
   * List service accounts
   * @remarks The service accounts of the organization. `search` looks in the names; sortable by `createdAt`, `updatedAt`
   * and `name`.
   */
  @Get()
  @Requires('organization:read', 'service_account.listed')
  @AnswersPage(ServiceAccountDto, 'A page of service accounts.')
  listServiceAccounts(
    @CurrentActor() actor: Actor,
    @Query() query: ServiceAccountsQuery,
  ): Promise<Page<ServiceAccountDto>> {
    return this.accounts.list(actor, query, (account) => this.dtoOf(account));
  }

  /**
   * Create a service account
   * @remarks Makes a member that is a program: it has a role and grants as everybody, owns API keys (`POST /api-keys` with
   * `ownerId`) and cannot sign in. Its role must lie within what you may do.
   */
  @Post()
  @Requires('team:manage', 'service_account.created')
  @Answers(201, ServiceAccountDto, 'The service account.')
  async createServiceAccount(
    @CurrentActor() actor: Actor,
    @Body() body: CreateServiceAccountDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<ServiceAccountDto>> {
    const { answer, headers } = await this.accounts.create(actor, body, retry);
    return this.answerOf(answer, headers);
  }

  /**
   * Get a service account
   * @remarks One service account by its id. `GET /api-keys?owner=` lists its keys.
   */
  @Get(':serviceAccountId')
  @Requires('organization:read', 'service_account.viewed')
  @Answers(200, ServiceAccountDto, 'The service account.')
  async getServiceAccount(
    @CurrentActor() actor: Actor,
    @Param('serviceAccountId', IdParam.of('serviceAccount')) serviceAccountId: string,
  ): Promise<Answer<ServiceAccountDto>> {
    return this.answerOf(await this.accounts.get(actor, serviceAccountId));
  }

  /**
   * Change a service account
   * @remarks Changes the fields that are sent; the others stay as they are. A new role holds for all its keys at once, and
   * must lie within what you may do, as the old one must. With a role that no longer reaches every vault it keeps the vaults
   * of its teams only.
   */
  @Patch(':serviceAccountId')
  @Requires('team:manage', 'service_account.updated')
  @Answers(200, ServiceAccountDto, 'The service account as it is now.')
  async updateServiceAccount(
    @CurrentActor() actor: Actor,
    @Param('serviceAccountId', IdParam.of('serviceAccount')) serviceAccountId: string,
    @Body() body: UpdateServiceAccountDto,
    @IfMatch() ifMatch?: string,
  ): Promise<Answer<ServiceAccountDto>> {
    return this.answerOf(await this.accounts.update(actor, serviceAccountId, body, ifMatch));
  }

  /**
   * Delete a service account
   * @remarks Deletes it for good, with its grants and its places in teams, which takes all that its role can do. 409 names the API keys it owns until `keys` says
   * what becomes of them: `revoke` deletes them, `transfer` hands them to the service account `to`. A key that is handed on
   * keeps its secret, addresses and expiry and never does more than it did: its scopes are cut to the old role, and its
   * vaults to those that the old owner reached. Transferring takes `key:manage` too, and everything that the keys can do
   * afterwards.
   */
  @Delete(':serviceAccountId')
  @HttpCode(204)
  @Requires('team:manage', 'service_account.deleted')
  @Answers(204, null, 'The service account is gone.')
  @Fails('CONFLICT')
  async deleteServiceAccount(
    @CurrentActor() actor: Actor,
    @Param('serviceAccountId', IdParam.of('serviceAccount')) serviceAccountId: string,
    @Query() query: RemoveMemberQuery,
    @IfMatch() ifMatch?: string,
  ): Promise<void> {
    await this.accounts.delete(actor, serviceAccountId, query, ifMatch);
  }

  private dtoOf(account: ServiceAccountView): ServiceAccountDto {
    return serviceAccountDto(account, this.roles.nameOf(account));
  }

  private answerOf(account: ServiceAccountView, headers?: Record<string, string>): Answer<ServiceAccountDto> {
    const dto = this.dtoOf(account);
    return Answer.of(dto, { etag: etagOf(dto.id, account.revision), headers });
  }
}
