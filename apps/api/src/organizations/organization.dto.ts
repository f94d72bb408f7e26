import { IsBoolean, IsOptional, IsString, Length } from 'class-validator';
import { publicId } from '@credvault/database/typed-id.js';
import { IsPrintable } from '@credvault/http/is-printable.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { QueryBoolean } from '@credvault/http/query-values.js';
import type { OwnOrganization } from './own-organizations.repository.js';

/** An organization that one belongs to. */
export class OrganizationDto {
  /**
   * Id of the organization.
   * @example "org_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * Name of the organization.
   * @example "Acme"
   */
  name!: string;

  /**
   * Plan of the organization, which sets its limits.
   * @example "pro"
   */
  plan!: string;

  /**
   * One's role in it: the name of a built-in one, or the id of one of its own.
   * @example "developer"
   */
  role!: string;

  /**
   * Members, people and service accounts together; null when one's role there does not show them, and for another organization
   * that does not take one's address, or asks for a second factor that one has not.
   * @example 12
   */
  memberCount!: number | null;

  /**
   * Whether the credential of this request acts in it.
   * @example true
   */
  current!: boolean;

  /**
   * When the organization was made.
   * @example "2026-01-15T08:30:00.000Z"
   */
  createdAt!: Date;

  /**
   * When the organization itself was last changed.
   * @example "2026-01-20T14:22:00.000Z"
   */
  updatedAt!: Date;
}

/** An organization to be made. */
export class CreateOrganizationDto {
  /**
   * Name of the organization. It need not be unique.
   * @example "Acme"
   */
  @IsString()
  @Length(1, 200)
  @IsPrintable()
  name!: string;
}

/** What to change of an organization; what is left out stays as it is. */
export class UpdateOrganizationDto {
  /**
   * Name of the organization.
   * @example "Acme Incorporated"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  @IsPrintable()
  name?: string;
}

/** How an organization that is not empty is deleted. */
export class DeleteOrganizationQuery {
  /**
   * Deletes the organization with everything in it. Give its name too.
   * @example true
   */
  @IsOptional()
  @QueryBoolean()
  @IsBoolean()
  force?: boolean;

  /**
   * The name of the organization, exactly as it is, as the proof that this one is meant.
   * @example "Acme"
   */
  @IsOptional()
  @IsString()
  @Length(1, 200)
  name?: string;
}

/** @param currentId the organization the credential acts in, as UUID */
export function organizationDto(organization: OwnOrganization, currentId: string): OrganizationDto {
  const { id, name, plan, role, customRoleId, memberCount, createdAt, updatedAt } = organization;
  return {
    id: publicId('organization', id),
    name,
    plan,
    role: customRoleId === null ? role : publicId('role', customRoleId),
    memberCount,
    current: id === currentId,
    createdAt,
    updatedAt,
  };
}
