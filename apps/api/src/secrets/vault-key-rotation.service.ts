import { Injectable } from '@nestjs/common';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { operatorRow } from '@credvault/audit-log/audit-record.js';
import { Keyring, type KeyOwner } from '@credvault/crypto/keyring.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { VaultsService } from '../vaults/vaults.service.js';
import { SecretCipher, type SealedContent, type VaultPlace } from './secret-cipher.js';

const batchSize = 200;

interface VersionRow extends SealedContent {
  secretId: string;
  version: number;
}

/**
 * Gives a vault a new version of its data key while it is in use: new writes take it at once, then everything stored is
 * re-encrypted, and at last the old key is destroyed. A rotation that was interrupted goes on where it stopped.
 *
 * Writers hold the vault's row while they encrypt (`VaultsService.holdKey`), so that none can still be writing with the
 * old key once the new one is current; readers that were overtaken read again (`retryAfterRotation`).
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
    const keyVersion = await this.database.transaction((transaction) => this.begin(transaction, vault));
    let total = 0;
    for (;;) {
      const done = await this.database.transaction((transaction) =>
        this.reencryptBatch(transaction, vault, keyVersion),
      );
      if (done === 0) break;
      total += done;
      onProgress(total);
    }
    await this.database.transaction((transaction) => this.finish(transaction, vault, keyVersion, total));
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

  private async reencryptBatch(
    transaction: Transaction,
    vault: VaultPlace,
    keyVersion: number,
  ): Promise<number> {
    const rows = await transaction.rows<VersionRow>(
      `SELECT secret_id AS "secretId", version, key_version AS "keyVersion", value, notes FROM secret_versions
       WHERE organization_id = $1 AND vault_id = $2 AND key_version < $3 LIMIT ${batchSize} FOR UPDATE`,
      [vault.organizationId, vault.id, keyVersion],
    );
    const sealed: SealedContent[] = [];
    for (const row of rows) {
      sealed.push(await this.cipher.seal(vault, keyVersion, row, await this.cipher.open(vault, row, row)));
    }
    await transaction.rows(
      `UPDATE secret_versions v SET key_version = $3, value = row.value, notes = row.notes
       FROM unnest($4::uuid[], $5::int[], $6::bytea[], $7::bytea[]) AS row (secret_id, version, value, notes)
       WHERE v.organization_id = $1 AND v.vault_id = $2 AND v.secret_id = row.secret_id AND v.version = row.version`,
      [
        vault.organizationId,
        vault.id,
        keyVersion,
        rows.map((row) => row.secretId),
        rows.map((row) => row.version),
        sealed.map(({ value }) => value),
        sealed.map(({ notes }) => notes),
      ],
    );
    return rows.length;
  }

  private async finish(
    transaction: Transaction,
    vault: VaultPlace,
    keyVersion: number,
    total: number,
  ): Promise<void> {
    await this.vaults.lockKeyVersion(transaction, vault.keyOwner);
    const [left] = await transaction.rows(
      `SELECT 1 FROM secret_versions WHERE organization_id = $1 AND vault_id = $2 AND key_version < $3 LIMIT 1`,
      [vault.organizationId, vault.id, keyVersion],
    );
    if (left)
      throw new Error('Some versions still need the old key, so that it was kept. Run the rotation again.');
    await this.keyring.destroyDataKeys(transaction, vault.keyOwner, keyVersion);
    const entry = { type: 'vault.key_rotated', resourceType: 'vault' as const, resourceId: vault.id };
    const details = { keyVersion, reencrypted: total };
    await this.auditLog.appendRow(
      transaction,
      operatorRow(vault.organizationId, { ...entry, vaultId: vault.id, details }),
    );
  }
}
