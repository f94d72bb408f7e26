import { Module } from '@nestjs/common';
import { PlansModule } from '../plans/plans.module.js';
import { OrganizationLimitsService } from './organization-limits.service.js';
import { OrganizationSettingsController } from './organization-settings.controller.js';
import { OrganizationSettingsService } from './organization-settings.service.js';
import { OrganizationsRepository } from './organizations.repository.js';
import { OrganizationsService } from './organizations.service.js';

@Module({
  imports: [PlansModule],
  controllers: [OrganizationSettingsController],
  providers: [
    OrganizationsRepository,
    OrganizationsService,
    OrganizationSettingsService,
    OrganizationLimitsService,
  ],
  exports: [OrganizationsService, OrganizationLimitsService],
})
export class OrganizationsModule {}
