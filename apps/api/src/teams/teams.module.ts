import { Module } from '@nestjs/common';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { TeamMembersController } from './team-members.controller.js';
import { TeamMembersRepository } from './team-members.repository.js';
import { TeamMembersService } from './team-members.service.js';
import { TeamsController } from './teams.controller.js';
import { TeamsRepository } from './teams.repository.js';
import { TeamsService } from './teams.service.js';

@Module({
  imports: [OrganizationsModule],
  controllers: [TeamsController, TeamMembersController],
  providers: [TeamsRepository, TeamsService, TeamMembersRepository, TeamMembersService],
  exports: [TeamsService],
})
export class TeamsModule {}
