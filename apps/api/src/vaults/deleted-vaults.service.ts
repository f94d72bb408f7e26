import { Injectable } from '@nestjs/common';
import { ScopeMissing } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { Keyring } from '@credvault/crypto/keyring.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { toPage, type Page } from '@credvault/http/pagination/page.js';
import { parsePageRequest, type SortColumn } from '@credvault/http/pagination/page-request.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { proveAuthorized, type AuthorizedVault } from './authorized-vault.js';
import {
  DeletedVaultsRepository,
  type DeletedVault,
  type LockedDeletedVault,
} from './deleted-vaults.repository.js';
import type { Vault } from './vault.entity.js';
import { VaultParts } from './vault-parts.js';
import { VaultNotFound } from './vaults.errors.js';
import { VaultsService } from './vaults.service.js';

const sortable: Record<string, SortColumn> = {
  id: { sql: 'd.id', type: 'uuid' },
  deletedAt: { sql: 'd.deleted_at', type: 'timestamptz' },
  restorableUntil: { sql: 'd.restorable_until', type: 'timestamptz' },
  createdAt: { sql: 'd.created_at', type: 'timestamptz' },
  updatedAt: { sql: 'd.updated_at', type: 'timestamptz' },
  name: { sql: 'd.name', type: 'text' },
};

/**
 * Deleted vaults, as long as they can be restored. They are known to those who reach every vault, and to whoever deleted them, as
 * long as that one would manage them again; both take the scope `vault:write`.
 */
@Injectable()
export class DeletedVaultsService {
  constructor(
    private readonly deleted: DeletedVaultsRepository,
    private readonly vaults: VaultsService,
    private readonly parts: VaultParts,
    private readonly organizations: OrganizationsService,
    private readonly keyring: Keyring,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly idempotency: Idempotency,
    private readonly cursors: CursorCodec,
    private readonly credentials: CredentialRegistry,
  ) {}

  async list<T>(actor: Actor, query: ListQuery, toItem: (vault: DeletedVault) => T): Promise<Page<T>> {
    assertMayWrite(actor);
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: '-deletedAt',
      defaultLimit: 50,
      cursors: this.cursors,
      list: `deleted-vaults:${actor.organizationId}`,
    });
    return toPage(page, await this.deleted.list(actor, deleterFor(actor), query, page), toItem);
  }

  /**
   * Brings a deleted vault back as it was: its secrets, and its grants to members, teams and keys that are still there.
   *
   * @throws VaultNotFound, also for one whose window has ended
   */
  restore(actor: Actor, vaultId: string, retry?: RetryKey): Promise<Outcome<Vault>> {
    const vault = proveAuthorized(actor, vaultId, 'manager');
    return this.idempotency.once(actor, retry, {
      change: async (transaction) => {
        const answer = await this.reinstate(transaction, vault);
        return { answer, status: 200, resourceId: vault.id };
      },
      replay: (first) => this.vaults.get(this.vaults.authorize(actor, 'vault:write', first.resourceId)),
    });
  }

  /** Deletes a deleted vault for good, before its window ends, and destroys its data keys. @throws VaultNotFound */
  async purge(actor: Actor, vaultId: string): Promise<void> {
    const vault = proveAuthorized(actor, vaultId, 'manager');
    await this.database.transaction(async (transaction) => {
      const { secretCount } = await this.lock(transaction, vault);
      await this.parts.purge(transaction, vault);
      await this.deleted.delete(transaction, vault);
      await this.keyring.destroyDataKeys(transaction, vault.keyOwner);
      await this.record(transaction, vault, { type: 'vault.purged', status: 204, secretCount });
    }, actor.organizationId);
  }

  private async reinstate(transaction: Transaction, vault: AuthorizedVault): Promise<Vault> {
    const deleted = await this.lock(transaction, vault);
    const projectId = await this.deleted.reinstate(transaction, deleted);
    // The organization before the members, as in the transaction that makes a vault.
    await this.organizations.countVaults(transaction, vault.organizationId, 1);
    await this.parts.restore(transaction, vault);
    await this.deleted.delete(transaction, vault);
    const { secretCount } = deleted;
    await this.record(transaction, vault, { type: 'vault.restored', status: 200, secretCount });
    if (projectId !== null) {
      transaction.afterCommit(() => this.credentials.invalidate({ kind: 'project', id: projectId }));
    }
    return this.vaults.lock(transaction, vault);
  }

  private async lock(transaction: Transaction, vault: AuthorizedVault): Promise<LockedDeletedVault> {
    const { actor, id } = vault;
    assertMayWrite(actor);
    if (actor.vaultIds?.has(id) === false) throw new VaultNotFound();
    const deleted = await this.deleted.lock(transaction, vault, deleterFor(actor));
    if (!deleted) throw new VaultNotFound();
    return deleted;
  }

  private record(
    transaction: Transaction,
    { actor, id }: AuthorizedVault,
    { secretCount, ...entry }: { type: string; status: number; secretCount: number },
  ): Promise<void> {
    return this.auditLog.recordChange(transaction, actor, {
      ...entry,
      resourceType: 'vault',
      resourceId: id,
      vaultId: id,
      details: { secretCount },
    });
  }
}

/** @throws ScopeMissing */
function assertMayWrite(actor: Actor): void {
  if (!actor.scopes.has('vault:write')) throw new ScopeMissing('vault:write');
}

/** Whose deletions an actor may know of; undefined: those of everybody. */
function deleterFor({ grants, userId }: Actor): string | undefined {
  return grants === undefined ? undefined : userId;
}
