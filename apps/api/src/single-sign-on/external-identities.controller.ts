import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { OwnSignIn, RequiresSession, StepUp } from '@credvault/access/rules.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersPage, Fails } from '@credvault/http/document/operation.js';
import { IdParam } from '@credvault/http/id-param.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { Page } from '@credvault/http/pagination/page.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { externalIdentityDto, ExternalIdentityDto } from './external-identity.dto.js';
import { ExternalIdentitiesService } from './external-identities.service.js';
import { CompleteSingleSignOnDto } from './single-sign-on.dto.js';

@ApiTags('single-sign-on')
@Controller('me/external-identities')
export class ExternalIdentitiesController {
  constructor(private readonly identities: ExternalIdentitiesService) {}

  /**
   * List external identities
   * @remarks Those by which you sign in to the organization that the session acts in. `search` looks in issuers and e-mail addresses;
   * sortable by `createdAt`.
   */
  @Get()
  @RequiresSession('external_identity.listed')
  @AnswersPage(ExternalIdentityDto, 'A page of identities.')
  listExternalIdentities(
    @CurrentActor() actor: Actor,
    @Query() query: ListQuery,
  ): Promise<Page<ExternalIdentityDto>> {
    return this.identities.list(actor, query, externalIdentityDto);
  }

  /**
   * Link an external identity
   * @remarks Finishes what `POST /auth/single-sign-on/link` began, with the same session. From then on you can sign in by the
   * provider, to this organization. 409: the browser has not come back yet, or the identity is linked to an account already.
   */
  @Post()
  @RequiresSession('external_identity.linked')
  @StepUp()
  @OwnSignIn()
  @Answers(201, ExternalIdentityDto, 'The identity.')
  @Fails('CONFLICT')
  async createExternalIdentity(
    @CurrentActor() actor: Actor,
    @Body() body: CompleteSingleSignOnDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<ExternalIdentityDto>> {
    const { answer, headers } = await this.identities.link(actor, body, retry);
    const dto = externalIdentityDto(answer);
    return Answer.of(dto, { location: `/api/v1/me/external-identities/${dto.id}`, headers });
  }

  /**
   * Get an external identity
   * @remarks One of those by which you sign in to the organization that the session acts in.
   */
  @Get(':identityId')
  @RequiresSession('external_identity.viewed')
  @Answers(200, ExternalIdentityDto, 'The identity.')
  async getExternalIdentity(
    @CurrentActor() actor: Actor,
    @Param('identityId', IdParam.of('externalIdentity')) identityId: string,
  ): Promise<ExternalIdentityDto> {
    return externalIdentityDto(await this.identities.get(actor, identityId));
  }

  /**
   * Unlink an external identity
   * @remarks Ends the sessions that it opened. It cannot be used to sign in any more, until it is linked again.
   */
  @Delete(':identityId')
  @HttpCode(204)
  @RequiresSession('external_identity.unlinked')
  @StepUp()
  @OwnSignIn()
  @Answers(204, null, 'The identity is unlinked.')
  async deleteExternalIdentity(
    @CurrentActor() actor: Actor,
    @Param('identityId', IdParam.of('externalIdentity')) identityId: string,
  ): Promise<void> {
    await this.identities.unlink(actor, identityId);
  }
}
