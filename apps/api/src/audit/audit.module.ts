import { Module } from '@nestjs/common';
import { AuditController } from './audit.controller.js';
import { AuditEventsRepository } from './audit-events.repository.js';
import { AuditService } from './audit.service.js';
import { CredentialUsageRepository } from './credential-usage.repository.js';
import { CredentialUsageService } from './credential-usage.service.js';

@Module({
  controllers: [AuditController],
  providers: [AuditEventsRepository, AuditService, CredentialUsageRepository, CredentialUsageService],
  exports: [CredentialUsageService],
})
export class AuditModule {}
