import { IsEmail, IsString, Length, MaxLength } from 'class-validator';
import { MailAddress } from '@credvault/mail/address-input.js';

/** Whose password is forgotten. */
export class ForgotPasswordDto {
  /**
   * E-mail address of the account.
   * @example "jane@example.com"
   */
  @IsString()
  @Length(1, 254)
  email!: string;
}

/** A change of one's own e-mail address. */
export class ChangeEmailDto {
  /**
   * The new address, to which the token that confirms it is mailed.
   * @example "jane.doe@example.com"
   */
  @IsEmail()
  @MailAddress()
  @MaxLength(254)
  newEmail!: string;

  /**
   * The password as it is now.
   * @example "correct horse battery staple"
   */
  @IsString()
  @Length(1, 512)
  currentPassword!: string;
}

/** Proof that a new e-mail address is one's own. */
export class ConfirmEmailDto {
  /**
   * The one-time token of the mail.
   * @example "cvemail_0J5tq1F0cXv2y8Wm3n4Rk6Za7Ub9Dd1Ee2Gg3Hh4Jj5Kk0aBcDe"
   */
  @IsString()
  @Length(1, 256)
  token!: string;
}

/** What is told about a mail that was asked for. */
export class MailRequestedDto {
  /**
   * Always true: whether a mail was sent is not told here.
   * @example true
   */
  received!: boolean;
}
