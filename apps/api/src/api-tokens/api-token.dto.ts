import { IsIn, IsString, Length } from 'class-validator';
import { publicId } from '@credvault/database/typed-id.js';
import { IsPrintable } from '@credvault/http/is-printable.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { Rfc3339Time } from '@credvault/http/query-values.js';
import type { ApiToken } from './api-token.entity.js';
import type { MintedToken } from './api-tokens.service.js';

const statuses = ['active', 'paused', 'expired'] as const;
export type ApiTokenStatus = (typeof statuses)[number];

/** A personal token, without the token itself. */
export class ApiTokenDto {
  /**
   * Id of the token.
   * @example "tok_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * Name of the token.
   * @example "Laptop"
   */
  name!: string;

  /**
   * First characters of the token.
   * @example "ck_live_0J5t"
   */
  hint!: string;

  /**
   * Whether the token works now.
   * @example "active"
   */
  @IsIn(statuses)
  status!: ApiTokenStatus;

  /**
   * When the token ends; null when never. The longest lifetime that the organization sets (`maxTokenLifetimeDays`) counts too.
   * @example "2027-01-01T00:00:00.000Z"
   */
  expiresAt!: Date | null;

  /**
   * When the token was last used, to the minute; null when never.
   * @example "2026-01-15T09:30:00.000Z"
   */
  lastUsedAt!: Date | null;

  /**
   * When the token was made.
   * @example "2026-01-15T08:30:00.000Z"
   */
  createdAt!: Date;

  /**
   * When the token was last paused, resumed or changed.
   * @example "2026-01-15T08:30:00.000Z"
   */
  updatedAt!: Date;
}

/** A new personal token with the token itself. */
export class MintedApiTokenDto extends ApiTokenDto {
  /**
   * The token, shown this once.
   * @example "ck_live_0J5tq1F0cXv2y8Wm3n4Rk6Za7Ub9Dd1Ee2Gg3Hh4Jj5Kk0aBcDe"
   */
  token!: string;
}

/** A personal token to be made. */
export class CreateApiTokenDto {
  /**
   * Name of the token, such as the program or machine that uses it.
   * @example "Laptop"
   */
  @IsString()
  @Length(1, 200)
  @IsPrintable()
  name!: string;

  /**
   * When the token ends (RFC 3339, with offset), in the future; when left out never, or after the longest lifetime that the
   * organization sets (`maxTokenLifetimeDays`).
   * @example "2027-01-01T00:00:00Z"
   */
  @MayBeAbsent()
  @Rfc3339Time()
  expiresAt?: Date;
}

export function apiTokenDto(token: ApiToken): ApiTokenDto {
  const { id, name, hint, expiresAt, lastUsedAt, createdAt, updatedAt } = token;
  return {
    id: publicId('apiToken', id),
    name,
    hint,
    status: statusOf(token),
    expiresAt,
    lastUsedAt,
    createdAt,
    updatedAt,
  };
}

export function mintedApiTokenDto({ apiToken, token }: MintedToken): MintedApiTokenDto {
  return { ...apiTokenDto(apiToken), token };
}

function statusOf(token: ApiToken): ApiTokenStatus {
  if (token.expiresAt !== null && token.expiresAt.getTime() <= Date.now()) return 'expired';
  return token.pausedAt === null ? 'active' : 'paused';
}
