import { Injectable } from '@nestjs/common';
import type { AuditOutcome } from '@credvault/audit-log/audit-record.js';
import { Database } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { clientAddress } from '@credvault/rate-limit/address-block.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import { auditEventColumns, type AuditEventRow } from './audit-events.repository.js';

/** A credential of an organization, by UUIDs. */
export interface CredentialOwner {
  organizationId: string;
  credentialId: string;
  /** Of the requests about vaults, only those about these are told; undefined: all. */
  vaultIds?: ReadonlySet<string>;
}

/** Which requests to look at. */
export interface UsageFilter extends ListQuery {
  outcome?: AuditOutcome;
  method?: string;
  statusCode?: number;
  sourceIp?: string;
  from?: Date;
  to?: Date;
}

/** Requests of one stretch of time, by how they ended. */
export interface UsageBucket {
  startsAt: Date;
  requests: number;
  succeeded: number;
  denied: number;
  failed: number;
}

export type UsageInterval = 'hour' | 'day';

/** Length of an interval in hours. In UTC a day has always 24 of them, whatever time zone the connection has. */
export const hoursOf: Record<UsageInterval, number> = { hour: 1, day: 24 };

/** Reads the requests of one credential out of the audit trail: of two records of a request, the first one counts. */
@Injectable()
export class CredentialUsageRepository {
  constructor(private readonly database: Database) {}

  list(
    owner: CredentialOwner,
    query: UsageFilter,
    page: PageRequest,
  ): Promise<{ rows: AuditEventRow[]; total: number }> {
    const conditions = requestsOf(owner)
      .add('outcome = ?', query.outcome)
      .add('method = ?', query.method)
      .add('status = ?::smallint', query.statusCode)
      .add('ip = ?::inet', query.sourceIp && clientAddress(query.sourceIp))
      .add('occurred_at >= ?::timestamptz', query.from)
      .add('occurred_at < ?::timestamptz', query.to)
      .addCommon(query, { created: 'occurred_at', search: 'route' });
    return listRows<AuditEventRow>(this.database, {
      columns: auditEventColumns,
      from: 'audit_events',
      conditions,
      page,
    });
  }

  async find(owner: CredentialOwner, id: string): Promise<AuditEventRow | undefined> {
    const conditions = requestsOf(owner).add('id = ?', id);
    const [row] = await this.database.rows<AuditEventRow>(
      `SELECT ${auditEventColumns} FROM audit_events WHERE ${conditions.where}`,
      conditions.values,
    );
    return row;
  }

  /** Requests of every stretch from the one that holds `from` to the one before `to`, also where there were none; in UTC. */
  summarize(
    { organizationId, credentialId, vaultIds }: CredentialOwner,
    interval: UsageInterval,
    from: Date,
    to: Date,
  ): Promise<UsageBucket[]> {
    return this.database.rows<UsageBucket>(
      `WITH counted AS (
         SELECT date_trunc($3, occurred_at, 'UTC') AS bucket, outcome, sum(count)::int AS requests FROM audit_events
         WHERE organization_id = $1 AND credential_id = $2 AND NOT secondary AND method IS NOT NULL
           AND occurred_at >= date_trunc($3, $4::timestamptz, 'UTC') AND occurred_at < $5::timestamptz
           AND ($7::uuid[] IS NULL OR vault_id IS NULL OR vault_id = ANY($7))
         GROUP BY 1, 2)
       SELECT bucket AS "startsAt", coalesce(sum(requests), 0)::int AS requests,
         coalesce(sum(requests) FILTER (WHERE outcome = 'success'), 0)::int AS succeeded,
         coalesce(sum(requests) FILTER (WHERE outcome = 'denied'), 0)::int AS denied,
         coalesce(sum(requests) FILTER (WHERE outcome = 'failed'), 0)::int AS failed
       FROM generate_series(date_trunc($3, $4::timestamptz, 'UTC'), $5::timestamptz - interval '1 millisecond',
         make_interval(hours => $6)) AS bucket
       LEFT JOIN counted USING (bucket)
       GROUP BY bucket ORDER BY bucket`,
      [organizationId, credentialId, interval, from, to, hoursOf[interval], vaultIds ? [...vaultIds] : null],
    );
  }
}

function requestsOf({ organizationId, credentialId, vaultIds }: CredentialOwner): Conditions {
  return new Conditions()
    .add('organization_id = ?', organizationId)
    .add('credential_id = ?', credentialId)
    .add('secondary = ?', false)
    .add('(method IS NOT NULL) = ?', true)
    .add('(vault_id IS NULL OR vault_id = ANY(?::uuid[]))', vaultIds && [...vaultIds]);
}
