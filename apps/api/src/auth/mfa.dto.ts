import { IsString, Length, Matches } from 'class-validator';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { OptionalBody } from '@credvault/http/optional-body.js';
import type { Enrolment, MfaState } from './mfa.service.js';

/** What a code of an authenticator app consists of (RFC 6238 with six digits). */
export const codePattern = /^[0-9]+$/;

/** The second factor of whoever asks. */
export class MfaStateDto {
  /**
   * Whether signing in needs a second factor.
   * @example true
   */
  enabled!: boolean;

  /**
   * When the second factor was switched on; null when it is off.
   * @example "2026-01-15T08:30:00.000Z"
   */
  enabledAt!: Date | null;

  /**
   * Recovery codes that are left.
   * @example 10
   */
  recoveryCodesLeft!: number;

  /**
   * Until when this session may do what needs a step-up; null when it has to step up first.
   * @example "2026-01-15T08:35:00.000Z"
   */
  steppedUpUntil!: Date | null;
}

export function mfaStateDto({ enabledAt, recoveryCodesLeft, steppedUpUntil }: MfaState): MfaStateDto {
  return { enabled: enabledAt !== null, enabledAt, recoveryCodesLeft, steppedUpUntil };
}

/** The beginning of an enrolment. */
@OptionalBody()
export class BeginTotpDto {
  /**
   * The password of the account; not needed by a session that has just stepped up, and not enough once there is a second
   * factor.
   * @example "correct horse battery staple"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 512)
  currentPassword?: string;
}

/** What an authenticator app needs; shown this once. */
export class TotpEnrolmentDto {
  /**
   * The secret in base32, to be typed into the app.
   * @example "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
   */
  secret!: string;

  /**
   * The same as a URI, to be shown as a QR code.
   * @example "otpauth://totp/CredVault:jane%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=CredVault"
   */
  uri!: string;

  /**
   * Until when the first code must be sent.
   * @example "2026-01-15T08:45:00.000Z"
   */
  expiresAt!: Date;
}

export function totpEnrolmentDto({ secret, uri, expiresAt }: Enrolment): TotpEnrolmentDto {
  return { secret: secret.reveal(), uri, expiresAt };
}

/** The first code of a new authenticator app. */
export class ConfirmTotpDto {
  /**
   * The six digits that the app shows.
   * @example "492039"
   */
  @IsString()
  @Length(6, 6)
  @Matches(codePattern)
  code!: string;
}

/** New recovery codes; shown this once. */
export class RecoveryCodesDto {
  /**
   * Ten codes, each of which replaces the app once.
   * @example ["7kq2-m9xa-0vtr-c4de", "p3hs-81zn-y6bw-5fgj"]
   */
  recoveryCodes!: string[];
}

/** The second half of a sign-in: `code` or `recoveryCode`, not both. */
export class FinishSignInDto {
  /**
   * The token that the first half was answered with. It works for five minutes and five tries.
   * @example "cvmfa_0J5tq1F0cXv2y8Wm3n4Rk6Za7Ub9Dd1Ee2Gg3Hh4Jj5Kk0aBcDe"
   */
  @IsString()
  @Length(1, 256)
  challengeToken!: string;

  /**
   * The six digits that the app shows; each code works once.
   * @example "492039"
   */
  @MayBeAbsent()
  @IsString()
  @Length(6, 6)
  @Matches(codePattern)
  code?: string;

  /**
   * A recovery code instead; it works once.
   * @example "7kq2-m9xa-0vtr-c4de"
   */
  @MayBeAbsent()
  @IsString()
  @Length(16, 32)
  recoveryCode?: string;
}

/** Proof of who a session stands for: exactly one of the fields. */
export class StepUpDto {
  /**
   * The password of the account, if it has no second factor.
   * @example "correct horse battery staple"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 512)
  password?: string;

  /**
   * The six digits that the app shows; each code works once.
   * @example "492039"
   */
  @MayBeAbsent()
  @IsString()
  @Length(6, 6)
  @Matches(codePattern)
  code?: string;

  /**
   * A recovery code instead; it works once.
   * @example "7kq2-m9xa-0vtr-c4de"
   */
  @MayBeAbsent()
  @IsString()
  @Length(16, 32)
  recoveryCode?: string;
}

/** What a step-up opens. */
export class SteppedUpDto {
  /**
   * Until when the session may do what needs a step-up.
   * @example "2026-01-15T08:35:00.000Z"
   */
  steppedUpUntil!: Date;
}
