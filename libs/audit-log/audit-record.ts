import type { IdKind } from '@credvault/database/typed-id.js';
import { newUuid } from '@credvault/database/typed-id.js';
import type { Actor, RequestOrigin } from '@credvault/access/actor.js';
import { memberTypes } from '@credvault/access/member-id.js';

export type AuditOutcome = 'success' | 'denied' | 'failed';

/** What an action did to what; the rest of its record comes from the actor. Ids are UUIDs. */
export interface AuditEntry {
  /** `noun.verb` in the past, such as `secret.revealed`. */
  type: string;
  outcome?: AuditOutcome;
  /** Why it was denied or failed, a short lower-case phrase such as `insufficient scope`. */
  reason?: string;
  /** What the request is answered with; of a change that succeeds, what its route answers counts (`AuditLog`). */
  status: number;
  resourceType?: IdKind;
  resourceId?: string;
  /** Everything a single action touched, when it is more than one thing: a list with values names them all here. */
  resourceIds?: string[];
  vaultId?: string;
  /** Facts that are no secret, such as the names of changed fields; never a value. */
  details?: Record<string, unknown>;
  /** Set on the second record of one request, which the history of requests leaves out. */
  secondary?: true;
}

/** One row of `audit_events`, in the spelling of its columns. */
export interface AuditRow {
  organization_id: string;
  occurred_at: string;
  id: string;
  type: string;
  outcome: AuditOutcome;
  reason?: string;
  actor_type: string;
  actor_id?: string;
  credential_type?: string;
  credential_id?: string;
  resource_type?: string;
  resource_id?: string;
  resource_ids?: string[];
  vault_id?: string;
  details?: Record<string, unknown>;
  method?: string;
  route?: string;
  status?: number;
  ip?: string;
  user_agent?: string;
  request_id?: string;
  count: number;
  secondary: boolean;
}

/** Who did something: an actor, or a person who has no credential (yet). */
export type Recordable = Pick<Actor, 'organizationId' | 'userId' | 'origin'> &
  Partial<Pick<Actor, 'credentialType' | 'credentialId' | 'ofServiceAccount'>>;

/** The record of what somebody did in one request. */
export function auditRow(actor: Recordable, entry: AuditEntry): AuditRow {
  const { origin } = actor;
  return {
    organization_id: actor.organizationId,
    occurred_at: new Date().toISOString(),
    id: newUuid(),
    type: entry.type,
    outcome: entry.outcome ?? 'success',
    reason: entry.reason ?? origin.remark,
    actor_type: memberTypes[actor.ofServiceAccount === true ? 'service' : 'person'],
    actor_id: actor.userId,
    credential_type: actor.credentialType,
    credential_id: actor.credentialId,
    resource_type: entry.resourceType && snakeCase(entry.resourceType),
    resource_id: entry.resourceId,
    resource_ids: entry.resourceIds,
    vault_id: entry.vaultId,
    details: entry.details,
    method: origin.method,
    route: origin.route,
    status: entry.status,
    ip: origin.ip,
    user_agent: origin.userAgent,
    request_id: origin.requestId,
    count: 1,
    secondary: entry.secondary ?? false,
  };
}

/** The record of what the operator did to something of an organization, by a command on the machine itself. */
export function operatorRow(organizationId: string, entry: Omit<AuditEntry, 'status'>): AuditRow {
  return rowWithoutRequest('operator', organizationId, entry);
}

/** The record of what the service noticed by itself, such as that a rotation is due. */
export function serviceRow(organizationId: string, entry: Omit<AuditEntry, 'status'>): AuditRow {
  return rowWithoutRequest('service', organizationId, entry);
}

/** The record of what a stranger told the service about something of an organization. */
export function reportRow(organizationId: string, origin: RequestOrigin, entry: AuditEntry): AuditRow {
  return {
    ...rowWithoutRequest('stranger', organizationId, entry),
    method: origin.method,
    route: origin.route,
    status: entry.status,
    ip: origin.ip,
    user_agent: origin.userAgent,
    request_id: origin.requestId,
  };
}

function rowWithoutRequest(
  actorType: 'operator' | 'service' | 'stranger',
  organizationId: string,
  entry: Omit<AuditEntry, 'status'>,
): AuditRow {
  return {
    organization_id: organizationId,
    occurred_at: new Date().toISOString(),
    id: newUuid(),
    type: entry.type,
    outcome: entry.outcome ?? 'success',
    actor_type: actorType,
    resource_type: entry.resourceType && snakeCase(entry.resourceType),
    resource_id: entry.resourceId,
    resource_ids: entry.resourceIds,
    vault_id: entry.vaultId,
    details: entry.details,
    count: 1,
    secondary: false,
  };
}

/** `apiToken` as the trail spells it: `api_token`. */
function snakeCase(kind: IdKind): string {
  return kind.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * One statement for any number of records: a batch travels as one JSON parameter, so its text never changes and it is
 * prepared once. A record that is there already came with a batch whose acknowledgement was lost.
 */
export const insertAuditRows = {
  name: 'insert_audit_events',
  text: `INSERT INTO audit_events (organization_id, occurred_at, id, type, outcome, reason, actor_type, actor_id,
      credential_type, credential_id, resource_type, resource_id, resource_ids, vault_id, details, method, route, status,
      ip, user_agent, request_id, count, secondary)
    SELECT * FROM json_to_recordset($1::json) AS record (organization_id uuid, occurred_at timestamptz, id uuid, type text,
      outcome text, reason text, actor_type text, actor_id uuid, credential_type text, credential_id uuid,
      resource_type text, resource_id uuid, resource_ids uuid[], vault_id uuid, details jsonb, method text, route text,
      status smallint, ip inet, user_agent text, request_id text, count integer, secondary boolean)
    ON CONFLICT DO NOTHING`,
};
