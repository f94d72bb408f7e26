import { IsIn, IsOptional, IsString, Length } from 'class-validator';
import type { AuditOutcome } from '@credvault/audit-log/audit-record.js';
import { memberIdOf, memberTypes, type MemberKind } from '@credvault/access/member-id.js';
import { reachIntoProject, type ProjectReach } from '@credvault/access/project-levels.js';
import { publicId, uuidOf, type IdKind } from '@credvault/database/typed-id.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { Rfc3339Time } from '@credvault/http/query-values.js';
import type { AuditEventRow } from './audit-events.repository.js';

const outcomes = ['success', 'denied', 'failed'] as const;

/** Who did something. */
export class AuditActorDto {
  /**
   * Kind of the actor: `user`, `service_account`, `operator` for a command on the machine itself, `service` for what it
   * noticed by itself, or `stranger` for the report of a leaked token.
   * @example "user"
   */
  type!: string;

  /**
   * Id of the user or the service account; null for the others.
   * @example "usr_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string | null;
}

/** What an actor used to prove who they are. */
export class AuditCredentialDto {
  /**
   * Kind of the credential: `session`, `api_token` or `api_key`.
   * @example "api_token"
   */
  type!: string;

  /**
   * Id of the credential.
   * @example "tok_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;
}

/** What an action was about. */
export class AuditResourceDto {
  /**
   * Kind of the resource.
   * @example "secret"
   */
  type!: string;

  /**
   * Ids of everything the action touched; a list with values names each secret.
   * @example ["sec_01jd3k5m7n8p9q0r1s2t3v4w5x"]
   */
  ids!: string[];
}

/** The request an action came with. */
export class AuditRequestDto {
  /**
   * Id of the request, as in the header `X-Request-Id`.
   * @example "req_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string | null;

  /**
   * HTTP method.
   * @example "GET"
   */
  method!: string | null;

  /**
   * Route template, below `/api/v1` without that; one of the cloud-style API begins with `/api/v2`.
   * @example "/vaults/:vaultId/secrets/:secretId"
   */
  route!: string | null;

  /**
   * HTTP status of the answer.
   * @example 200
   */
  status!: number | null;

  /**
   * Address the request came from.
   * @example "203.0.113.9"
   */
  ip!: string | null;

  /**
   * Program that made the request, at most 256 bytes.
   * @example "curl/8.5.0"
   */
  userAgent!: string | null;
}

/** One record of the audit trail. */
export class AuditEventDto {
  /**
   * Id of the record.
   * @example "evt_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * What happened, as `noun.verb` in the past.
   * @example "secret.revealed"
   */
  type!: string;

  /**
   * When it happened.
   * @example "2026-01-15T08:30:00.000Z"
   */
  createdAt!: Date;

  /**
   * Whether it was done, refused, or went wrong.
   * @example "success"
   */
  @IsIn(outcomes)
  outcome!: AuditOutcome;

  /**
   * Why it was refused or went wrong; null when there is nothing to add.
   * @example "insufficient scope"
   */
  reason!: string | null;

  /**
   * Id of the organization.
   * @example "org_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  organizationId!: string;

  /** Who did it. */
  actor!: AuditActorDto;

  /** What the actor proved who they are with; null for a failed sign-in and for operators. */
  credential!: AuditCredentialDto | null;

  /** What it was about; null when it was about no single resource. */
  resource!: AuditResourceDto | null;

  /**
   * Id of the vault it happened in; null when in none.
   * @example "vlt_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  vaultId!: string | null;

  /** The request it came with. */
  request!: AuditRequestDto;

  /**
   * How many equal refusals this record stands for.
   * @example 1
   */
  count!: number;

  /**
   * Further facts, such as the names of changed fields; never a value.
   * @example {"version": 3}
   */
  details!: Record<string, unknown> | null;
}

/** Which records to list. */
export class AuditEventsQuery extends ListQuery {
  /**
   * Only records of this user or service account.
   * @example "usr_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  actor?: string;

  /**
   * Only records of requests with this credential, also of one that is deleted.
   * @example "key_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  credential?: string;

  /**
   * Only records of this type.
   * @example "secret.revealed"
   */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  type?: string;

  /**
   * Only records about this resource; for a vault also those about its secrets.
   * @example "sec_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  resource?: string;

  /**
   * Only records with this outcome.
   * @example "denied"
   */
  @IsOptional()
  @IsIn(outcomes)
  outcome?: AuditOutcome;

  /**
   * Only records from this time on (RFC 3339, with offset).
   * @example "2026-01-01T00:00:00Z"
   */
  @IsOptional()
  @Rfc3339Time()
  from?: Date;

  /**
   * Only records before this time (RFC 3339, with offset).
   * @example "2026-02-01T00:00:00Z"
   */
  @IsOptional()
  @Rfc3339Time()
  to?: Date;
}

/** A record as the API shows it to whoever reads the trail. */
export function auditEventDto(viewer: ProjectReach, row: AuditEventRow): AuditEventDto {
  return {
    id: publicId('auditEvent', row.id),
    type: row.type,
    createdAt: row.createdAt,
    outcome: row.outcome,
    reason: row.reason,
    organizationId: publicId('organization', row.organizationId),
    actor: { type: row.actorType, id: row.actorId && memberIdOf(actorKindOf(row), row.actorId) },
    credential: credentialOf(row),
    resource: resourceOf(row),
    vaultId: row.vaultId && publicId('vault', row.vaultId),
    request: {
      id: row.requestId,
      method: row.method,
      route: row.route,
      status: row.status,
      ip: row.ip,
      userAgent: row.userAgent,
    },
    count: row.count,
    details: detailsFor(viewer, row),
  };
}

/**
 * A credential that is bound to vaults may not know which project a vault of its is in, as `GET /vaults/{vaultId}` does not say it
 * either. Whoever reads the trail of the whole organization has the records of its projects there.
 */
function detailsFor(viewer: ProjectReach, { details }: AuditEventRow): Record<string, unknown> | null {
  if (!details || !viewer.vaultIds || typeof details['projectId'] !== 'string') return details;
  const projectId = uuidOf('project', details['projectId']);
  if (projectId !== undefined && reachIntoProject(viewer, projectId) !== undefined) return details;
  const { projectId: _projectId, environment: _environment, ...shown } = details;
  return shown;
}

function actorKindOf({ actorType }: AuditEventRow): MemberKind {
  return actorType === memberTypes.service ? 'service' : 'person';
}

function credentialOf({ credentialType: type, credentialId: id }: AuditEventRow): AuditCredentialDto | null {
  return type && id ? { type, id: publicId(kindOf(type), id) } : null;
}

function resourceOf({ resourceType: type, resourceId, resourceIds }: AuditEventRow): AuditResourceDto | null {
  if (!type) return null;
  const ids = resourceIds ?? (resourceId ? [resourceId] : []);
  return { type, ids: ids.map((id) => publicId(kindOf(type), id)) };
}

/** `api_token` of the trail as the kind of an id. */
export function kindOf(type: string): IdKind {
  return type.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase()) as IdKind;
}
