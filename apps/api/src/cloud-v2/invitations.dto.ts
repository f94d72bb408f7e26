import { IsIn, IsString, Length, MaxLength } from 'class-validator';
import type { InvitationDto } from '../members/invitation.dto.js';
import { organizationRoles, type OrganizationRole } from './cloud-roles.js';

const statuses = ['open', 'expired'] as const;

/** An invitation to an organization that nobody has accepted yet. */
export class CloudInvitationDto {
  /**
   * What names the invitation when it is taken back. It is not the token that accepts it, which is shown once.
   * @example "inv_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  token!: string;

  /**
   * E-mail address of whoever is invited.
   * @example "jane@example.com"
   */
  email!: string;

  /**
   * Id of the organization.
   * @example "org_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  organization_id!: string;

  /**
   * Role that they get.
   * @example "org_member"
   */
  @IsIn(organizationRoles)
  role_fqn!: OrganizationRole;

  /**
   * Whether it can still be accepted.
   * @example "open"
   */
  @IsIn(statuses)
  status!: (typeof statuses)[number];

  /**
   * Until when it can be accepted.
   * @example "2026-01-22T08:30:00.000Z"
   */
  expires!: Date;

  /**
   * When it was made.
   * @example "2026-01-15T08:30:00.000Z"
   */
  created!: Date;
}

/** The token of an invitation. */
export class CloudAcceptInvitationDto {
  /**
   * The one-time token of the invitation.
   * @example "cvinv_0J5tq1F0cXv2y8Wm3n4Rk6Za7Ub9Dd1Ee2Gg3Hh4Jj5Kk0aBcDe"
   */
  @IsString()
  @Length(1, 256)
  token!: string;
}

/** The organization that was joined. */
export class CloudInvitationAcceptedDto {
  /**
   * Always true.
   * @example true
   */
  success!: boolean;

  /**
   * Id of the organization.
   * @example "org_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  organization_id!: string;

  /**
   * One's role in it.
   * @example "org_member"
   */
  @IsIn(organizationRoles)
  role_fqn!: OrganizationRole;

  /**
   * What happened.
   * @example "You belong to Acme now."
   */
  @MaxLength(300)
  message!: string;
}

export function invitationDto(
  { id, email, status, expiresAt, createdAt }: InvitationDto,
  organizationId: string,
  role: OrganizationRole,
): CloudInvitationDto {
  return {
    token: id,
    email,
    organization_id: organizationId,
    role_fqn: role,
    status,
    expires: expiresAt,
    created: createdAt,
  };
}
