import { Module } from '@nestjs/common';
import { AuditController } from './audit.controller.js';
import { AuditEventsRepository } from './audit-events.repository.js';
import { AuditService } from './audit.service.js';
import { CredentialUsageRepository } from './credential-usage.repository.js';
import { CredentialUsageService } from './credential-usage.service.js';
import { RequestCountsRepository } from './request-counts.repository.js';
import { RequestCountsService } from './request-counts.service.js';

@Module({
  controllers: [AuditController],
  providers: [
    AuditEventsRepository,
    AuditService,
    CredentialUsageRepository,
    CredentialUsageService,
    RequestCountsRepository,
    RequestCountsService,
  ],
  exports: [AuditService, CredentialUsageService, RequestCountsService],
})
export class AuditModule {}
