import { Injectable } from '@nestjs/common';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { serviceRow } from '@credvault/audit-log/audit-record.js';
import { Database } from '@credvault/database/database.js';
import type { VaultPlace } from '../vaults/vault-parts.js';
import { DeletedSecretsRepository } from './deleted-secrets.repository.js';

/** Secrets of one transaction; each may have a thousand versions. */
const batchSize = 100;

/**
 * Deletes secrets for good whose recovery window has ended; those that went with a vault go with it. May run on several
 * processes at once, and be stopped at any moment: the next run goes on.
 */
@Injectable()
export class DeletedSecretPurge {
  constructor(
    private readonly deleted: DeletedSecretsRepository,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
  ) {}

  /** @throws AggregateError of what went wrong, after every vault had its turn */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const vault of await this.deleted.findEnded()) {
      await this.purgeIn(vault).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, 'Not every deleted secret could be purged.');
  }

  private async purgeIn(vault: VaultPlace): Promise<void> {
    let purged = batchSize;
    while (purged === batchSize) purged = await this.purgeBatch(vault);
  }

  private purgeBatch(vault: VaultPlace): Promise<number> {
    const { organizationId, id: vaultId } = vault;
    return this.database.transaction(async (transaction) => {
      const resourceIds = await this.deleted.purgeEnded(transaction, vault, batchSize);
      if (resourceIds.length === 0) return 0;
      const entry = { type: 'secret.purged', resourceType: 'secret' as const, resourceIds, vaultId };
      await this.auditLog.appendRow(transaction, serviceRow(organizationId, entry));
      return resourceIds.length;
    }, organizationId);
  }
}
