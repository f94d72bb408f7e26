import { IsEmail, IsIn, IsInt, MaxLength, MinLength } from 'class-validator';
import { MailAddress } from '@credvault/mail/address-input.js';
import { organizationRoles, projectRoles, type OrganizationRole, type ProjectRole } from './cloud-roles.js';

/** A role in an organization. */
export class CloudOrganizationRoleDto {
  /**
   * Id of the organization.
   * @example "org_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  organization_id!: string;

  /**
   * The role in it.
   * @example "org_admin"
   */
  @IsIn(organizationRoles)
  role_fqn!: OrganizationRole;
}

/** A role in a project. */
export class CloudProjectRoleDto {
  /**
   * Id of the project.
   * @example "prj_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  project_id!: string;

  /**
   * The role in it.
   * @example "project_member"
   */
  @IsIn(projectRoles)
  role_fqn!: ProjectRole;
}

/** Whoever asks. */
export class CloudCurrentUserDto {
  /**
   * Id of the person.
   * @example "usr_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  uid!: string;

  /**
   * E-mail address.
   * @example "user@example.com"
   */
  email!: string;

  /**
   * Name to sign in with: the e-mail address.
   * @example "user@example.com"
   */
  @MaxLength(254)
  username!: string;

  /**
   * Name shown to others.
   * @example "User Name"
   */
  name!: string;

  /**
   * Who vouches for the person: `credvault` for an account with a password here.
   * @example "credvault"
   */
  @MaxLength(64)
  idp!: string;

  /**
   * HMAC-SHA-256 of `uid` with a key of the server, in hex: proof for support widgets that the id is not made up.
   * @example "b13f7a9c2d6e4f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708"
   */
  @MinLength(64)
  @MaxLength(64)
  hmac!: string;

  /**
   * Whether the person administers this installation.
   * @example false
   */
  is_superuser!: boolean;

  /**
   * Whether the account works.
   * @example "active"
   */
  @IsIn(['active'])
  status!: 'active';

  /**
   * Id of the organization that the credential acts in.
   * @example "org_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  organization_id!: string;

  /** Roles in all organizations that the person belongs to. */
  organization_roles!: CloudOrganizationRoleDto[];

  /** Roles in projects of the organization that the credential acts in. */
  project_roles!: CloudProjectRoleDto[];
}

/** What to change of oneself. */
export class CloudUpdateCurrentUserDto {
  /**
   * The new e-mail address, to which the token that confirms it is mailed.
   * @example "jane.doe@example.com"
   */
  @IsEmail()
  @MailAddress()
  @MaxLength(254)
  email!: string;
}

/** What is told about a change that has to be confirmed. */
export class CloudChangeRequestedDto {
  /**
   * Always true.
   * @example true
   */
  success!: boolean;

  /**
   * The HTTP status again.
   * @example 202
   */
  @IsInt()
  status!: number;

  /**
   * What happens next.
   * @example "A mail is on its way to the new address. Nothing changes until it is confirmed."
   */
  @MaxLength(200)
  message!: string;
}
