import { IsIn, IsOptional, IsString, Length } from 'class-validator';
import { memberIdOf, memberTypes } from '@credvault/access/member-id.js';
import { levelOfRank, vaultLevels, type VaultLevel } from '@credvault/access/vault-levels.js';
import { publicId } from '@credvault/database/typed-id.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { GrantView } from './grants.repository.js';

const granteeTypes = [...Object.values(memberTypes), 'team', 'api_key'] as const;

/** To whom a vault or a project is granted. */
export class GranteeDto {
  /**
   * Id of the person, the service account, the team or the API key.
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
   * Name of the person, the service account, the team or the API key.
   * @example "Payments"
   */
  name!: string;
}

/** That a vault or a project is granted to a member, a team or an API key, and how far. */
export class GrantDto {
  /**
   * Id of the grant.
   * @example "gra_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * Id of the vault; null when a project is granted.
   * @example "vlt_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  vaultId!: string | null;

  /**
   * Id of the project; null when a vault is granted.
   * @example "prj_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  projectId!: string | null;

  /** To whom it is granted. */
  grantee!: GranteeDto;

  /**
   * How far: a `reader` sees the vault, or all vaults of the project, and reveals secrets; an `editor` also writes them; a
   * `manager` also changes, deletes and grants the vault, or the project and its vaults; each as far as their role allows.
   * @example "editor"
   */
  @IsIn(vaultLevels)
  level!: VaultLevel;

  /**
   * When it was granted.
   * @example "2026-01-15T08:30:00.000Z"
   */
  createdAt!: Date;

  /**
   * When the grant was last changed.
   * @example "2026-01-15T08:30:00.000Z"
   */
  updatedAt!: Date;
}

/** A grant to be made; it takes exactly one of `memberId`, `teamId` and `keyId`. */
export class CreateGrantDto {
  /**
   * Id of the person or service account of the organization to whom it shall be granted.
   * @example "usr_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 64)
  memberId?: string;

  /**
   * Id of the team to which it shall be granted; instead of `memberId`.
   * @example "tea_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 64)
  teamId?: string;

  /**
   * Id of the API key to which it shall be granted, beside what it is bound to; instead of `memberId`. It reaches what is granted
   * to it as far as its owner does. Takes the scope `key:manage`.
   * @example "key_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 64)
  keyId?: string;

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

/** Which grants to list. */
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
  const { id, vaultId, projectId, level, createdAt, updatedAt } = grant;
  return {
    id: publicId('grant', id),
    vaultId: vaultId && publicId('vault', vaultId),
    projectId: projectId && publicId('project', projectId),
    grantee: granteeDto(grant),
    level: levelOfRank(level),
    createdAt,
    updatedAt,
  };
}

function granteeDto({ granteeId, memberKind, apiKeyId, name }: GrantView): GranteeDto {
  if (apiKeyId !== null) return { id: publicId('apiKey', apiKeyId), type: 'api_key', name };
  if (memberKind === null) return { id: publicId('team', granteeId), type: 'team', name };
  return { id: memberIdOf(memberKind, granteeId), type: memberTypes[memberKind], name };
}
