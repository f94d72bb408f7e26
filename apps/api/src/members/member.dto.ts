import { IsIn, IsOptional, IsString, Length } from 'class-validator';
import { memberIdOf, memberTypes, type MemberKind, type MemberType } from '@credvault/access/member-id.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';

const types = Object.values(memberTypes);
const keyFates = ['revoke', 'transfer'] as const;

/** What becomes of the API keys of a member who is removed. */
export type KeyFate = (typeof keyFates)[number];

/** Somebody who belongs to the organization: a person, or a service account. */
export class MemberDto {
  /**
   * Id of the member: `usr_…` of a person, `svc_…` of a service account.
   * @example "usr_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * A user signs in; a service account owns API keys and cannot.
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
   * E-mail address of a person; null for a service account.
   * @example "jane@example.com"
   */
  email!: string | null;

  /**
   * Name of a built-in role, or the id of a custom role of the organization.
   * @example "developer"
   */
  role!: string;

  /**
   * When the member joined.
   * @example "2026-01-15T08:30:00.000Z"
   */
  createdAt!: Date;

  /**
   * When the member's role was last changed.
   * @example "2026-01-15T08:30:00.000Z"
   */
  updatedAt!: Date;
}

/** What to change of a member. */
export class UpdateMemberDto {
  /**
   * Name of a built-in role, or the id of a custom role of the organization (`GET /roles`).
   * @example "viewer"
   */
  @IsString()
  @Length(1, 64)
  role!: string;
}

/** Which members to list. */
export class MembersQuery extends ListQuery {
  /**
   * Only members with this role: the name of a built-in one, or the id of a custom one.
   * @example "developer"
   */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  role?: string;

  /**
   * Only people, or only service accounts.
   * @example "user"
   */
  @IsOptional()
  @IsIn(types)
  type?: MemberType;
}

/** What becomes of the API keys of a member who is removed. */
export class RemoveMemberQuery {
  /**
   * `revoke` ends the API keys of the member, `transfer` hands them to the service account `to`. Needed when the member
   * owns any.
   * @example "revoke"
   */
  @IsOptional()
  @IsIn(keyFates)
  keys?: KeyFate;

  /**
   * Id of the service account that the keys are handed to, with `keys=transfer`.
   * @example "svc_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  to?: string;
}

/** A member as the database has them. */
export interface MemberView {
  /** UUID of the row of `users`. */
  id: string;
  kind: MemberKind;
  name: string;
  email: string | null;
  role: string;
  customRoleId: string | null;
  revision: number;
  createdAt: Date;
  updatedAt: Date;
}

/**
 * A member as the API shows them.
 *
 * @param role how the API names their role
 */
export function memberDto(
  { id, kind, name, email, createdAt, updatedAt }: MemberView,
  role: string,
): MemberDto {
  return { id: memberIdOf(kind, id), type: memberTypes[kind], name, email, role, createdAt, updatedAt };
}
