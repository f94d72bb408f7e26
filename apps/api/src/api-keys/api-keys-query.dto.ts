import { IsBoolean, IsIn, IsOptional, IsString, Length } from 'class-validator';
import { allScopes, type Scope } from '@credvault/access/scopes.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { QueryBoolean, Rfc3339Time } from '@credvault/http/query-values.js';
import { type ApiKeyStatus, apiKeyStatuses } from './api-key.dto.js';

/** Which keys to list. */
export class ApiKeysQuery extends ListQuery {
  /**
   * Only keys with this status.
   * @example "active"
   */
  @IsOptional()
  @IsIn(apiKeyStatuses)
  status?: ApiKeyStatus;

  /**
   * Only keys of this user or service account.
   * @example "svc_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  owner?: string;

  /**
   * Only keys with this scope.
   * @example "secret:read"
   */
  @IsOptional()
  @IsIn(allScopes)
  scope?: Scope;

  /**
   * Only keys that were not used since this time, nor made since (RFC 3339, with offset).
   * @example "2026-01-01T00:00:00Z"
   */
  @IsOptional()
  @Rfc3339Time()
  unusedSince?: Date;

  /**
   * Only keys whose rotation is due, or with `false` is not due yet.
   * @example true
   */
  @IsOptional()
  @QueryBoolean()
  @IsBoolean()
  rotationDue?: boolean;
}
