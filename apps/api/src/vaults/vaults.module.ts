import { Module } from '@nestjs/common';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { OrganizationVaults } from './organization-vaults.js';
import { VaultCreated } from './vault-created.js';
import { VaultsController } from './vaults.controller.js';
import { VaultsRepository } from './vaults.repository.js';
import { VaultsService } from './vaults.service.js';

@Module({
  imports: [OrganizationsModule],
  controllers: [VaultsController],
  providers: [OrganizationVaults, VaultCreated, VaultsRepository, VaultsService],
  exports: [VaultCreated, VaultsService],
})
export class VaultsModule {}
