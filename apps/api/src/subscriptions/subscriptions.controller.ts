import { Body, Controller, Get, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires } from '@credvault/access/rules.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers } from '@credvault/http/document/operation.js';
import { etagOf, IfMatch } from '@credvault/http/etag.js';
import {
  subscriptionChange,
  subscriptionDto,
  SubscriptionDto,
  UpdateSubscriptionDto,
} from './subscription.dto.js';
import { SubscriptionsService, type SubscriptionView } from './subscriptions.service.js';

@ApiTags('subscription')
@Controller('subscription')
export class SubscriptionsController {
  constructor(private readonly subscriptions: SubscriptionsService) {}

  /**
   * Get the subscription
   * @remarks The plan of the organization that the credential acts in, its limits, and what it uses: the requests of this
   * calendar month in UTC, and how many vaults, secrets, members and keys there are now. A request counts when it came with
   * a session, a personal token or an API key of the organization, whether it was answered or refused. Every member sees
   * the subscription; who pays is shown only with `billing:manage`, and counts of what one may not list are null.
   */
  @Get()
  @Requires('organization:read', 'subscription.viewed')
  @Answers(200, SubscriptionDto, 'The subscription.')
  async getSubscription(@CurrentActor() actor: Actor): Promise<Answer<SubscriptionDto>> {
    return subscriptionAnswer(await this.subscriptions.get(actor));
  }

  /**
   * Change the subscription
   * @remarks Says who pays, whether they want mail, and which plan the organization would like to have. The plan itself is
   * changed by administrators of the installation alone, and nothing is paid here.
   */
  @Patch()
  @Requires('billing:manage', 'subscription.updated')
  @Answers(200, SubscriptionDto, 'The subscription as it is now.')
  async updateSubscription(
    @CurrentActor() actor: Actor,
    @Body() body: UpdateSubscriptionDto,
    @IfMatch() ifMatch?: string,
  ): Promise<Answer<SubscriptionDto>> {
    const change = subscriptionChange(body);
    return subscriptionAnswer(await this.subscriptions.update(actor, change, ifMatch));
  }
}

function subscriptionAnswer(subscription: SubscriptionView): Answer<SubscriptionDto> {
  const dto = subscriptionDto(subscription);
  return Answer.of(dto, { etag: etagOf(dto.id, subscription.revision) });
}
