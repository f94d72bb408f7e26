import { Module, type DynamicModule, type OnApplicationBootstrap } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { AccessGuard } from '@credvault/access/access.guard.js';
import { refuseBareRoutes } from '@credvault/access/bare-routes.js';
import { AdminModule } from './admin/admin.module.js';
import { ApiKeysModule } from './api-keys/api-keys.module.js';
import { ApiTokensModule } from './api-tokens/api-tokens.module.js';
import { AuditModule } from './audit/audit.module.js';
import { AuthModule } from './auth/auth.module.js';
import { CloudV2Module } from './cloud-v2/cloud-v2.module.js';
import { CoreModule } from './core.module.js';
import { GrantsModule } from './grants/grants.module.js';
import { LeakedTokensModule } from './leaked-tokens/leaked-tokens.module.js';
import { MeModule } from './me/me.module.js';
import { OrganizationsModule } from './organizations/organizations.module.js';
import { MembersModule } from './members/members.module.js';
import { PlansModule } from './plans/plans.module.js';
import { RolesModule } from './roles/roles.module.js';
import { ProjectsModule } from './projects/projects.module.js';
import type { Runtime } from './runtime/runtime.js';
import { SecretsModule } from './secrets/secrets.module.js';
import { ServiceModule } from './service/service.module.js';
import { SingleSignOnModule } from './single-sign-on/single-sign-on.module.js';
import { SubscriptionsModule } from './subscriptions/subscriptions.module.js';
import { TeamsModule } from './teams/teams.module.js';
import { UsersModule } from './users/users.module.js';
import { VaultsModule } from './vaults/vaults.module.js';

const domains = [
  AuditModule,
  UsersModule,
  PlansModule,
  OrganizationsModule,
  RolesModule,
  AuthModule,
  MembersModule,
  TeamsModule,
  ProjectsModule,
  VaultsModule,
  GrantsModule,
  SecretsModule,
  ApiTokensModule,
  ApiKeysModule,
  LeakedTokensModule,
  SingleSignOnModule,
  SubscriptionsModule,
  MeModule,
  AdminModule,
  CloudV2Module,
];

/** The composition root: the one file that names every domain. */
@Module({})
export class AppModule implements OnApplicationBootstrap {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  static forRuntime(runtime: Runtime): DynamicModule {
    return {
      module: AppModule,
      imports: [
        CoreModule.forRuntime(runtime),
        DiscoveryModule,
        ...domains,
        ServiceModule.withDocs(runtime.settings.docs),
      ],
      providers: [{ provide: APP_GUARD, useExisting: AccessGuard }],
    };
  }

  onApplicationBootstrap(): void {
    refuseBareRoutes(this.discovery, this.scanner);
  }
}
