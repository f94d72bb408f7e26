import { Injectable } from '@nestjs/common';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { serviceRow } from '@credvault/audit-log/audit-record.js';
import { Keyring } from '@credvault/crypto/keyring.js';
import { Database } from '@credvault/database/database.js';
import { DeletedVaultsRepository } from './deleted-vaults.repository.js';
import { VaultParts, type VaultPlace } from './vault-parts.js';

/**
 * Deletes vaults for good whose recovery window has ended, and destroys their data keys. May run on several processes at once,
 * and be stopped at any moment: each vault is one transaction, and the next run goes on.
 */
@Injectable()
export class DeletedVaultPurge {
  constructor(
    private readonly deleted: DeletedVaultsRepository,
    private readonly parts: VaultParts,
    private readonly keyring: Keyring,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
  ) {}

  /** @throws AggregateError of what went wrong, after every vault had its turn */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const vault of await this.deleted.findEnded()) {
      await this.purge(vault).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, 'Not every deleted vault could be purged.');
  }

  private async purge(vault: VaultPlace): Promise<void> {
    const { organizationId, id } = vault;
    await this.database.transaction(async (transaction) => {
      const secretCount = await this.deleted.lockEnded(transaction, vault);
      if (secretCount === undefined) return;
      await this.parts.purge(transaction, vault);
      await this.deleted.delete(transaction, vault);
      await this.keyring.destroyDataKeys(transaction, { organizationId, type: 'vault', id });
      const entry = { type: 'vault.purged', resourceType: 'vault' as const, resourceId: id, vaultId: id };
      await this.auditLog.appendRow(
        transaction,
        serviceRow(organizationId, { ...entry, details: { secretCount } }),
      );
    }, organizationId);
  }
}
