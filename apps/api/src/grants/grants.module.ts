import { Module } from '@nestjs/common';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { TeamsModule } from '../teams/teams.module.js';
import { VaultsModule } from '../vaults/vaults.module.js';
import { GrantedObjects } from './granted-object.js';
import { GrantRecords } from './grant-records.js';
import { Grantees } from './grantees.js';
import { GrantsController } from './grants.controller.js';
import { GrantsRepository } from './grants.repository.js';
import { GrantsService } from './grants.service.js';
import { KeyGranteesPort } from './key-grantees.js';
import { MemberGrantsService } from './member-grants.service.js';
import { ProjectGrantsController } from './project-grants.controller.js';
import { VaultGrants } from './vault-grants.js';

@Module({
  imports: [OrganizationsModule, ProjectsModule, TeamsModule, VaultsModule],
  controllers: [GrantsController, ProjectGrantsController],
  providers: [
    GrantedObjects,
    Grantees,
    GrantRecords,
    GrantsRepository,
    GrantsService,
    KeyGranteesPort,
    MemberGrantsService,
    VaultGrants,
  ],
  exports: [GrantsService, KeyGranteesPort, MemberGrantsService],
})
export class GrantsModule {}
