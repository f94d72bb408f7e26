import { IsEmail, IsIn, IsOptional, IsString, Length, Matches, MaxLength } from 'class-validator';
import { memberIdOf, type MemberKind } from '@credvault/access/member-id.js';
import { publicId } from '@credvault/database/typed-id.js';
import { InsteadOf } from '@credvault/http/document/instead-of.js';
import { IsPrintable } from '@credvault/http/is-printable.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { MailAddress } from '@credvault/mail/address-input.js';
import { codePattern } from '../auth/mfa.dto.js';
import type { Invitation } from './invitation.entity.js';

const statuses = ['open', 'expired'] as const;
export type InvitationStatus = (typeof statuses)[number];

/** An invitation that nobody has accepted yet. */
export class InvitationDto {
  /**
   * Id of the invitation.
   * @example "inv_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * E-mail address of whoever is invited.
   * @example "jane@example.com"
   */
  email!: string;

  /**
   * Role that they get: the name of a built-in one, or the id of a custom one.
   * @example "developer"
   */
  role!: string;

  /**
   * Whether it can still be accepted.
   * @example "open"
   */
  @IsIn(statuses)
  status!: InvitationStatus;

  /**
   * Id of the member who made it; null when they have no account any more.
   * @example "usr_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  invitedBy!: string | null;

  /**
   * Until when it can be accepted.
   * @example "2026-01-22T08:30:00.000Z"
   */
  expiresAt!: Date;

  /**
   * When it was made.
   * @example "2026-01-15T08:30:00.000Z"
   */
  createdAt!: Date;
}

/** An invitation that was just made. */
export class MintedInvitationDto extends InvitationDto {
  /**
   * Whether its token was given to the mail server, for the invited address.
   * @example false
   */
  mailed!: boolean;

  /**
   * Its token, shown this once, for you to hand over; only there when this service has no mail server.
   * @example "cvinv_0J5tq1F0cXv2y8Wm3n4Rk6Za7Ub9Dd1Ee2Gg3Hh4Jj5Kk0aBcDe"
   */
  token?: string;

  /**
   * Where the token is accepted, by a POST.
   * @example "https://vault.example.com/api/v1/invitations/accept"
   */
  @MaxLength(2048)
  acceptUrl!: string;
}

/** Somebody to be invited. */
export class CreateInvitationDto {
  /**
   * E-mail address of whoever is invited. Upper and lower case are the same.
   * @example "jane@example.com"
   */
  @IsEmail()
  @MailAddress()
  @MaxLength(254)
  email!: string;

  /**
   * Role that they get: the name of a built-in one, or the id of a custom one (`GET /roles`).
   * @example "developer"
   */
  @IsString()
  @Length(1, 64)
  role!: string;
}

/** Which invitations to list. */
export class InvitationsQuery extends ListQuery {
  /**
   * Only those with this status.
   * @example "open"
   */
  @IsOptional()
  @IsIn(statuses)
  status?: InvitationStatus;
}

/** The token of an invitation, and proof of who accepts it. */
export class AcceptInvitationDto {
  /**
   * The one-time token of the invitation.
   * @example "cvinv_0J5tq1F0cXv2y8Wm3n4Rk6Za7Ub9Dd1Ee2Gg3Hh4Jj5Kk0aBcDe"
   */
  @IsString()
  @Length(1, 256)
  token!: string;

  /**
   * Password of the account that the invited address has; if it has none, the password of the new one: 12 to 256
   * characters of any kind, common ones are refused.
   * @example "correct horse battery staple"
   */
  @IsString()
  @Length(1, 512)
  password!: string;

  /**
   * Name shown to others, for a new account; an existing one keeps its name.
   * @example "Jane Developer"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 100)
  @IsPrintable()
  name?: string;

  /**
   * The six digits that the authenticator app of the account shows, if it has a second factor; each code works once.
   * @example "492039"
   */
  @MayBeAbsent()
  @IsString()
  @Length(6, 6)
  @Matches(codePattern)
  code?: string;

  /**
   * A recovery code of the account instead; it works once.
   * @example "7kq2-m9xa-0vtr-c4de"
   */
  @InsteadOf('code')
  @MayBeAbsent()
  @IsString()
  @Length(16, 32)
  recoveryCode?: string;
}

/** The token of an invitation, accepted by somebody who is signed in. */
export class AcceptOwnInvitationDto {
  /**
   * The one-time token of the invitation.
   * @example "cvinv_0J5tq1F0cXv2y8Wm3n4Rk6Za7Ub9Dd1Ee2Gg3Hh4Jj5Kk0aBcDe"
   */
  @IsString()
  @Length(1, 256)
  token!: string;
}

/** The organization that somebody has joined. */
export class JoinedOrganizationDto {
  /**
   * Id of the organization.
   * @example "org_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * Name of the organization.
   * @example "Example Inc."
   */
  @MaxLength(255)
  name!: string;
}

/** What accepting an invitation has led to. */
export class AcceptedInvitationDto {
  /** The organization of which they are a member now. */
  organization!: JoinedOrganizationDto;

  /**
   * Their role in it: the name of a built-in one, or the id of a custom one.
   * @example "developer"
   */
  role!: string;
}

/** An invitation as the database has it, without its digest. */
export type InvitationView = Omit<Invitation, 'digest' | 'organizationId'> & {
  /** What the inviter is; null when they have no account any more. */
  inviterKind: MemberKind | null;
};

/**
 * An invitation as the API shows it.
 *
 * @param role how the API names its role
 */
export function invitationDto(invitation: InvitationView, role: string): InvitationDto {
  const { id, email, inviterKind, invitedBy, expiresAt, createdAt } = invitation;
  return {
    id: publicId('invitation', id),
    email,
    role,
    status: expiresAt.getTime() > Date.now() ? 'open' : 'expired',
    invitedBy: inviterKind && memberIdOf(inviterKind, invitedBy),
    expiresAt,
    createdAt,
  };
}
