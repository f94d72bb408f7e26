import { Module } from '@nestjs/common';
import { TeamsModule } from '../teams/teams.module.js';
import { VaultsModule } from '../vaults/vaults.module.js';
import { GrantsController } from './grants.controller.js';
import { GrantsRepository } from './grants.repository.js';
import { GrantsService } from './grants.service.js';

@Module({
  imports: [TeamsModule, VaultsModule],
  controllers: [GrantsController],
  providers: [GrantsRepository, GrantsService],
})
export class GrantsModule {}
