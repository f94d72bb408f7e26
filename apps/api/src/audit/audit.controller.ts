import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires } from '@credvault/access/rules.js';
import { AnswersPage } from '@credvault/http/document/operation.js';
import type { Page } from '@credvault/http/pagination/page.js';
import { AuditEventDto, AuditEventsQuery } from './audit-event.dto.js';
import { AuditService } from './audit.service.js';

@ApiTags('audit')
@Controller('audit-events')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  /**
   * List audit events
   * @remarks The audit trail of the organization: every reveal, every change, every sign-in and every refused request of a
   * known actor. `search` looks in the types; sortable by `createdAt`.
   */
  @Get()
  @Requires('logs:read', 'audit_event.listed')
  @AnswersPage(AuditEventDto, 'A page of the trail, the newest first.')
  listAuditEvents(
    @CurrentActor() actor: Actor,
    @Query() query: AuditEventsQuery,
  ): Promise<Page<AuditEventDto>> {
    return this.audit.list(actor, query);
  }
}
