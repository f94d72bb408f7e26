import { IsBoolean, IsFQDN, IsString, Length, Matches, MaxLength, ValidateIf } from 'class-validator';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { IsPrintable } from '@credvault/http/is-printable.js';
import { MailDomain } from '@credvault/mail/address-input.js';

/** Visible ASCII (RFC 6749, appendices A.1 and A.2, without the space). */
const visible = /^[\x21-\x7e]+$/;
const secretText = /^[\x20-\x7e]+$/;

/** How people of the organization shall sign in by its OpenID Connect provider. */
export class SetSingleSignOnDto {
  /**
   * Issuer identifier of the provider, as its discovery document spells it.
   * @example "https://login.example.com"
   */
  @IsString()
  @Length(1, 1024)
  @Matches(visible, { message: '$property must be a URL' })
  issuer!: string;

  /**
   * What the provider calls this service.
   * @example "credvault"
   */
  @IsString()
  @Length(1, 255)
  @Matches(visible, { message: '$property must hold visible ASCII characters only' })
  clientId!: string;

  /**
   * What the service proves itself with to the provider. It is stored encrypted and never shown. null or left out: the client is a
   * public one.
   * @example "GDc2vTqk8ZyLr5wN1xUa"
   */
  @MayBeAbsent()
  @ValidateIf((_object: object, value: unknown) => value !== undefined && value !== null)
  @IsString()
  @Length(1, 1024)
  @Matches(secretText, { message: '$property must hold visible ASCII characters only' })
  clientSecret?: string | null;

  /**
   * Domain of the e-mail addresses that accounts are made for, once it is proven.
   * @example "example.com"
   */
  @IsString()
  @MaxLength(253)
  @IsFQDN({ require_tld: true, allow_underscores: false, allow_trailing_dot: false })
  @MailDomain()
  domain!: string;

  /**
   * Role of those who come in for the first time: the name of a built-in role other than `owner`, or the id of a custom one. It must
   * lie within your own.
   * @example "developer"
   */
  @IsString()
  @Length(1, 64)
  @IsPrintable()
  defaultRole!: string;

  /**
   * Whether people can sign in by the provider.
   * @example true
   */
  @IsBoolean()
  enabled!: boolean;
}

/** What to change of single sign-on; what is left out stays as it is. */
export class UpdateSingleSignOnDto {
  /**
   * Issuer identifier of the provider. Another one ends the sessions of the one before, and knows none of its people.
   * @example "https://login.example.com"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 1024)
  @Matches(visible, { message: '$property must be a URL' })
  issuer?: string;

  /**
   * What the provider calls this service.
   * @example "credvault"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 255)
  @Matches(visible, { message: '$property must hold visible ASCII characters only' })
  clientId?: string;

  /**
   * What the service proves itself with to the provider; it must be given again with another issuer or client. null: the client is a
   * public one.
   * @example "GDc2vTqk8ZyLr5wN1xUa"
   */
  @MayBeAbsent()
  @ValidateIf((_object: object, value: unknown) => value !== undefined && value !== null)
  @IsString()
  @Length(1, 1024)
  @Matches(secretText, { message: '$property must hold visible ASCII characters only' })
  clientSecret?: string | null;

  /**
   * Domain of the e-mail addresses that accounts are made for. Another one must be proven before it counts.
   * @example "example.com"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(253)
  @IsFQDN({ require_tld: true, allow_underscores: false, allow_trailing_dot: false })
  @MailDomain()
  domain?: string;

  /**
   * Role of those who come in for the first time.
   * @example "developer"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 64)
  @IsPrintable()
  defaultRole?: string;

  /**
   * Whether people can sign in by the provider; switching it off ends their sessions.
   * @example true
   */
  @MayBeAbsent()
  @IsBoolean()
  enabled?: boolean;
}

/** Which domain to prove. */
export class VerifyDomainDto {
  /**
   * The domain of the single sign-on as it is set.
   * @example "example.com"
   */
  @IsString()
  @MaxLength(253)
  @IsFQDN({ require_tld: true, allow_underscores: false, allow_trailing_dot: false })
  @MailDomain()
  domain!: string;
}

/** A TXT record that proves a domain. */
export class DomainChallengeDto {
  /**
   * Name of the record.
   * @example "_credvault-challenge.example.com"
   */
  name!: string;

  /**
   * Text of the record.
   * @example "credvault-domain-verification=Yk3v0Qx1mZ5tLr8WnB2sHc7JdF4gKp6A"
   */
  value!: string;
}

/** How people of the organization sign in by its OpenID Connect provider. */
export class SingleSignOnDto {
  /**
   * Issuer identifier of the provider.
   * @example "https://login.example.com"
   */
  issuer!: string;

  /**
   * What the provider calls this service.
   * @example "credvault"
   */
  clientId!: string;

  /**
   * Whether there is a client secret; it is never shown.
   * @example true
   */
  hasClientSecret!: boolean;

  /**
   * Where the provider must be told to send people back to.
   * @example "https://vault.example.com/api/v1/auth/single-sign-on/callback/org_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  redirectUri!: string;

  /**
   * Domain of the e-mail addresses that accounts are made for.
   * @example "example.com"
   */
  domain!: string;

  /** The record that proves the domain, for `POST …/verify-domain`. */
  domainChallenge!: DomainChallengeDto;

  /**
   * When the domain was proven; null: it does not count yet.
   * @example "2026-01-15T08:30:00.000Z"
   */
  domainVerifiedAt!: Date | null;

  /**
   * Role of those who come in for the first time.
   * @example "developer"
   */
  defaultRole!: string;

  /**
   * Whether people can sign in by the provider.
   * @example true
   */
  enabled!: boolean;

  /**
   * When it was set up.
   * @example "2026-01-15T08:30:00.000Z"
   */
  createdAt!: Date;

  /**
   * When it was last changed.
   * @example "2026-01-15T09:30:00.000Z"
   */
  updatedAt!: Date;
}
