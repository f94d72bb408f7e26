import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires, StepUp } from '@credvault/access/rules.js';
import { settingsToken, type Settings } from '@credvault/config/settings.js';
import { publicId } from '@credvault/database/typed-id.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, Fails } from '@credvault/http/document/operation.js';
import { etagOf, IfMatch } from '@credvault/http/etag.js';
import { IdParam } from '@credvault/http/id-param.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { RolesService } from '../roles/roles.service.js';
import {
  challengeName,
  challengeValue,
  redirectUri,
  type ProviderConfiguration,
} from './provider-configuration.js';
import {
  SetSingleSignOnDto,
  SingleSignOnDto,
  UpdateSingleSignOnDto,
  VerifyDomainDto,
} from './provider-configuration.dto.js';
import { ProvenDomainsService } from './proven-domains.service.js';
import { ProviderConfigurationsService } from './provider-configurations.service.js';

@ApiTags('single-sign-on')
@Controller('organizations/:organizationId/single-sign-on')
export class ProviderConfigurationsController {
  constructor(
    private readonly configurations: ProviderConfigurationsService,
    private readonly domains: ProvenDomainsService,
    private readonly roles: RolesService,
    @Inject(settingsToken) private readonly settings: Settings,
  ) {}

  /**
   * Get single sign-on
   * @remarks How people of the organization sign in by its OpenID Connect provider, with the TXT record that proves its domain.
   */
  @Get()
  @Requires('settings:modify', 'single_sign_on.viewed')
  @Answers(200, SingleSignOnDto, 'How people sign in.')
  async getSingleSignOn(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
  ): Promise<Answer<SingleSignOnDto>> {
    return this.answer(await this.configurations.get(actor, organizationId));
  }

  /**
   * Set single sign-on
   * @remarks Sets all of it, in place of what there was. Another issuer, and switching it off, ends the sessions of those who came by
   * the provider. The domain counts once `POST …/verify-domain` has found its TXT record.
   */
  @Put()
  @Requires('settings:modify', 'single_sign_on.configured')
  @StepUp()
  @Answers(200, SingleSignOnDto, 'Single sign-on as it is now.')
  async setSingleSignOn(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
    @Body() body: SetSingleSignOnDto,
    @IfMatch() ifMatch?: string,
  ): Promise<Answer<SingleSignOnDto>> {
    return this.answer(await this.configurations.set(actor, organizationId, body, ifMatch));
  }

  /**
   * Change single sign-on
   * @remarks Changes what is sent; the rest stays as it is, the client secret too.
   */
  @Patch()
  @Requires('settings:modify', 'single_sign_on.configured')
  @StepUp()
  @Answers(200, SingleSignOnDto, 'Single sign-on as it is now.')
  async updateSingleSignOn(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
    @Body() body: UpdateSingleSignOnDto,
    @IfMatch() ifMatch?: string,
  ): Promise<Answer<SingleSignOnDto>> {
    return this.answer(await this.configurations.update(actor, organizationId, body, ifMatch));
  }

  /**
   * Delete single sign-on
   * @remarks Ends every session of those who came by the provider. Accounts and memberships stay; whoever has no password asks for
   * one with `POST /auth/password/forgot`.
   */
  @Delete()
  @HttpCode(204)
  @Requires('settings:modify', 'single_sign_on.deleted')
  @StepUp()
  @Answers(204, null, 'Single sign-on is gone.')
  async deleteSingleSignOn(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
    @IfMatch() ifMatch?: string,
  ): Promise<void> {
    await this.configurations.delete(actor, organizationId, ifMatch);
  }

  /**
   * Prove the domain
   * @remarks Looks for the TXT record of `domainChallenge`. Once it is found the domain counts for this organization, and for no
   * other one: an organization that proved it before loses it, unless its own record is still there. A domain that does not show the
   * record any more counts no longer.
   */
  @Post('verify-domain')
  @HttpCode(200)
  @Requires('settings:modify', 'single_sign_on.domain_verified')
  @StepUp()
  @Answers(200, SingleSignOnDto, 'Single sign-on with the proven domain.')
  @Fails('CONFLICT')
  async verifySingleSignOnDomain(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
    @Body() { domain }: VerifyDomainDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<SingleSignOnDto>> {
    const { answer, headers } = await this.domains.verify(actor, organizationId, domain, retry);
    return this.answer(answer, headers);
  }

  private answer(one: ProviderConfiguration, headers?: Record<string, string>): Answer<SingleSignOnDto> {
    const { issuer, clientId, domain, domainToken, domainVerifiedAt, enabled, createdAt, updatedAt } = one;
    const dto: SingleSignOnDto = {
      issuer,
      clientId,
      hasClientSecret: one.clientSecret !== null,
      redirectUri: redirectUri(this.settings.publicUrl, publicId('organization', one.organizationId)),
      domain,
      domainChallenge: { name: challengeName(domain), value: challengeValue(domainToken) },
      domainVerifiedAt,
      defaultRole: this.roles.nameOf(one),
      enabled,
      createdAt,
      updatedAt,
    };
    return Answer.of(dto, { etag: etagOf(one.id, one.revision), headers });
  }
}
