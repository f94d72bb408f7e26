import { Module } from '@nestjs/common';
import { ApiTokensModule } from '../api-tokens/api-tokens.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { GrantsModule } from '../grants/grants.module.js';
import { MembersModule } from '../members/members.module.js';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { RolesModule } from '../roles/roles.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { UsersModule } from '../users/users.module.js';
import { CloudApiKeysController } from './api-keys.controller.js';
import { CloudApiKeysService } from './api-keys.service.js';
import { CloudAuditLogsController } from './audit-logs.controller.js';
import { CloudOrganizationsRepository } from './cloud-organizations.repository.js';
import { CloudRoles } from './cloud-roles.js';
import { CloudConfigurationsController } from './configurations.controller.js';
import { ConfigurationsRepository } from './configurations.repository.js';
import { ConfigurationsService } from './configurations.service.js';
import { CloudCurrentUserController } from './current-user.controller.js';
import { CloudCurrentUserService } from './current-user.service.js';
import { CloudCustomerController } from './customer.controller.js';
import { CloudInvitationAcceptanceController, CloudInvitationsController } from './invitations.controller.js';
import { CloudMetaController } from './meta.controller.js';
import { CloudOrganizationUsersController } from './organization-users.controller.js';
import { CloudOrganizationUsersService } from './organization-users.service.js';
import { CloudOrganizationsController } from './organizations.controller.js';
import { CloudOrganizationsService } from './organizations.service.js';
import { CloudPeopleService } from './people.service.js';
import { CloudProjectUsersController } from './project-users.controller.js';
import { CloudProjectUsersService } from './project-users.service.js';
import { CloudProjectsController } from './projects.controller.js';
import { CloudRolesController } from './roles.controller.js';
import { CloudSubscriptionsController } from './subscriptions.controller.js';
import { CloudUsersController } from './users.controller.js';

/** The cloud-style API, `/api/v2`: thin adapters over the services of the other domains. */
@Module({
  imports: [
    ApiTokensModule,
    AuditModule,
    AuthModule,
    GrantsModule,
    MembersModule,
    OrganizationsModule,
    ProjectsModule,
    RolesModule,
    SubscriptionsModule,
    UsersModule,
  ],
  controllers: [
    CloudApiKeysController,
    CloudInvitationAcceptanceController,
    CloudCurrentUserController,
    CloudUsersController,
    CloudRolesController,
    CloudOrganizationsController,
    CloudOrganizationUsersController,
    CloudInvitationsController,
    CloudAuditLogsController,
    CloudCustomerController,
    CloudProjectsController,
    CloudProjectUsersController,
    CloudSubscriptionsController,
    CloudConfigurationsController,
    CloudMetaController,
  ],
  providers: [
    CloudApiKeysService,
    CloudCurrentUserService,
    CloudOrganizationsRepository,
    CloudOrganizationsService,
    CloudOrganizationUsersService,
    CloudPeopleService,
    CloudProjectUsersService,
    CloudRoles,
    ConfigurationsRepository,
    ConfigurationsService,
  ],
})
export class CloudV2Module {}
