import { Module } from '@nestjs/common';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { PlansModule } from '../plans/plans.module.js';
import { AdminOrganizationsController } from './admin-organizations.controller.js';
import { AdminPlansController } from './admin-plans.controller.js';

/** What the administrators of the installation do, over the services of other domains. */
@Module({
  imports: [PlansModule, OrganizationsModule],
  controllers: [AdminPlansController, AdminOrganizationsController],
})
export class AdminModule {}
