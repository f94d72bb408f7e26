import { Injectable } from '@nestjs/common';
import { ScopeMissing } from '@credvault/access/access.errors.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import type { SecretValue } from '@credvault/crypto/secret-value.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import { Page, toPage } from '@credvault/http/pagination/page.js';
import { parsePageRequest, type SortColumn } from '@credvault/http/pagination/page-request.js';
import type { AuthorizedVault } from '../vaults/authorized-vault.js';
import { VaultsService } from '../vaults/vaults.service.js';
import { SecretCipher, retryAfterRotation } from './secret-cipher.js';
import { SecretListRepository } from './secret-list.repository.js';
import type { SecretListQuery } from './secret.dto.js';
import type { Secret } from './secret.entity.js';
import type { SecretView } from './secrets.service.js';

const sortable: Record<string, SortColumn> = {
  createdAt: { sql: 's.created_at', type: 'timestamptz' },
  updatedAt: { sql: 's.updated_at', type: 'timestamptz' },
  key: { sql: 's.key', type: 'text' },
  type: { sql: 's.type', type: 'text' },
  id: { sql: 's.id', type: 'uuid' },
};

/** Lists the secrets of a vault, with their values for those who may read them. */
@Injectable()
export class SecretListService {
  constructor(
    private readonly secrets: SecretListRepository,
    private readonly vaults: VaultsService,
    private readonly cipher: SecretCipher,
    private readonly auditLog: AuditLog,
    private readonly cursors: CursorCodec,
  ) {}

  /**
   * A page of secrets. Values are shown to actors who may read them, unless `reveal=false`; one record names all of them.
   *
   * @throws VaultNotFound; ScopeMissing for `reveal=true` without the scope to read
   */
  async list(vault: AuthorizedVault, query: SecretListQuery): Promise<Page<SecretView>> {
    if (query.reveal === true && !vault.allows('secret:read')) throw new ScopeMissing('secret:read');
    const list = `secrets:${vault.id}`;
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: 'createdAt',
      defaultLimit: 1_000,
      cursors: this.cursors,
      list,
    });
    const { secretCount } = await this.vaults.get(vault);
    const found = await this.secrets.list(vault, query, page, secretCount);
    const names = toPage(page, found, (secret) => secret);
    const revealing = vault.allows('secret:read') && query.reveal !== false;
    if (!revealing || names.items.length === 0) return names.map(bareView);
    const values = await this.reveal(vault, names.items);
    return names.map((secret) => values.get(secret.id) ?? bareView(secret));
  }

  private reveal(vault: AuthorizedVault, secrets: Secret[]): Promise<Map<string, SecretView>> {
    const ids = secrets.map(({ id }) => id);
    return retryAfterRotation(async () => {
      const views = new Map<string, SecretView>();
      for (const row of (await this.secrets.values(vault, ids)).values()) {
        const value: SecretValue = await this.cipher.openValue(
          vault,
          { secretId: row.id, version: row.version },
          row,
        );
        views.set(row.id, { secret: row, version: row.version, value });
      }
      await this.auditLog.recordReveal(vault.actor, {
        type: 'secret.revealed',
        status: 200,
        resourceType: 'secret',
        resourceIds: [...views.keys()],
        vaultId: vault.id,
      });
      return views;
    });
  }
}

function bareView(secret: Secret): SecretView {
  return { secret, version: secret.currentVersion };
}
