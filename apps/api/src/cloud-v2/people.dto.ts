import { IsIn, IsOptional, IsString, Length, MaxLength } from 'class-validator';
import { organizationRoles, projectRoles, type OrganizationRole, type ProjectRole } from './cloud-roles.js';
import { CloudOrganizationRoleDto, CloudProjectRoleDto } from './current-user.dto.js';

/** Every account is one of this service, also where the provider of an organization signs it in. */
export const identityProvider = 'credvault';

/** A person. */
export class CloudPersonDto {
  /**
   * Id of the person.
   * @example "usr_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  uid!: string;

  /**
   * E-mail address.
   * @example "jane@example.com"
   */
  email!: string;

  /**
   * Name to sign in with: the e-mail address.
   * @example "jane@example.com"
   */
  @MaxLength(254)
  username!: string;

  /**
   * Name shown to others.
   * @example "Jane Developer"
   */
  name!: string;

  /**
   * Who vouches for the person.
   * @example "credvault"
   */
  @MaxLength(64)
  idp!: string;
}

/** A person of an organization. */
export class CloudOrganizationUserDto extends CloudPersonDto {
  /** Role in the organization: always one. */
  organization_roles!: CloudOrganizationRoleDto[];
}

/** A person who works in a project. */
export class CloudProjectUserDto extends CloudPersonDto {
  /** Role in the project: always one. */
  project_roles!: CloudProjectRoleDto[];
}

/** A person of one's organization, with all roles. */
export class CloudUserDto extends CloudPersonDto {
  /** Role in the organization: always one. */
  organization_roles!: CloudOrganizationRoleDto[];

  /** Roles in projects that one may see oneself. */
  project_roles!: CloudProjectRoleDto[];
}

/** Which people to list. */
export class CloudUsersQuery {
  /**
   * `1`: only people without any role. Everybody who belongs to an organization has one, so the answer is empty.
   * @example "1"
   */
  @IsOptional()
  @IsIn(['0', '1'])
  'no-roles'?: '0' | '1';
}

/** Somebody who gets a role in an organization. */
export class CloudAddOrganizationUserDto {
  /**
   * Id or e-mail address of a member, or the e-mail address of somebody who is to be invited.
   * @example "jane@example.com"
   */
  @IsString()
  @Length(1, 254)
  user!: string;

  /**
   * The role.
   * @example "org_member"
   */
  @IsIn(organizationRoles)
  role_fqn!: OrganizationRole;
}

/** Somebody who gets a role in a project. */
export class CloudAddProjectUserDto {
  /**
   * Id or e-mail address of a member of the organization.
   * @example "jane@example.com"
   */
  @IsString()
  @Length(1, 254)
  user!: string;

  /**
   * The role.
   * @example "project_member"
   */
  @IsIn(projectRoles)
  role_fqn!: ProjectRole;
}

/** What came of adding somebody to an organization. */
export class CloudOrganizationUserAddedDto {
  /**
   * Who was named, as they were named.
   * @example "jane@example.com"
   */
  @MaxLength(254)
  user!: string;

  /**
   * Id of the person; null for somebody who was invited.
   * @example "usr_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  user_id!: string | null;

  /**
   * Id of the organization.
   * @example "org_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  organization_id!: string;

  /**
   * The role.
   * @example "org_member"
   */
  @IsIn(organizationRoles)
  role_fqn!: OrganizationRole;

  /**
   * Whether they have the role now.
   * @example false
   */
  added!: boolean;

  /**
   * Whether they were invited and have the role once they accept.
   * @example true
   */
  invited!: boolean;

  /**
   * The token of the invitation, shown this once, for you to hand over; only there when this service has no mail server.
   * @example "cvinv_0J5tq1F0cXv2y8Wm3n4Rk6Za7Ub9Dd1Ee2Gg3Hh4Jj5Kk0aBcDe"
   */
  @MaxLength(128)
  token?: string;
}

/** What came of adding somebody to a project. */
export class CloudProjectUserAddedDto {
  /**
   * Who was named, as they were named.
   * @example "jane@example.com"
   */
  @MaxLength(254)
  user!: string;

  /**
   * Id of the person.
   * @example "usr_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  user_id!: string;

  /**
   * Id of the project.
   * @example "prj_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  project_id!: string;

  /**
   * The role.
   * @example "project_member"
   */
  @IsIn(projectRoles)
  role_fqn!: ProjectRole;

  /**
   * Whether they have the role now: always, as nobody is invited to a project.
   * @example true
   */
  added!: boolean;

  /**
   * Whether they were invited: never.
   * @example false
   */
  invited!: boolean;
}
