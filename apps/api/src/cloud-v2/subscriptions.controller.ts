import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires } from '@credvault/access/rules.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersList, Fails } from '@credvault/http/document/operation.js';
import { IdParam, ResourceNotFound } from '@credvault/http/id-param.js';
import { assertActsIn } from '../organizations/acts-in.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { SubscriptionsService } from '../subscriptions/subscriptions.service.js';
import { defaultPlanType, planOfType } from './plan-types.js';
import {
  CloudCreateSubscriptionDto,
  CloudQuotaDto,
  CloudSubscriptionDto,
  CloudSubscriptionsQuery,
  quotaDtos,
  subscriptionDto,
} from './subscriptions.dto.js';

/** What a contract means among the plans. */
const contractPlan = planOfType[6];

@ApiTags('subscriptions')
@Controller('api/v2')
export class CloudSubscriptionsController {
  constructor(private readonly subscriptions: SubscriptionsService) {}

  /**
   * List subscriptions
   * @remarks The one subscription of the organization that the credential acts in.
   */
  @Get('subscriptions')
  @Requires('organization:read', 'subscription.viewed')
  @AnswersList(CloudSubscriptionDto, 'The subscription.')
  @Fails('NOT_FOUND')
  async listSubscriptions(
    @CurrentActor() actor: Actor,
    @Query() query: CloudSubscriptionsQuery,
  ): Promise<CloudSubscriptionDto[]> {
    const { organization_id: named } = query;
    if (named !== undefined) assertActsIn(actor, uuidOf('organization', named));
    return [subscriptionDto(await this.subscriptions.find(actor))];
  }

  /**
   * List the subscriptions of an organization
   * @remarks As `GET /api/v2/subscriptions`.
   */
  @Get('organizations/:organizationId/subscriptions')
  @Requires('organization:read', 'subscription.viewed')
  @AnswersList(CloudSubscriptionDto, 'The subscription.')
  async listOrganizationSubscriptions(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
  ): Promise<CloudSubscriptionDto[]> {
    assertActsIn(actor, organizationId);
    return [subscriptionDto(await this.subscriptions.find(actor))];
  }

  /**
   * List the quotas of an organization
   * @remarks The limits that hold for the organization that the credential acts in.
   */
  @Get('organizations/:organizationId/quotas')
  @Requires('organization:read', 'subscription.viewed')
  @AnswersList(CloudQuotaDto, 'The limits.')
  async listQuotas(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
  ): Promise<CloudQuotaDto[]> {
    assertActsIn(actor, organizationId);
    return quotaDtos(await this.subscriptions.find(actor));
  }

  /**
   * Ask for a contract
   * @remarks Notes that the organization would like to have a contract. Its subscription stays what it is until an administrator
   * of this installation gives it the plan.
   */
  @Post('subscriptions')
  @Requires('billing:manage', 'subscription.updated')
  @Answers(201, CloudSubscriptionDto, 'The subscription as it is now.')
  @Fails('NOT_FOUND')
  async createSubscription(
    @CurrentActor() actor: Actor,
    @Body() body: CloudCreateSubscriptionDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<CloudSubscriptionDto>> {
    assertActsIn(actor, uuidOf('organization', body.organization_id));
    const { answer, headers } = await this.subscriptions.requestPlan(actor, contractPlan, retry);
    return Answer.of(subscriptionDto(answer), { headers });
  }

  /**
   * Get a subscription
   * @remarks That of the organization that the credential acts in.
   */
  @Get('subscriptions/:subscriptionId')
  @Requires('organization:read', 'subscription.viewed')
  @Answers(200, CloudSubscriptionDto, 'The subscription.')
  async getSubscription(
    @CurrentActor() actor: Actor,
    @Param('subscriptionId', IdParam.of('subscription')) subscriptionId: string,
  ): Promise<CloudSubscriptionDto> {
    if (subscriptionId !== actor.organizationId) throw new ResourceNotFound('subscription');
    return subscriptionDto(await this.subscriptions.find(actor));
  }

  /**
   * Ask for the end of a subscription
   * @remarks Notes that the organization would like to go back to the free plan. Its subscription stays what it is until an
   * administrator of this installation changes the plan.
   */
  @Delete('subscriptions/:subscriptionId')
  @HttpCode(204)
  @Requires('billing:manage', 'subscription.updated')
  @Answers(204, null, 'It is noted.')
  async deleteSubscription(
    @CurrentActor() actor: Actor,
    @Param('subscriptionId', IdParam.of('subscription')) subscriptionId: string,
  ): Promise<void> {
    if (subscriptionId !== actor.organizationId) throw new ResourceNotFound('subscription');
    await this.subscriptions.requestPlan(actor, planOfType[defaultPlanType]);
  }
}
