import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { MembersModule } from '../members/members.module.js';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { VaultsModule } from '../vaults/vaults.module.js';
import { ApiKeyBounds } from './api-key-bounds.js';
import { ApiKeyChecksController } from './api-key-checks.controller.js';
import { ApiKeyChecksService } from './api-key-checks.service.js';
import { ApiKeyCredentials } from './api-key-credentials.js';
import { ApiKeyLifecycleService } from './api-key-lifecycle.service.js';
import { ApiKeyOwners } from './api-key-owners.js';
import { ApiKeyUsageController } from './api-key-usage.controller.js';
import { ApiKeysController } from './api-keys.controller.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import { ApiKeysService } from './api-keys.service.js';
import { OrganizationApiKeys } from './organization-api-keys.js';
import { OwnedApiKeysService } from './owned-api-keys.service.js';
import { RotationReminder } from './rotation-reminder.js';
import { ScopesController } from './scopes.controller.js';

@Module({
  imports: [AuditModule, AuthModule, OrganizationsModule, MembersModule, VaultsModule],
  controllers: [ScopesController, ApiKeysController, ApiKeyChecksController, ApiKeyUsageController],
  providers: [
    ApiKeysRepository,
    ApiKeyBounds,
    ApiKeyOwners,
    ApiKeysService,
    ApiKeyLifecycleService,
    ApiKeyChecksService,
    ApiKeyCredentials,
    OrganizationApiKeys,
    OwnedApiKeysService,
    RotationReminder,
  ],
  exports: [ApiKeyLifecycleService],
})
export class ApiKeysModule {}
