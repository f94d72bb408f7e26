import { IsIn, IsOptional, IsString, Length, MaxLength } from 'class-validator';
import { memberIdOf, memberTypes, type MemberType } from '@credvault/access/member-id.js';
import { publicId } from '@credvault/database/typed-id.js';
import { IsPrintable } from '@credvault/http/is-printable.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { TeamMemberView } from './team-members.repository.js';
import type { TeamView } from './teams.repository.js';

const types = Object.values(memberTypes);

/** A team: a group of members, to whom vaults are granted together. */
export class TeamDto {
  /**
   * Id of the team.
   * @example "tea_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * Name of the team.
   * @example "Payments"
   */
  name!: string;

  /**
   * What the team does.
   * @example "Builds and runs what charges customers"
   */
  description!: string;

  /**
   * How many members belong to the team.
   * @example 5
   */
  memberCount!: number;

  /**
   * When the team was made.
   * @example "2026-01-15T08:30:00.000Z"
   */
  createdAt!: Date;

  /**
   * When the team itself was last changed.
   * @example "2026-01-15T08:30:00.000Z"
   */
  updatedAt!: Date;
}

/** A team to be made. */
export class CreateTeamDto {
  /**
   * Name of the team, unique in the organization in any case.
   * @example "Payments"
   */
  @IsString()
  @Length(1, 200)
  @IsPrintable()
  name!: string;

  /**
   * What the team does.
   * @example "Builds and runs what charges customers"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(2000)
  description?: string;
}

/** What to change of a team; what is left out stays as it is. */
export class UpdateTeamDto {
  /**
   * Name of the team, unique in the organization in any case.
   * @example "Payments and invoices"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  @IsPrintable()
  name?: string;

  /**
   * What the team does.
   * @example "Charges customers and writes their invoices"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(2000)
  description?: string;
}

/** Somebody who belongs to a team. */
export class TeamMemberDto {
  /**
   * Id of the member: a person or a service account.
   * @example "usr_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * What the member is.
   * @example "user"
   */
  @IsIn(types)
  type!: MemberType;

  /**
   * Name of the member.
   * @example "Jane Developer"
   */
  name!: string;

  /**
   * When the member was added to the team.
   * @example "2026-01-15T08:30:00.000Z"
   */
  createdAt!: Date;
}

/** Who shall belong to a team. */
export class AddTeamMemberDto {
  /**
   * Id of a person or a service account of the organization.
   * @example "usr_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @IsString()
  @Length(1, 64)
  memberId!: string;
}

/** Which members of a team to list. */
export class TeamMembersQuery extends ListQuery {
  /**
   * Only members that are this.
   * @example "service_account"
   */
  @IsOptional()
  @IsIn(types)
  type?: MemberType;
}

/** A team as the API shows it. */
export function teamDto({ id, name, description, memberCount, createdAt, updatedAt }: TeamView): TeamDto {
  return { id: publicId('team', id), name, description, memberCount, createdAt, updatedAt };
}

/** A member of a team as the API shows it. */
export function teamMemberDto({ id, kind, name, createdAt }: TeamMemberView): TeamMemberDto {
  return { id: memberIdOf(kind, id), type: memberTypes[kind], name, createdAt };
}
