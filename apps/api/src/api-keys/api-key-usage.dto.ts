import { IsIn, IsInt, IsOptional, Max, MaxLength, Min } from 'class-validator';
import type { AuditOutcome } from '@credvault/audit-log/audit-record.js';
import { publicId } from '@credvault/database/typed-id.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { QueryInteger, Rfc3339Time } from '@credvault/http/query-values.js';
import type { UsedRequest } from '../audit/credential-usage.service.js';
import { IsAddress } from './is-address.js';

const outcomes = ['success', 'denied', 'failed'] as const;
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const intervals = ['hour', 'day'] as const;

/** A request that was made with a key. */
export class ApiKeyUsageDto {
  /**
   * Id of the entry; also of its record in the audit trail.
   * @example "evt_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * When the request was answered.
   * @example "2026-01-15T14:27:00.000Z"
   */
  createdAt!: Date;

  /**
   * HTTP method.
   * @example "GET"
   */
  method!: string;

  /**
   * Path, relative to the version, with the ids that were asked for; never a query.
   * @example "/vaults"
   */
  path!: string;

  /**
   * How it ended: `success`, or `denied` or `failed` with the reason.
   * @example "denied - insufficient scope"
   */
  outcome!: string;

  /**
   * HTTP status of the answer.
   * @example 403
   */
  statusCode!: number;

  /**
   * Address the request came from; null when unknown.
   * @example "203.0.113.9"
   */
  sourceIp!: string | null;

  /**
   * Program that made the request, at most 256 bytes; null when it did not say.
   * @example "curl/8.5.0"
   */
  userAgent!: string | null;

  /**
   * What happened, as the audit trail calls it.
   * @example "access.denied"
   */
  event!: string;

  /**
   * Id of the request, as in its header `X-Request-Id`.
   * @example "req_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  requestId!: string | null;

  /**
   * How many equal refusals of one minute this entry stands for.
   * @example 1
   */
  count!: number;
}

/** Which requests to list. */
export class ApiKeyUsageQuery extends ListQuery {
  /**
   * Only requests that ended so.
   * @example "denied"
   */
  @IsOptional()
  @IsIn(outcomes)
  outcome?: AuditOutcome;

  /**
   * Only requests with this method.
   * @example "GET"
   */
  @IsOptional()
  @IsIn(methods)
  method?: string;

  /**
   * Only requests with this status.
   * @example 403
   */
  @IsOptional()
  @QueryInteger()
  @IsInt()
  @Min(100)
  @Max(599)
  statusCode?: number;

  /**
   * Only requests from this address.
   * @example "203.0.113.9"
   */
  @IsOptional()
  @IsAddress()
  @MaxLength(45)
  sourceIp?: string;

  /**
   * Only requests from this time on (RFC 3339, with offset).
   * @example "2026-01-01T00:00:00Z"
   */
  @IsOptional()
  @Rfc3339Time()
  from?: Date;

  /**
   * Only requests before this time (RFC 3339, with offset).
   * @example "2026-02-01T00:00:00Z"
   */
  @IsOptional()
  @Rfc3339Time()
  to?: Date;
}

/** What to count. */
export class ApiKeyUsageSummaryQuery {
  /**
   * Length of one bucket, in UTC; `hour` when left out.
   * @example "hour"
   */
  @IsOptional()
  @IsIn(intervals)
  interval?: (typeof intervals)[number];

  /**
   * Begin (RFC 3339, with offset); 24 hours or 30 days before the end when left out.
   * @example "2026-01-14T15:00:00Z"
   */
  @IsOptional()
  @Rfc3339Time()
  from?: Date;

  /**
   * End (RFC 3339, with offset); now when left out.
   * @example "2026-01-15T15:00:00Z"
   */
  @IsOptional()
  @Rfc3339Time()
  to?: Date;
}

/** Requests of one stretch of time. */
export class ApiKeyUsageBucketDto {
  /**
   * When the stretch begins.
   * @example "2026-01-15T14:00:00.000Z"
   */
  startsAt!: Date;

  /**
   * All requests.
   * @example 40
   */
  requests!: number;

  /**
   * Requests that were done.
   * @example 37
   */
  succeeded!: number;

  /**
   * Requests that were refused.
   * @example 2
   */
  denied!: number;

  /**
   * Requests that went wrong.
   * @example 1
   */
  failed!: number;
}

/** What a key was used for, as numbers for a chart. */
export class ApiKeyUsageSummaryDto {
  /**
   * Length of one bucket.
   * @example "hour"
   */
  @IsIn(intervals)
  interval!: (typeof intervals)[number];

  /** Every stretch in its order, also those without requests. */
  buckets!: ApiKeyUsageBucketDto[];
}

/** A request as the history shows it. */
export function apiKeyUsageDto(request: UsedRequest): ApiKeyUsageDto {
  const { createdAt, method, path, outcome, reason, status, ip, userAgent, type, requestId, count } = request;
  return {
    id: publicId('auditEvent', request.id),
    createdAt,
    method: method ?? '',
    path,
    outcome: outcome === 'success' || reason === null ? outcome : `${outcome} - ${reason}`,
    statusCode: status ?? 0,
    sourceIp: ip,
    userAgent,
    event: type,
    requestId,
    count,
  };
}
