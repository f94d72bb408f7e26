import { IsIn, IsOptional, IsString, Length } from 'class-validator';
import { memberIdOf, memberTypes } from '@credvault/access/member-id.js';
import { levelOfRank, vaultLevels, type VaultLevel } from '@credvault/access/vault-levels.js';
import { publicId } from '@credvault/database/typed-id.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { GrantView } from './grants.repository.js';

const granteeTypes = [...Object.values(memberTypes), 'team'] as const;

/** To whom a vault is granted. */
export class GranteeDto {
  /**
   * Id of the person, the service account or the team.
   * @example "tea_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * What it is.
   * @example "team"
   */
  @IsIn(granteeTypes)
  type!: (typeof granteeTypes)[number];

  /**
   * Name of the person, the service account or the team.
   * @example "Payments"
   */
  name!: string;
}

/** That a vault is granted to a member or a team, and how far. */
export class GrantDto {
  /**
   * Id of the grant.
   * @example "gra_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * Id of the vault.
   * @example "vlt_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  vaultId!: string;

  /** To whom the vault is granted. */
  grantee!: GranteeDto;

  /**
   * How far: a `reader` sees the vault and reveals its secrets, an `editor` also writes them, a `manager` also changes,
   * deletes and grants the vault; each as far as their role allows.
   * @example "editor"
   */
  @IsIn(vaultLevels)
  level!: VaultLevel;

  /**
   * When the vault was granted.
   * @example "2026-01-15T08:30:00.000Z"
   */
  createdAt!: Date;

  /**
   * When the grant was last changed.
   * @example "2026-01-15T08:30:00.000Z"
   */
  updatedAt!: Date;
}

/** A grant to be made; it takes exactly one of `memberId` and `teamId`. */
export class CreateGrantDto {
  /**
   * Id of the person or service account of the organization to whom the vault shall be granted.
   * @example "usr_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 64)
  memberId?: string;

  /**
   * Id of the team to which the vault shall be granted; instead of `memberId`.
   * @example "tea_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 64)
  teamId?: string;

  /**
   * How far: `reader`, `editor` or `manager`.
   * @example "editor"
   */
  @IsIn(vaultLevels)
  level!: VaultLevel;
}

/** What to change of a grant. */
export class UpdateGrantDto {
  /**
   * How far from now on: `reader`, `editor` or `manager`.
   * @example "reader"
   */
  @IsIn(vaultLevels)
  level!: VaultLevel;
}

/** Which grants of a vault to list. */
export class GrantsQuery extends ListQuery {
  /**
   * Only grants that go so far.
   * @example "manager"
   */
  @IsOptional()
  @IsIn(vaultLevels)
  level?: VaultLevel;
}

/** A grant as the API shows it. */
export function grantDto(grant: GrantView): GrantDto {
  const { id, vaultId, level, createdAt, updatedAt } = grant;
  return {
    id: publicId('grant', id),
    vaultId: publicId('vault', vaultId),
    grantee: granteeDto(grant),
    level: levelOfRank(level),
    createdAt,
    updatedAt,
  };
}

function granteeDto({ granteeId, memberKind, name }: GrantView): GranteeDto {
  if (memberKind === null) return { id: publicId('team', granteeId), type: 'team', name };
  return { id: memberIdOf(memberKind, granteeId), type: memberTypes[memberKind], name };
}
