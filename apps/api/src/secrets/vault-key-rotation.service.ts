import { Injectable } from '@nestjs/common';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { operatorRow } from '@credvault/audit-log/audit-record.js';
import { Keyring, type KeyOwner } from '@credvault/crypto/keyring.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { VaultsService } from '../vaults/vaults.service.js';
import { SecretCipher, type SealedContent, type VaultPlace, type VersionPlace } from './secret-cipher.js';

const batchSize = 200;

/** Lies before every version of every secret. */
const beginning: VersionPlace = { secretId: '00000000-0000-0000-0000-000000000000', version: 0 };

interface VersionRow extends SealedContent, VersionPlace {}

/** In which table a batch begins, and after which version. */
interface BatchStart {
  table: Table;
  after: VersionPlace;
}

/** Where versions are that the vault's key encrypts: secrets that were deleted can be restored. */
const tables = ['secret_versions', 'deleted_secret_versions'] as const;
type Table = (typeof tables)[number];

const selectBatch = (
  table: Table,
): string => `SELECT secret_id AS "secretId", version, key_version AS "keyVersion", value, notes FROM ${table}
  WHERE organization_id = $1 AND vault_id = $2 AND key_version < $3 AND (secret_id, version) > ($4, $5)
  ORDER BY secret_id, version LIMIT ${batchSize} FOR UPDATE`;

/** The ids stand there twice because without statistics the planner would read the whole vault to join them. */
const updateBatch = (
  table: Table,
): string => `UPDATE ${table} v SET key_version = $3, value = row.value, notes = row.notes
  FROM unnest($4::uuid[], $5::int[], $6::bytea[], $7::bytea[]) AS row (secret_id, version, value, notes)
  WHERE v.organization_id = $1 AND v.vault_id = $2 AND v.secret_id = ANY($4::uuid[])
    AND v.secret_id = row.secret_id AND v.version = row.version`;

/**
 * Gives a vault a new version of its data key while it is in use: new writes take it at once, then everything stored is
 * re-encrypted, and at last the old key is destroyed. A rotation that was interrupted goes on where it stopped.
 *
 * Writers hold the vault's row while they encrypt (`VaultsService.holdKey`), so that none can still be writing with the
 * old key once the new one is current. Every step locks that row first, as they do, so that none waits for another in a
 * circle; readers that were overtaken read again (`retryAfterRotation`).
 */
@Injectable()
export class VaultKeyRotationService {
  constructor(
    private readonly vaults: VaultsService,
    private readonly cipher: SecretCipher,
    private readonly keyring: Keyring,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
  ) {}

  /**
   * Rotates the data key of a vault, for the operator.
   *
   * @param onProgress told how many versions have been re-encrypted so far
   * @returns the version of the key that is current now
   * @throws VaultNotFound
   */
  async rotate(vaultId: string, onProgress: (reencrypted: number) => void): Promise<number> {
    const organizationId = await this.vaults.organizationOf(vaultId);
    const keyOwner: KeyOwner = { organizationId, type: 'vault', id: vaultId };
    const vault: VaultPlace = { organizationId, id: vaultId, keyOwner };
    const run = <T>(step: (transaction: Transaction) => Promise<T>): Promise<T> =>
      this.database.transaction(step, organizationId);
    const keyVersion = await run((transaction) => this.begin(transaction, vault));
    let total = 0;
    let isFinished = false;
    while (!isFinished) {
      for (const table of tables) {
        let after: VersionPlace | undefined = beginning;
        while (after) {
          const from: BatchStart = { table, after };
          const batch = await run((transaction) => this.reencryptBatch(transaction, vault, keyVersion, from));
          total += batch.length;
          if (batch.length > 0) onProgress(total);
          after = batch.at(-1);
        }
      }
      isFinished = await run((transaction) => this.finish(transaction, vault, keyVersion, total));
    }
    return keyVersion;
  }

  /** Makes the new version current, unless a rotation that was interrupted has done so. */
  private async begin(transaction: Transaction, vault: VaultPlace): Promise<number> {
    const keyVersion = await this.vaults.lockKeyVersion(transaction, vault.keyOwner);
    const [older] = await transaction.rows(
      `SELECT 1 FROM data_keys WHERE organization_id = $1 AND owner_type = 'vault' AND owner_id = $2 AND version < $3`,
      [vault.organizationId, vault.id, keyVersion],
    );
    if (older) return keyVersion;
    await this.keyring.createDataKey(transaction, vault.keyOwner, keyVersion + 1);
    await this.vaults.setKeyVersion(transaction, vault.keyOwner, keyVersion + 1);
    return keyVersion + 1;
  }

  /** Re-encrypts the next versions in the order of the primary key, and tells which; none is left after an empty batch. */
  private async reencryptBatch(
    transaction: Transaction,
    vault: VaultPlace,
    keyVersion: number,
    { table, after }: BatchStart,
  ): Promise<VersionPlace[]> {
    await this.vaults.lockKeyVersion(transaction, vault.keyOwner);
    const rows = await transaction.rows<VersionRow>(selectBatch(table), [
      vault.organizationId,
      vault.id,
      keyVersion,
      after.secretId,
      after.version,
    ]);
    if (rows.length === 0) return [];
    const sealed: SealedContent[] = [];
    for (const row of rows) {
      const content = await this.cipher.open(vault, row, row, transaction);
      sealed.push(await this.cipher.seal(vault, keyVersion, row, content, transaction));
    }
    await transaction.rows(updateBatch(table), [
      vault.organizationId,
      vault.id,
      keyVersion,
      rows.map((row) => row.secretId),
      rows.map((row) => row.version),
      sealed.map(({ value }) => value),
      sealed.map(({ notes }) => notes),
    ]);
    return rows;
  }

  /** Destroys the old key if nothing needs it any more, and tells whether it did. */
  private async finish(
    transaction: Transaction,
    vault: VaultPlace,
    keyVersion: number,
    total: number,
  ): Promise<boolean> {
    await this.vaults.lockKeyVersion(transaction, vault.keyOwner);
    const [left] = await transaction.rows(
      tables
        .map(
          (table) =>
            `(SELECT 1 FROM ${table} WHERE organization_id = $1 AND vault_id = $2 AND key_version < $3 LIMIT 1)`,
        )
        .join(' UNION ALL '),
      [vault.organizationId, vault.id, keyVersion],
    );
    if (left) return false;
    await this.keyring.destroyDataKeys(transaction, vault.keyOwner, keyVersion);
    const entry = { type: 'vault.key_rotated', resourceType: 'vault' as const, resourceId: vault.id };
    const details = { keyVersion, reencrypted: total };
    await this.auditLog.appendRow(
      transaction,
      operatorRow(vault.organizationId, { ...entry, vaultId: vault.id, details }),
    );
    return true;
  }
}
