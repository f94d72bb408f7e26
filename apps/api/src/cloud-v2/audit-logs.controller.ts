import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires } from '@credvault/access/rules.js';
import { AnswersList } from '@credvault/http/document/operation.js';
import { IdParam } from '@credvault/http/id-param.js';
import { AuditService } from '../audit/audit.service.js';
import { assertActsIn } from '../organizations/acts-in.js';
import { auditLogDto, CloudAuditLogDto, CloudAuditLogsQuery } from './audit-logs.dto.js';

@ApiTags('organizations')
@Controller('api/v2/organizations/:organizationId/auditlogs')
export class CloudAuditLogsController {
  constructor(private readonly audit: AuditService) {}

  /**
   * List the audit log
   * @remarks What happened in the organization that the credential acts in, the newest first, at most 100 entries at a time.
   * Go on with `last`, the id of the last entry; at the end the answer is empty.
   */
  @Get()
  @Requires('logs:read', 'audit_event.listed')
  @AnswersList(CloudAuditLogDto, 'The newest entries, or those after `last`.')
  async listAuditLogs(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
    @Query() { action, from, to, last }: CloudAuditLogsQuery,
  ): Promise<CloudAuditLogDto[]> {
    assertActsIn(actor, organizationId);
    const events = await this.audit.listAfter(actor, { type: action, from, to, limit: 100 }, last);
    return events.map(auditLogDto);
  }
}
