import { Injectable } from '@nestjs/common';
import { ScopeMissing } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import { toPage, type Page } from '@credvault/http/pagination/page.js';
import { parsePageRequest, type SortColumn } from '@credvault/http/pagination/page-request.js';
import { auditEventDto, type AuditEventDto, type AuditEventsQuery } from './audit-event.dto.js';
import { AuditEventsRepository } from './audit-events.repository.js';

const sortable: Record<string, SortColumn> = { createdAt: { sql: 'occurred_at', type: 'timestamptz' } };

/** Reads the audit trail. Writing it is the audit log's matter (`libs/audit-log`). */
@Injectable()
export class AuditService {
  constructor(
    private readonly events: AuditEventsRepository,
    private readonly cursors: CursorCodec,
  ) {}

  /** A page of the trail of the actor's organization, the newest first. */
  async list(actor: Actor, query: AuditEventsQuery): Promise<Page<AuditEventDto>> {
    if (!actor.scopes.has('logs:read')) throw new ScopeMissing('logs:read');
    const list = `audit-events:${actor.organizationId}`;
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: '-createdAt',
      defaultLimit: 50,
      cursors: this.cursors,
      list,
    });
    return toPage(page, await this.events.list(actor, query, page), auditEventDto);
  }
}
