import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import type { AuditOutcome } from '@credvault/audit-log/audit-record.js';
import { Database } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import { parseMemberId } from '@credvault/access/member-id.js';
import { parseAnyId } from '@credvault/database/typed-id.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import type { AuditEventsQuery } from './audit-event.dto.js';

/** A record as the database has it. */
export interface AuditEventRow {
  id: string;
  organizationId: string;
  createdAt: Date;
  type: string;
  outcome: AuditOutcome;
  reason: string | null;
  actorType: string;
  actorId: string | null;
  credentialType: string | null;
  credentialId: string | null;
  resourceType: string | null;
  resourceId: string | null;
  resourceIds: string[] | null;
  vaultId: string | null;
  details: Record<string, unknown> | null;
  method: string | null;
  route: string | null;
  status: number | null;
  ip: string | null;
  userAgent: string | null;
  requestId: string | null;
  count: number;
}

/** Columns of a record, by the names of `AuditEventRow`. */
export const auditEventColumns = `id, organization_id AS "organizationId", occurred_at AS "createdAt", type, outcome, reason,
  actor_type AS "actorType", actor_id AS "actorId", credential_type AS "credentialType",
  credential_id AS "credentialId", resource_type AS "resourceType", resource_id AS "resourceId",
  resource_ids AS "resourceIds", vault_id AS "vaultId", details, method, route, status, host(ip) AS ip,
  user_agent AS "userAgent", request_id AS "requestId", count`;

/** An id that no row has: what a filter by a malformed id looks for. */
const nobody = '00000000-0000-0000-0000-000000000000';

/** Reads the audit trail of one organization. */
@Injectable()
export class AuditEventsRepository {
  constructor(private readonly database: Database) {}

  /**
   * When a record was written; undefined when there is none. Its id (UUIDv7, RFC 9562 §5.7) was made in the same moment, so
   * that only the days around it are searched.
   */
  async findTime(organizationId: string, id: string): Promise<Date | undefined> {
    const made = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
    const [row] = await this.database.rows<{ at: Date }>(
      `SELECT occurred_at AS at FROM audit_events WHERE organization_id = $1 AND id = $2
         AND occurred_at BETWEEN to_timestamp($3 / 1000.0) - interval '1 minute' AND to_timestamp($3 / 1000.0) + interval '1 minute'`,
      [organizationId, id, made],
    );
    return row?.at;
  }

  /** A page of the records that somebody may see: with a key of some vaults, those of these vaults. */
  list(
    { organizationId, vaultIds }: Pick<Actor, 'organizationId' | 'vaultIds'>,
    query: AuditEventsQuery,
    page: PageRequest,
  ): Promise<{ rows: AuditEventRow[]; total: number }> {
    const conditions = new Conditions()
      .add('organization_id = ?', organizationId)
      .add('vault_id = ANY(?::uuid[])', vaultIds && [...vaultIds])
      .add('actor_id = ?', query.actor && (parseMemberId(query.actor)?.uuid ?? nobody))
      .add('credential_id = ?', query.credential && (parseAnyId(query.credential)?.uuid ?? nobody))
      .add('type = ?', query.type)
      .add('outcome = ?', query.outcome)
      .add('occurred_at >= ?::timestamptz', query.from)
      .add('occurred_at < ?::timestamptz', query.to)
      .addCommon(query, { created: 'occurred_at', search: 'type' });
    addResource(conditions, query.resource);
    return listRows<AuditEventRow>(this.database, {
      columns: auditEventColumns,
      from: 'audit_events',
      conditions,
      page,
    });
  }
}

function addResource(conditions: Conditions, id: string | undefined): void {
  if (id === undefined) return;
  const { kind, uuid } = parseAnyId(id) ?? { kind: undefined, uuid: nobody };
  if (kind === 'vault') conditions.add('vault_id = ?', uuid);
  else conditions.add('(resource_id = ? OR resource_ids @> ARRAY[?]::uuid[])', uuid);
}
