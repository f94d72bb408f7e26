import { Module } from '@nestjs/common';
import { ApiKeysModule } from '../api-keys/api-keys.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { VaultsModule } from '../vaults/vaults.module.js';
import { SubscriptionUsageService } from './subscription-usage.service.js';
import { SubscriptionsController } from './subscriptions.controller.js';
import { SubscriptionsRepository } from './subscriptions.repository.js';
import { SubscriptionsService } from './subscriptions.service.js';

@Module({
  imports: [AuditModule, OrganizationsModule, VaultsModule, ApiKeysModule],
  controllers: [SubscriptionsController],
  providers: [SubscriptionsRepository, SubscriptionsService, SubscriptionUsageService],
  exports: [SubscriptionsService],
})
export class SubscriptionsModule {}
