import { Injectable } from '@nestjs/common';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { toPage, type Page } from '@credvault/http/pagination/page.js';
import { parsePageRequest, type SortColumn } from '@credvault/http/pagination/page-request.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import type { AuthorizedVault } from '../vaults/authorized-vault.js';
import { VaultsService } from '../vaults/vaults.service.js';
import { DeletedSecretsRepository, type DeletedSecret } from './deleted-secrets.repository.js';
import type { Secret } from './secret.entity.js';
import { SecretNotFound } from './secrets.errors.js';
import { SecretsRepository } from './secrets.repository.js';
import type { SecretView } from './secrets.service.js';

const sortable: Record<string, SortColumn> = {
  id: { sql: 's.id', type: 'uuid' },
  deletedAt: { sql: 's.deleted_at', type: 'timestamptz' },
  restorableUntil: { sql: 's.restorable_until', type: 'timestamptz' },
  createdAt: { sql: 's.created_at', type: 'timestamptz' },
  updatedAt: { sql: 's.updated_at', type: 'timestamptz' },
  key: { sql: 's.key', type: 'text' },
  type: { sql: 's.type', type: 'text' },
};

/**
 * Deleted secrets of a vault that is there, as long as they can be restored. What it takes to write secrets (`secret:write`) it
 * takes to see and to restore them; nothing here reveals a value.
 */
@Injectable()
export class DeletedSecretsService {
  constructor(
    private readonly deleted: DeletedSecretsRepository,
    private readonly secrets: SecretsRepository,
    private readonly vaults: VaultsService,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly idempotency: Idempotency,
    private readonly cursors: CursorCodec,
  ) {}

  /** @throws VaultNotFound */
  async list<T>(
    vault: AuthorizedVault,
    query: ListQuery,
    toItem: (secret: DeletedSecret) => T,
  ): Promise<Page<T>> {
    await this.vaults.get(vault);
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: '-deletedAt',
      defaultLimit: 50,
      cursors: this.cursors,
      list: `deleted-secrets:${vault.id}`,
    });
    return toPage(page, await this.deleted.list(vault, query, page), toItem);
  }

  /**
   * Brings a deleted secret back with every version it had.
   *
   * @param key its name from now on; undefined: as before
   * @throws VaultNotFound; SecretNotFound, also when its window has ended; RestoredKeyTaken
   */
  restore(
    vault: AuthorizedVault,
    secretId: string,
    key?: string,
    retry?: RetryKey,
  ): Promise<Outcome<SecretView>> {
    return this.idempotency.once(vault.actor, retry, {
      change: async (transaction) => {
        await this.vaults.countSecrets(transaction, vault, 1);
        const secret = await this.deleted.restoreOne(transaction, vault, secretId, key);
        if (!secret) throw new SecretNotFound();
        const details = { version: secret.currentVersion, renamed: key !== undefined };
        await this.record(transaction, vault, secretId, { type: 'secret.restored', status: 200, details });
        return { answer: viewOf(secret), status: 200, resourceId: secretId };
      },
      replay: async (first) => {
        const secret = await this.secrets.find(vault, first.resourceId);
        if (!secret) throw new SecretNotFound();
        return viewOf(secret);
      },
    });
  }

  /** Deletes a deleted secret for good, before its window ends. @throws VaultNotFound, SecretNotFound */
  async purge(vault: AuthorizedVault, secretId: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      await this.vaults.holdKey(transaction, vault);
      if (!(await this.deleted.purgeOne(transaction, vault, secretId))) throw new SecretNotFound();
      await this.record(transaction, vault, secretId, { type: 'secret.purged', status: 204 });
    }, vault.organizationId);
  }

  private record(
    transaction: Transaction,
    { actor, id: vaultId }: AuthorizedVault,
    resourceId: string,
    entry: { type: string; status: number; details?: Record<string, unknown> },
  ): Promise<void> {
    return this.auditLog.recordChange(transaction, actor, {
      ...entry,
      resourceType: 'secret',
      resourceId,
      vaultId,
    });
  }
}

function viewOf(secret: Secret): SecretView {
  return { secret, version: secret.currentVersion };
}
