import { IsBoolean, IsEmail, IsFQDN, IsString, Length, MaxLength } from 'class-validator';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { MailAddress, MailDomain } from '@credvault/mail/address-input.js';

/** By whose provider to sign in: exactly one of `organizationId`, `domain` and `email`. */
export class BeginSingleSignOnDto {
  /**
   * Id of the organization.
   * @example "org_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 64)
  organizationId?: string;

  /**
   * The proven domain of the organization.
   * @example "example.com"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(253)
  @IsFQDN()
  @MailDomain()
  domain?: string;

  /**
   * An e-mail address in the proven domain of the organization.
   * @example "jane@example.com"
   */
  @MayBeAbsent()
  @IsString()
  @IsEmail()
  @MailAddress()
  @MaxLength(254)
  email?: string;

  /**
   * Whether the provider shall ask the person again, so that the session may do what needs a step-up.
   * @example false
   */
  @MayBeAbsent()
  @IsBoolean()
  stepUp?: boolean;
}

/** How a sign-in by a provider goes on. */
export class BegunSingleSignOnDto {
  /**
   * Where to sign in, with a browser. It then shows a code.
   * @example "https://login.example.com/authorize?client_id=credvault&response_type=code&scope=openid+email+profile"
   */
  authorizationUrl!: string;

  /**
   * To be kept, and given with the code; it works once.
   * @example "cvsso_0J5tq1F0cXv2y8Wm3n4Rk6Za7Ub9Dd1Ee2Gg3Hh4Jj5Kk0aBcDe"
   */
  signInToken!: string;

  /**
   * When it is too late to finish.
   * @example "2026-01-15T08:40:00.000Z"
   */
  expiresAt!: Date;
}

/** What finishes a sign-in by a provider. */
export class CompleteSingleSignOnDto {
  /**
   * The token of whoever began.
   * @example "cvsso_0J5tq1F0cXv2y8Wm3n4Rk6Za7Ub9Dd1Ee2Gg3Hh4Jj5Kk0aBcDe"
   */
  @IsString()
  @Length(1, 256)
  signInToken!: string;

  /**
   * The code that the browser shows after the sign-in at the provider.
   * @example "k3f9-2mzq"
   */
  @IsString()
  @Length(1, 64)
  code!: string;
}
