import { Module } from '@nestjs/common';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { VaultsController } from './vaults.controller.js';
import { VaultsRepository } from './vaults.repository.js';
import { VaultsService } from './vaults.service.js';

@Module({
  imports: [OrganizationsModule],
  controllers: [VaultsController],
  providers: [VaultsRepository, VaultsService],
  exports: [VaultsService],
})
export class VaultsModule {}
