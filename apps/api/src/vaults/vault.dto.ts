import { IsInt, IsString, Length, Max, MaxLength, Min } from 'class-validator';
import { publicId } from '@credvault/database/typed-id.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { IsPrintable } from '@credvault/http/is-printable.js';
import type { Vault } from './vault.entity.js';

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
}

/** A vault as the API shows it. */
export function vaultDto(vault: Vault): VaultDto {
  const { id, name, description, secretCount, maxVersions, createdAt, updatedAt } = vault;
  return { id: publicId('vault', id), name, description, secretCount, maxVersions, createdAt, updatedAt };
}
