import { Module } from '@nestjs/common';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { DeletedVaultPurge } from './deleted-vault-purge.js';
import { DeletedVaultsController } from './deleted-vaults.controller.js';
import { DeletedVaultsRepository } from './deleted-vaults.repository.js';
import { DeletedVaultsService } from './deleted-vaults.service.js';
import { OrganizationVaults } from './organization-vaults.js';
import { RecoveryWindow } from './recovery-window.js';
import { VaultCreated } from './vault-created.js';
import { VaultDeletion } from './vault-deletion.js';
import { VaultParts } from './vault-parts.js';
import { VaultPlaces } from './vault-places.js';
import { VaultsController } from './vaults.controller.js';
import { VaultsRepository } from './vaults.repository.js';
import { VaultsService } from './vaults.service.js';

@Module({
  imports: [OrganizationsModule, ProjectsModule],
  controllers: [VaultsController, DeletedVaultsController],
  providers: [
    DeletedVaultPurge,
    DeletedVaultsRepository,
    DeletedVaultsService,
    OrganizationVaults,
    RecoveryWindow,
    VaultCreated,
    VaultDeletion,
    VaultParts,
    VaultPlaces,
    VaultsRepository,
    VaultsService,
  ],
  exports: [DeletedVaultPurge, RecoveryWindow, VaultCreated, VaultParts, VaultsService],
})
export class VaultsModule {}
