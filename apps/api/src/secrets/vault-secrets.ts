import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Transaction } from '@credvault/database/database.js';
import { TableStatistics } from '@credvault/database/table-statistics.js';
import type { Deletion } from '../vaults/recovery-window.js';
import { VaultParts, type VaultPart, type VaultPlace } from '../vaults/vault-parts.js';
import { DeletedSecretsRepository } from './deleted-secrets.repository.js';

/** Secrets go and come back with their vault. */
@Injectable()
export class VaultSecrets implements OnModuleInit, VaultPart {
  constructor(
    private readonly deleted: DeletedSecretsRepository,
    private readonly parts: VaultParts,
    private readonly statistics: TableStatistics,
  ) {}

  onModuleInit(): void {
    this.parts.register(this);
  }

  withdraw(transaction: Transaction, vault: VaultPlace, deletion: Deletion): Promise<void> {
    return this.deleted.withdrawAll(transaction, vault, deletion);
  }

  async restore(transaction: Transaction, vault: VaultPlace): Promise<void> {
    const restored = await this.deleted.restoreAll(transaction, vault);
    transaction.afterCommit(() => this.statistics.noteChanges(restored));
  }

  purge(transaction: Transaction, vault: VaultPlace): Promise<void> {
    return this.deleted.purgeAll(transaction, vault);
  }
}
