import { IsBoolean, MaxLength } from 'class-validator';
import { publicId } from '@credvault/database/typed-id.js';
import type { ApiToken } from '../api-tokens/api-token.entity.js';
import type { MintedToken } from '../api-tokens/api-tokens.service.js';
import { CloudDatesDto, datesDto } from './dates.dto.js';

/** An API key, without its secret: a personal token under the name it has in this API. */
export class CloudApiKeyDto {
  /**
   * The key: the user name of HTTP Basic.
   * @example "tok_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  key!: string;

  /**
   * Whether it works; false once it is paused or has expired.
   * @example true
   */
  active!: boolean;

  /**
   * When it was last used, to the minute; null when never.
   * @example "2026-01-15T09:30:00.000Z"
   */
  last_used!: Date | null;

  /**
   * Id of the person it acts as.
   * @example "usr_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  user_id!: string;

  /** When it was made and last changed. */
  dc!: CloudDatesDto;
}

/** A new API key with its secret. */
export class CloudMintedApiKeyDto {
  /**
   * Always true.
   * @example true
   */
  success!: boolean;

  /** The key. */
  key!: CloudApiKeyDto;

  /**
   * The secret, shown this once: the password of HTTP Basic.
   * @example "ck_live_0J5tq1F0cXv2y8Wm3n4Rk6Za7Ub9Dd1Ee2Gg3Hh4Jj5Kk0aBcDe"
   */
  @MaxLength(128)
  secret!: string;
}

/** What to change of an API key. */
export class CloudUpdateApiKeyDto {
  /**
   * False pauses the key, true lets it work again.
   * @example false
   */
  @IsBoolean()
  active!: boolean;
}

export function apiKeyDto(token: ApiToken): CloudApiKeyDto {
  const { id, userId, expiresAt, pausedAt, lastUsedAt } = token;
  const hasExpired = expiresAt !== null && expiresAt.getTime() <= Date.now();
  return {
    key: publicId('apiToken', id),
    active: pausedAt === null && !hasExpired,
    last_used: lastUsedAt,
    user_id: publicId('user', userId),
    dc: datesDto(token),
  };
}

export function mintedApiKeyDto({ apiToken, token }: MintedToken): CloudMintedApiKeyDto {
  return { success: true, key: apiKeyDto(apiToken), secret: token };
}
