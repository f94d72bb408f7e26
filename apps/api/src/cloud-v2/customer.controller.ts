import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires } from '@credvault/access/rules.js';
import { Answers } from '@credvault/http/document/operation.js';
import { IdParam } from '@credvault/http/id-param.js';
import { assertActsIn } from '../organizations/acts-in.js';
import { SubscriptionsService } from '../subscriptions/subscriptions.service.js';
import { CloudCustomerDto, CloudPutCustomerDto, customerDto, customerOf } from './customer.dto.js';
import { CustomerNotFound, TaxIdMissing } from './customer.errors.js';

@ApiTags('organizations')
@Controller('api/v2/organizations/:organizationId/customer')
export class CloudCustomerController {
  constructor(private readonly subscriptions: SubscriptionsService) {}

  /**
   * Get who pays
   * @remarks What stands on bills of the organization that the credential acts in; 404 before anybody has said it.
   */
  @Get()
  @Requires('billing:manage', 'customer.viewed')
  @Answers(200, CloudCustomerDto, 'Who pays.')
  async getCustomer(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
  ): Promise<CloudCustomerDto> {
    assertActsIn(actor, organizationId);
    const customer = await this.subscriptions.findCustomer(actor);
    if (!customer) throw new CustomerNotFound();
    return customerDto(customer);
  }

  /**
   * Say who pays
   * @remarks Replaces all that was said before.
   */
  @Put()
  @Requires('billing:manage', 'customer.updated')
  @Answers(200, CloudCustomerDto, 'Who pays.')
  async putCustomer(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
    @Body() body: CloudPutCustomerDto,
  ): Promise<CloudCustomerDto> {
    assertActsIn(actor, organizationId);
    if (body.tax_id === undefined && body.tax_id_type !== undefined) throw new TaxIdMissing();
    return customerDto(await this.subscriptions.replaceCustomer(actor, customerOf(body)));
  }
}
