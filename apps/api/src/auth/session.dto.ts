import { publicId } from '@credvault/database/typed-id.js';
import type { User } from '../users/user.entity.js';
import type { SessionRow } from './sessions.repository.js';
import type { IssuedSession } from './sessions.service.js';

/** The account a session speaks for. */
export class SessionUserDto {
  /**
   * Id of the user.
   * @example "usr_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * Name shown to others.
   * @example "Jane Developer"
   */
  name!: string;

  /**
   * E-mail address.
   * @example "jane@example.com"
   */
  email!: string;
}

/** Tokens of a session; both are shown this once. */
export class SessionTokensDto {
  /**
   * Bearer token for the API, good until `expiresAt`.
   * @example "cvs_0J5tq1F0cXv2y8Wm3n4Rk6Za7Ub9Dd1Ee2Gg3Hh4Jj5Kk0aBcDe"
   */
  accessToken!: string;

  /**
   * Token to exchange for new tokens; it works once.
   * @example "cvr_0J5tq1F0cXv2y8Wm3n4Rk6Za7Ub9Dd1Ee2Gg3Hh4Jj5Kk0aBcDe"
   */
  refreshToken!: string;

  /**
   * When the access token ends.
   * @example "2026-01-15T08:45:00.000Z"
   */
  expiresAt!: Date;

  /** Who signed in. */
  user!: SessionUserDto;
}

export function sessionUserDto(user: User): SessionUserDto {
  return { id: publicId('user', user.id), name: user.name, email: user.email };
}

export function sessionTokensDto(issued: IssuedSession, user: User): SessionTokensDto {
  const { accessToken, refreshToken, expiresAt } = issued;
  return { accessToken, refreshToken, expiresAt, user: sessionUserDto(user) };
}

/** How a sign-in goes on: the tokens of a session, or, for an account with a second factor, a challenge. */
export class SignInDto {
  /**
   * There, and true, when the account has a second factor. Then `challengeToken` is there too, and nothing else.
   * @example true
   */
  mfaRequired?: boolean;

  /**
   * Token with which `POST /auth/mfa` goes on; it works for five minutes.
   * @example "cvmfa_0J5tq1F0cXv2y8Wm3n4Rk6Za7Ub9Dd1Ee2Gg3Hh4Jj5Kk0aBcDe"
   */
  challengeToken?: string;

  /**
   * Bearer token for the API, good until `expiresAt`.
   * @example "cvs_0J5tq1F0cXv2y8Wm3n4Rk6Za7Ub9Dd1Ee2Gg3Hh4Jj5Kk0aBcDe"
   */
  accessToken?: string;

  /**
   * Token to exchange for new tokens; it works once.
   * @example "cvr_0J5tq1F0cXv2y8Wm3n4Rk6Za7Ub9Dd1Ee2Gg3Hh4Jj5Kk0aBcDe"
   */
  refreshToken?: string;

  /**
   * When the access token ends.
   * @example "2026-01-15T08:45:00.000Z"
   */
  expiresAt?: Date;

  /** Who signed in. */
  user?: SessionUserDto;
}

/** A sign-in that can still be used. */
export class SessionDto {
  /**
   * Id of the session.
   * @example "ses_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * Whether it is the session of this request.
   * @example true
   */
  current!: boolean;

  /**
   * Address the session was opened from.
   * @example "203.0.113.9"
   */
  ip!: string | null;

  /**
   * Program the session was opened with.
   * @example "Mozilla/5.0"
   */
  userAgent!: string | null;

  /**
   * When the session was opened.
   * @example "2026-01-15T08:30:00.000Z"
   */
  createdAt!: Date;

  /**
   * When the session was last used, to the minute.
   * @example "2026-01-15T09:30:00.000Z"
   */
  lastUsedAt!: Date;

  /**
   * When the session ends unless it is refreshed before.
   * @example "2026-02-14T08:30:00.000Z"
   */
  expiresAt!: Date;
}

/** A session as its owner sees it. */
export function sessionDto(row: SessionRow, currentId: string): SessionDto {
  const { ip, userAgent, createdAt, lastUsedAt, expiresAt } = row;
  const current = row.id === currentId;
  return { id: publicId('session', row.id), current, ip, userAgent, createdAt, lastUsedAt, expiresAt };
}

/** A new account and its personal organization. */
export class RegisteredDto {
  /** The account. */
  user!: RegisteredUserDto;

  /** The personal organization, which the account owns. */
  organization!: RegisteredOrganizationDto;
}

/** An account as it was made. */
export class RegisteredUserDto extends SessionUserDto {
  /**
   * When the account was made.
   * @example "2026-01-15T08:30:00.000Z"
   */
  createdAt!: Date;
}

/** An organization as it was made. */
export class RegisteredOrganizationDto {
  /**
   * Id of the organization.
   * @example "org_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * Name of the organization.
   * @example "Jane Developer (personal)"
   */
  name!: string;

  /**
   * Plan of the organization, which sets its limits.
   * @example "free"
   */
  plan!: string;
}

/** A token that a change of password did not end. */
export class TokenToReviewDto {
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
   * When the token was last used, to the minute; null when never.
   * @example "2026-01-15T09:30:00.000Z"
   */
  lastUsedAt!: Date | null;
}

/** What a change of password did. */
export class PasswordChangedDto {
  /**
   * Other sessions that were ended.
   * @example 2
   */
  endedSessions!: number;

  /** Tokens that go on working; pause or delete those you do not know. */
  tokensToReview!: TokenToReviewDto[];
}
