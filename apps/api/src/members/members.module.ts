import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { RolesModule } from '../roles/roles.module.js';
import { UsersModule } from '../users/users.module.js';
import { DeparturesService } from './departures.service.js';
import { InvitationAcceptanceController } from './invitation-acceptance.controller.js';
import { InvitationAcceptanceService } from './invitation-acceptance.service.js';
import { InvitationLimits } from './invitation-limits.js';
import { InvitationsController } from './invitations.controller.js';
import { InvitationsRepository } from './invitations.repository.js';
import { InvitationsService } from './invitations.service.js';
import { KeySettlement } from './key-settlement.js';
import { MemberChanges } from './member-changes.js';
import { MemberKeysPort } from './member-keys.js';
import { MembersController } from './members.controller.js';
import { MembersRepository } from './members.repository.js';
import { MembersService } from './members.service.js';
import { OrganizationInvitations } from './organization-invitations.js';
import { Ownership } from './ownership.js';
import { ServiceAccountsController } from './service-accounts.controller.js';
import { ServiceAccountsRepository } from './service-accounts.repository.js';
import { ServiceAccountsService } from './service-accounts.service.js';

@Module({
  imports: [AuthModule, OrganizationsModule, RolesModule, UsersModule],
  controllers: [
    InvitationAcceptanceController,
    InvitationsController,
    MembersController,
    ServiceAccountsController,
  ],
  providers: [
    DeparturesService,
    InvitationAcceptanceService,
    InvitationLimits,
    InvitationsRepository,
    InvitationsService,
    KeySettlement,
    MemberChanges,
    MemberKeysPort,
    MembersRepository,
    MembersService,
    OrganizationInvitations,
    Ownership,
    ServiceAccountsRepository,
    ServiceAccountsService,
  ],
  exports: [
    DeparturesService,
    InvitationAcceptanceService,
    InvitationsService,
    MemberKeysPort,
    MembersService,
  ],
})
export class MembersModule {}
