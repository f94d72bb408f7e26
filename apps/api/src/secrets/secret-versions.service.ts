import { Injectable } from '@nestjs/common';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import type { Transaction } from '@credvault/database/database.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { toPage, type Page } from '@credvault/http/pagination/page.js';
import { parsePageRequest, type SortColumn } from '@credvault/http/pagination/page-request.js';
import type { AuthorizedVault } from '../vaults/authorized-vault.js';
import { VaultsService } from '../vaults/vaults.service.js';
import { SecretCipher, retryAfterRotation } from './secret-cipher.js';
import { SecretVersionsRepository, type VersionRow } from './secret-versions.repository.js';
import { SecretNotFound, SecretVersionNotFound } from './secrets.errors.js';
import { SecretsRepository } from './secrets.repository.js';
import { revealEntry, SecretsService, type SecretView } from './secrets.service.js';

const sortable: Record<string, SortColumn> = {
  version: { sql: 'version', type: 'int4' },
  createdAt: { sql: 'created_at', type: 'timestamptz' },
  id: { sql: 'version', type: 'int4' },
};

/** A version as a list shows it, without its content. */
export interface ListedVersion extends VersionRow {
  current: boolean;
}

/** The history of a secret's value. */
@Injectable()
export class SecretVersionsService {
  constructor(
    private readonly versions: SecretVersionsRepository,
    private readonly secrets: SecretsRepository,
    private readonly writes: SecretsService,
    private readonly vaults: VaultsService,
    private readonly cipher: SecretCipher,
    private readonly auditLog: AuditLog,
    private readonly idempotency: Idempotency,
    private readonly cursors: CursorCodec,
  ) {}

  /** @throws SecretNotFound */
  async list(vault: AuthorizedVault, secretId: string, query: ListQuery): Promise<Page<ListedVersion>> {
    const list = `versions:${secretId}`;
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: '-version',
      defaultLimit: 50,
      cursors: this.cursors,
      list,
    });
    const secret = await this.secrets.find(vault, secretId);
    if (!secret) throw new SecretNotFound();
    const found = await this.versions.list(vault, secretId, query, page);
    const toItem = (row: VersionRow): ListedVersion => ({
      ...row,
      current: row.version === secret.currentVersion,
    });
    return toPage(page, found, toItem, (row, field) => (field === 'createdAt' ? row.createdAt : row.version));
  }

  /** Reveals one version. @throws SecretVersionNotFound */
  async reveal(vault: AuthorizedVault, secretId: string, version: number): Promise<SecretView> {
    return retryAfterRotation(async () => {
      const row = await this.secrets.findVersion(vault, secretId, version);
      if (!row) throw new SecretVersionNotFound();
      const content = await this.cipher.open(vault, { secretId, version }, row);
      await this.auditLog.recordReveal(vault.actor, revealEntry(vault, secretId, version));
      return { secret: row, version, ...content };
    });
  }

  /** Makes an earlier value and its notes the newest version. @throws SecretNotFound, SecretVersionNotFound */
  rollback(
    vault: AuthorizedVault,
    secretId: string,
    version: number,
    retry?: RetryKey,
  ): Promise<Outcome<SecretView>> {
    return this.idempotency.once(vault.actor, retry, {
      change: async (transaction) => {
        const answer = await this.copyToNewest(transaction, vault, secretId, version);
        return { answer, status: 200, resourceId: secretId, resourceVersion: answer.version };
      },
      replay: (first) => this.replay(vault, first.resourceId, first.resourceVersion ?? 1),
    });
  }

  private async copyToNewest(
    transaction: Transaction,
    vault: AuthorizedVault,
    secretId: string,
    version: number,
  ): Promise<SecretView> {
    const { keyVersion, maxVersions } = await this.vaults.holdKey(transaction, vault);
    const present = await this.secrets.lockCurrent(transaction, vault, secretId);
    if (!present) throw new SecretNotFound();
    const old = await this.secrets.findVersionIn(transaction, vault, secretId, version);
    if (!old) throw new SecretVersionNotFound();
    const content = await this.cipher.open(vault, { secretId, version }, old, transaction);
    const newest = present.version + 1;
    const updatedAt = new Date();
    const sealed = await this.cipher.seal(
      vault,
      keyVersion,
      { secretId, version: newest },
      content,
      transaction,
    );
    const added = { id: secretId, version: newest, keep: maxVersions, createdAt: updatedAt };
    await this.secrets.insertVersion(transaction, vault, added, sealed);
    await this.secrets.update(transaction, vault, secretId, { currentVersion: newest, updatedAt });
    await this.auditLog.recordChange(transaction, vault.actor, {
      type: 'secret.rolled_back',
      status: 200,
      resourceType: 'secret',
      resourceId: secretId,
      vaultId: vault.id,
      details: { from: version, version: newest },
    });
    const secret = { ...present, revision: present.revision + 1, updatedAt };
    return this.writes.viewAfterWrite(transaction, vault, { secret, version: newest, ...content }, {});
  }

  private async replay(vault: AuthorizedVault, secretId: string, version: number): Promise<SecretView> {
    if (vault.allows('secret:read')) return this.reveal(vault, secretId, version);
    const secret = await this.secrets.find(vault, secretId);
    if (!secret) throw new SecretNotFound();
    return { secret, version };
  }
}
