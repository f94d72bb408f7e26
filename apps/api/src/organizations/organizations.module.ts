import { Module } from '@nestjs/common';
import { PlansModule } from '../plans/plans.module.js';
import { OrganizationDeletionRepository } from './organization-deletion.repository.js';
import { OrganizationDeletionService } from './organization-deletion.service.js';
import { OrganizationLimitsService } from './organization-limits.service.js';
import { OrganizationSettingsController } from './organization-settings.controller.js';
import { OrganizationSettingsService } from './organization-settings.service.js';
import { OrganizationUsage } from './organization-usage.js';
import { OrganizationsController } from './organizations.controller.js';
import { OrganizationsRepository } from './organizations.repository.js';
import { OrganizationsService } from './organizations.service.js';
import { OwnOrganizationsRepository } from './own-organizations.repository.js';
import { OwnOrganizationsService } from './own-organizations.service.js';

@Module({
  imports: [PlansModule],
  controllers: [OrganizationsController, OrganizationSettingsController],
  providers: [
    OrganizationsRepository,
    OrganizationsService,
    OrganizationSettingsService,
    OrganizationLimitsService,
    OrganizationDeletionRepository,
    OrganizationDeletionService,
    OrganizationUsage,
    OwnOrganizationsRepository,
    OwnOrganizationsService,
  ],
  exports: [
    OrganizationsService,
    OrganizationDeletionService,
    OrganizationLimitsService,
    OrganizationUsage,
    OwnOrganizationsService,
  ],
})
export class OrganizationsModule {}
