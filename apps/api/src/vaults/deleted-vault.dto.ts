import { memberIdOf } from '@credvault/access/member-id.js';
import { publicId } from '@credvault/database/typed-id.js';
import type { DeletedVault } from './deleted-vaults.repository.js';

/** A vault that was deleted and can be restored. */
export class DeletedVaultDto {
  /**
   * Id of the vault, which it keeps when it is restored.
   * @example "vlt_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * Name of the vault.
   * @example "Production"
   */
  name!: string;

  /**
   * What the vault was for.
   * @example "Production environment secrets"
   */
  description!: string;

  /**
   * Secrets that were deleted with the vault and are restored with it.
   * @example 42
   */
  secretCount!: number;

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

  /**
   * Id of the person or service account that deleted it.
   * @example "usr_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  deletedBy!: string;

  /**
   * When it was deleted.
   * @example "2026-01-15T08:30:00.000Z"
   */
  deletedAt!: Date;

  /**
   * Until when it can be restored, fixed when it was deleted. Then its key is destroyed.
   * @example "2026-02-14T08:30:00.000Z"
   */
  restorableUntil!: Date;
}

/** A deleted vault as the API shows it. */
export function deletedVaultDto(vault: DeletedVault): DeletedVaultDto {
  const { id, name, description, secretCount, createdAt, updatedAt, deletedAt, restorableUntil } = vault;
  return {
    id: publicId('vault', id),
    name,
    description,
    secretCount,
    createdAt,
    updatedAt,
    deletedBy: memberIdOf(vault.deletedByKind ?? 'person', vault.deletedBy),
    deletedAt,
    restorableUntil,
  };
}
