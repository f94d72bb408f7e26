import { Injectable } from '@nestjs/common';
import { Database } from '@credvault/database/database.js';
import { Conditions, listRows, pageOfRows } from '@credvault/database/list-rows.js';
import { keysetClause } from '@credvault/http/pagination/keyset.js';
import { countLimit } from '@credvault/http/pagination/page.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import type { AuthorizedVault } from '../vaults/authorized-vault.js';
import type { SecretListQuery } from './secret.dto.js';
import { contentColumns, secretColumns, type SecretWithContent } from './secrets.repository.js';
import type { Secret } from './secret.entity.js';

/** Shortest search the trigram index can answer. */
const indexedSearchLength = 3;

/** Lists the secrets of a vault. */
@Injectable()
export class SecretListRepository {
  constructor(private readonly database: Database) {}

  /**
   * A page of secrets without their content.
   *
   * @param secretCount the vault's counter, which is the total of an unfiltered list
   */
  async list(
    vault: AuthorizedVault,
    query: SecretListQuery,
    page: PageRequest,
    secretCount: number,
  ): Promise<{ rows: Secret[]; total: number }> {
    const conditions = new Conditions()
      .add('s.organization_id = ?', vault.organizationId)
      .add('s.vault_id = ?', vault.id);
    const unfiltered = conditions.values.length;
    conditions.add('s.key = ?', query.key).add('s.type = ?', query.type);
    conditions.addCommon(query, { created: 's.created_at', updated: 's.updated_at', search: 's.key' });
    const list = { columns: secretColumns, from: 'secrets s', conditions, page };
    if (conditions.values.length === unfiltered) {
      return { rows: await pageOfRows<Secret>(this.database, list), total: secretCount };
    }
    if (query.search !== undefined && query.search.length >= indexedSearchLength) {
      const found = await this.searchByIndex(conditions, page);
      if (found.total < countLimit) return found;
    }
    return listRows<Secret>(this.database, list);
  }

  /** The current content of secrets of one vault, by secret id. */
  async contents(vault: AuthorizedVault, ids: string[]): Promise<Map<string, SecretWithContent>> {
    const rows = await this.database.execute<SecretWithContent>(selectContents, [
      vault.organizationId,
      vault.id,
      ids,
    ]);
    return new Map(rows.map((row) => [row.id, row]));
  }

  /**
   * Collects all matches by the trigram index first, and sorts them afterwards. The planner, left alone, may walk the
   * whole vault in sort order to find the few that match. Stops at 10,001 matches; then they are dense enough to walk.
   */
  private async searchByIndex(
    conditions: Conditions,
    page: PageRequest,
  ): Promise<{ rows: Secret[]; total: number }> {
    const keyset = keysetClause(page.sort, page.after, conditions.values.length + 1);
    const rows = await this.database.rows<Secret & { total: number | null }>(
      `WITH hits AS MATERIALIZED (
         SELECT s.* FROM secrets s WHERE ${conditions.where} LIMIT ${countLimit})
       SELECT ${secretColumns}, (SELECT count(*)::int FROM hits) AS total FROM hits s
       WHERE ${keyset.where} ORDER BY ${keyset.orderBy} LIMIT ${page.limit + 1} OFFSET ${page.offset}`,
      [...conditions.values, ...keyset.values],
    );
    const [first] = rows;
    if (first) return { rows, total: first.total ?? 0 };
    if (page.after === undefined && page.offset === 0) return { rows, total: 0 };
    // A page beyond the last match: its total still has to be known.
    const [count] = await this.database.rows<{ total: number }>(
      `SELECT count(*)::int AS total FROM (SELECT 1 FROM secrets s WHERE ${conditions.where} LIMIT ${countLimit}) AS hits`,
      conditions.values,
    );
    return { rows, total: count?.total ?? 0 };
  }
}

const selectContents = {
  name: 'select_secret_contents',
  text: `SELECT ${secretColumns}, ${contentColumns} FROM secrets s
    JOIN secret_versions v ON v.organization_id = s.organization_id AND v.vault_id = s.vault_id AND v.secret_id = s.id
      AND v.version = s.current_version
    WHERE s.organization_id = $1 AND s.vault_id = $2 AND s.id = ANY($3::uuid[])`,
};
