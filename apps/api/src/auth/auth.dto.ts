import { IsEmail, IsString, Length, MaxLength } from 'class-validator';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { IsPrintable } from '@credvault/http/is-printable.js';
import { MailAddress } from '@credvault/mail/address-input.js';

/** A new account. */
export class RegisterDto {
  /**
   * E-mail address, the name to sign in with. Upper and lower case are the same.
   * @example "jane@example.com"
   */
  @IsEmail()
  @MailAddress()
  @MaxLength(254)
  email!: string;

  /**
   * 12 to 256 characters of any kind, taken as they are; common passwords are refused.
   * @example "correct horse battery staple"
   */
  @IsString()
  @Length(12, 512)
  password!: string;

  /**
   * Name shown to others.
   * @example "Jane Developer"
   */
  @IsString()
  @Length(1, 100)
  @IsPrintable()
  name!: string;

  /**
   * Setup token of the service for the first account, or the token of an invitation.
   * @example "cvsetup_0J5tq1F0cXv2y8Wm3n4Rk6Za7Ub9Dd1Ee2Gg3Hh4Jj5Kk0aBcDe"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 256)
  setupToken?: string;
}

/** Proof of who is signing in. */
export class LoginDto {
  /**
   * E-mail address of the account.
   * @example "jane@example.com"
   */
  @IsString()
  @Length(1, 254)
  email!: string;

  /**
   * Password of the account.
   * @example "correct horse battery staple"
   */
  @IsString()
  @Length(1, 512)
  password!: string;
}

/** A refresh token to be exchanged. */
export class RefreshDto {
  /**
   * The refresh token of the last answer; it works once.
   * @example "cvr_0J5tq1F0cXv2y8Wm3n4Rk6Za7Ub9Dd1Ee2Gg3Hh4Jj5Kk0aBcDe"
   */
  @IsString()
  @Length(1, 256)
  refreshToken!: string;
}

/** A change of one's own password. */
export class ChangePasswordDto {
  /**
   * The password as it is now.
   * @example "correct horse battery staple"
   */
  @IsString()
  @Length(1, 512)
  currentPassword!: string;

  /**
   * The new password: 12 to 256 characters of any kind; common passwords are refused.
   * @example "six dry tortoises read the map"
   */
  @IsString()
  @Length(12, 512)
  newPassword!: string;
}

/** A new password by a reset link. */
export class ResetPasswordDto {
  /**
   * The one-time token of the mail, or the one that the operator made.
   * @example "cvreset_0J5tq1F0cXv2y8Wm3n4Rk6Za7Ub9Dd1Ee2Gg3Hh4Jj5Kk0aBcDe"
   */
  @IsString()
  @Length(1, 256)
  token!: string;

  /**
   * The new password: 12 to 256 characters of any kind; common passwords are refused.
   * @example "six dry tortoises read the map"
   */
  @IsString()
  @Length(12, 512)
  newPassword!: string;
}
