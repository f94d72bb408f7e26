import { Injectable } from '@nestjs/common';
import { ScopeMissing } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import { inputError } from '@credvault/http/input-errors.js';
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
    return toPage(page, await this.events.list(actor, query, page), (row) => auditEventDto(actor, row));
  }

  /**
   * The records of the actor's organization after one of them, the newest first.
   *
   * @param last public id of the record after which to go on; undefined: from the newest one
   * @throws ScopeMissing; BAD_REQUEST when there is no such record
   */
  async listAfter(
    actor: Actor,
    query: AuditEventsQuery & { limit: number },
    last: string | undefined,
  ): Promise<AuditEventDto[]> {
    if (!actor.scopes.has('logs:read')) throw new ScopeMissing('logs:read');
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: '-createdAt',
      defaultLimit: query.limit,
      cursors: this.cursors,
      list: 'audit-events',
    });
    if (last !== undefined) page.after = await this.placeOf(actor, last);
    const { rows } = await this.events.list(actor, query, page);
    return rows.slice(0, query.limit).map((row) => auditEventDto(actor, row));
  }

  /** Where a record stands in the trail: what the list is sorted by. */
  private async placeOf({ organizationId }: Actor, publicRecordId: string): Promise<string[]> {
    const id = uuidOf('auditEvent', publicRecordId);
    const occurredAt = id && (await this.events.findTime(organizationId, id));
    if (!id || !occurredAt) {
      throw inputError([{ path: 'last', code: 'unknown', message: 'last must be the id of an entry' }]);
    }
    return [occurredAt.toISOString(), id];
  }
}
