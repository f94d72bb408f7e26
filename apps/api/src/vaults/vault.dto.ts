import { IsInt, IsOptional, IsString, Length, Matches, Max, MaxLength, Min } from 'class-validator';
import type { Actor } from '@credvault/access/actor.js';
import { publicId } from '@credvault/database/typed-id.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { MayBeNull } from '@credvault/http/may-be-null.js';
import { IsPrintable } from '@credvault/http/is-printable.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { environmentName } from '../projects/environment-name.js';
import type { Vault } from './vault.entity.js';
import { placeShownTo } from './vault-places.js';

/** A vault: secrets that belong together, encrypted with a key of its own. */
export class VaultDto {
  /**
   * Id of the vault.
   * @example "vlt_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * Name of the vault.
   * @example "Production"
   */
  name!: string;

  /**
   * What the vault is for.
   * @example "Production environment secrets"
   */
  description!: string;

  /**
   * Secrets in the vault.
   * @example 42
   */
  secretCount!: number;

  /**
   * Versions kept of each secret.
   * @example 100
   */
  maxVersions!: number;

  /**
   * Id of the project the vault belongs to; null when there is none that you may know of.
   * @example "prj_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  projectId!: string | null;

  /**
   * The environment of the project whose vault it is; null when it belongs to none.
   * @example "production"
   */
  environment!: string | null;

  /**
   * When the vault was made.
   * @example "2025-01-15T08:30:00.000Z"
   */
  createdAt!: Date;

  /**
   * When the vault itself was last changed.
   * @example "2025-06-10T14:22:00.000Z"
   */
  updatedAt!: Date;
}

/** A vault to be made. */
export class CreateVaultDto {
  /**
   * Name of the vault.
   * @example "Staging"
   */
  @IsString()
  @Length(1, 200)
  @IsPrintable()
  name!: string;

  /**
   * What the vault is for.
   * @example "Staging environment secrets"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(2000)
  description?: string;

  /**
   * Versions to keep of each secret; the oldest goes when a new one is made. 100 when left out.
   * @example 100
   */
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(1000)
  maxVersions?: number;

  /**
   * Id of a project that you manage, for the vault to belong to; none when left out.
   * @example "prj_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @MayBeNull()
  @IsString()
  @Length(1, 64)
  projectId?: string | null;

  /**
   * Name of an environment of the project that has no vault yet; none when left out.
   * @example "staging"
   */
  @MayBeNull()
  @IsString()
  @Length(1, 50)
  @Matches(environmentName)
  environment?: string | null;
}

/** What to change of a vault; what is left out stays as it is. */
export class UpdateVaultDto {
  /**
   * Name of the vault.
   * @example "Production (US-East)"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  @IsPrintable()
  name?: string;

  /**
   * What the vault is for.
   * @example "Updated description"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(2000)
  description?: string;

  /**
   * Versions to keep of each secret; a lower number takes effect with the next change of each secret.
   * @example 50
   */
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(1000)
  maxVersions?: number;

  /**
   * Id of a project that you manage, for the vault to move to; null takes it out of its project.
   * @example "prj_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @MayBeNull()
  @IsString()
  @Length(1, 64)
  projectId?: string | null;

  /**
   * Name of an environment of its project that has no vault yet; null for none. A vault that moves to another project leaves
   * its environment.
   * @example "staging"
   */
  @MayBeNull()
  @IsString()
  @Length(1, 50)
  @Matches(environmentName)
  environment?: string | null;
}

/** Which vaults to list. */
export class VaultsQuery extends ListQuery {
  /**
   * Only vaults of this project.
   * @example "prj_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  projectId?: string;

  /**
   * Only vaults of environments with this name.
   * @example "production"
   */
  @IsOptional()
  @IsString()
  @Length(1, 50)
  environment?: string;
}

/** A vault as the API shows it: in its project, to whoever may know of that. */
export function vaultDto(vault: Vault, viewer: Actor): VaultDto {
  const { id, name, description, secretCount, maxVersions, createdAt, updatedAt } = vault;
  const { projectId, environment } = placeShownTo(viewer, vault);
  return {
    id: publicId('vault', id),
    name,
    description,
    secretCount,
    maxVersions,
    projectId,
    environment,
    createdAt,
    updatedAt,
  };
}
