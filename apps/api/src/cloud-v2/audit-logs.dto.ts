import { IsOptional, IsString, Length, MaxLength } from 'class-validator';
import { Rfc3339Time } from '@credvault/http/query-values.js';
import type { AuditEventDto } from '../audit/audit-event.dto.js';

/** Who did something. */
export class CloudAuditActorDto {
  /**
   * Id of the person or service account; null when it was neither.
   * @example "usr_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string | null;

  /**
   * Kind of the actor, such as `user`, `service_account`, `operator` or `service`.
   * @example "user"
   */
  @MaxLength(64)
  type!: string;
}

/** One entry of the audit log. */
export class CloudAuditLogDto {
  /**
   * Id of the entry.
   * @example "evt_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * What happened, as `noun.verb` in the past.
   * @example "member.updated"
   */
  @MaxLength(64)
  action!: string;

  /** Who did it. */
  actor!: CloudAuditActorDto;

  /**
   * All else that is known of it: outcome, credential, resource, request and details. Never a value.
   * @example {"outcome": "success", "resource": {"type": "user", "ids": ["usr_01jd3k5m7n8p9q0r1s2t3v4w5x"]}}
   */
  context!: Record<string, unknown>;

  /**
   * When it happened.
   * @example "2026-01-15T08:30:00.000Z"
   */
  created!: Date;
}

/** Which entries to list. */
export class CloudAuditLogsQuery {
  /**
   * Only entries with this action.
   * @example "member.updated"
   */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  action?: string;

  /**
   * Only entries from this time on (RFC 3339, with offset).
   * @example "2026-01-01T00:00:00Z"
   */
  @IsOptional()
  @Rfc3339Time()
  from?: Date;

  /**
   * Only entries before this time (RFC 3339, with offset).
   * @example "2026-02-01T00:00:00Z"
   */
  @IsOptional()
  @Rfc3339Time()
  to?: Date;

  /**
   * Id of the entry after which to go on: the last one of the answer before. The end of the log is an empty answer.
   * @example "evt_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  last?: string;
}

/** A record of the trail as this API shows it. */
export function auditLogDto(event: AuditEventDto): CloudAuditLogDto {
  const { id, type, actor, createdAt, organizationId: _organization, ...context } = event;
  return { id, action: type, actor: { id: actor.id, type: actor.type }, context, created: createdAt };
}
