import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { RolesModule } from '../roles/roles.module.js';
import { UsersModule } from '../users/users.module.js';
import { CallbackController } from './callback.controller.js';
import { DomainProof } from './domain-proof.js';
import { ExternalIdentitiesController } from './external-identities.controller.js';
import { ExternalIdentitiesRepository } from './external-identities.repository.js';
import { ExternalIdentitiesService } from './external-identities.service.js';
import { NewcomersService } from './newcomers.service.js';
import { OpenIdProviders } from './openid-providers.js';
import { ProviderConfigurationsController } from './provider-configurations.controller.js';
import { ProviderConfigurationsRepository } from './provider-configurations.repository.js';
import { ProviderConfigurationsService } from './provider-configurations.service.js';
import { ProvenDomainsService } from './proven-domains.service.js';
import { ProviderSignInService } from './provider-sign-in.service.js';
import { SignInAttemptsRepository } from './sign-in-attempts.repository.js';
import { SignInAttemptsService } from './sign-in-attempts.service.js';
import { SingleSignOnController } from './single-sign-on.controller.js';
import { SingleSignOnLimits } from './single-sign-on-limits.js';

@Module({
  imports: [AuthModule, OrganizationsModule, RolesModule, UsersModule],
  controllers: [
    CallbackController,
    ExternalIdentitiesController,
    ProviderConfigurationsController,
    SingleSignOnController,
  ],
  providers: [
    DomainProof,
    ExternalIdentitiesRepository,
    ExternalIdentitiesService,
    NewcomersService,
    OpenIdProviders,
    ProviderConfigurationsRepository,
    ProvenDomainsService,
    ProviderConfigurationsService,
    ProviderSignInService,
    SignInAttemptsRepository,
    SignInAttemptsService,
    SingleSignOnLimits,
  ],
})
export class SingleSignOnModule {}
