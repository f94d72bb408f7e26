import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { MembersModule } from '../members/members.module.js';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { GrantsModule } from '../grants/grants.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { VaultsModule } from '../vaults/vaults.module.js';
import { ApiKeyBounds } from './api-key-bounds.js';
import { ApiKeyChecksController } from './api-key-checks.controller.js';
import { ApiKeyChecksService } from './api-key-checks.service.js';
import { ApiKeyCredentials } from './api-key-credentials.js';
import { ApiKeyLifecycleService } from './api-key-lifecycle.service.js';
import { ApiKeyOwners } from './api-key-owners.js';
import { ApiKeyReachRepository } from './api-key-reach.repository.js';
import { ApiKeyUsageController } from './api-key-usage.controller.js';
import { ApiKeyWidening } from './api-key-widening.js';
import { ApiKeysController } from './api-keys.controller.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import { ApiKeysService } from './api-keys.service.js';
import { GrantedApiKeysService } from './granted-api-keys.service.js';
import { OrganizationApiKeys } from './organization-api-keys.js';
import { OwnedApiKeysService } from './owned-api-keys.service.js';
import { RotationReminder } from './rotation-reminder.js';
import { ScopesController } from './scopes.controller.js';

@Module({
  imports: [
    AuditModule,
    AuthModule,
    OrganizationsModule,
    MembersModule,
    ProjectsModule,
    VaultsModule,
    GrantsModule,
  ],
  controllers: [ScopesController, ApiKeysController, ApiKeyChecksController, ApiKeyUsageController],
  providers: [
    ApiKeysRepository,
    ApiKeyReachRepository,
    ApiKeyBounds,
    ApiKeyOwners,
    ApiKeyWidening,
    ApiKeysService,
    ApiKeyLifecycleService,
    ApiKeyChecksService,
    ApiKeyCredentials,
    GrantedApiKeysService,
    OrganizationApiKeys,
    OwnedApiKeysService,
    RotationReminder,
  ],
  exports: [ApiKeysService, ApiKeyLifecycleService],
})
export class ApiKeysModule {}
