import { Injectable } from '@nestjs/common';
import { Database } from '@credvault/database/database.js';
import { Conditions, listRows, pageOfRows } from '@credvault/database/list-rows.js';
import { keysetClause } from '@credvault/http/pagination/keyset.js';
import { countLimit } from '@credvault/http/pagination/page.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import type { AuthorizedVault } from '../vaults/authorized-vault.js';
import type { SecretListQuery } from './secret.dto.js';
import { secretColumns, type SecretWithContent } from './secrets.repository.js';
import type { Secret } from './secret.entity.js';

/** Shortest search the trigram index can answer. */
const indexedSearchLength = 3;

/** So many matches cost nothing to collect before they are sorted. */
const fewMatches = 500;

/** Less than one match in so many secrets is rare: a walk in sort order could have to read the whole vault for a page. */
const rareMatch = 10;

/** A secret with its current value. */
export type SecretWithValue = Omit<SecretWithContent, 'notes'>;

interface FilteredList {
  columns: string;
  from: string;
  conditions: Conditions;
  page: PageRequest;
}

type CollectedRow = Secret & { total: number };

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
      return this.search(list, secretCount);
    }
    return listRows<Secret>(this.database, list);
  }

  /** The current values of secrets of one vault, by secret id. */
  async values(vault: AuthorizedVault, ids: string[]): Promise<Map<string, SecretWithValue>> {
    const rows = await this.database.execute<SecretWithValue>(selectValues, [
      vault.organizationId,
      vault.id,
      ids,
    ]);
    return new Map(rows.map((row) => [row.id, row]));
  }

  /**
   * Collects the matches by the trigram index and sorts them, unless so many match that a walk in sort order fills the page
   * sooner. The planner, left alone, may walk the whole vault to find the few that match.
   */
  private async search(list: FilteredList, secretCount: number): Promise<{ rows: Secret[]; total: number }> {
    const { conditions, page } = list;
    const few = await this.collect(list, fewMatches + 1);
    const isFirst = page.after === undefined && page.offset === 0;
    const collected = few[0]?.total ?? (isFirst ? 0 : undefined);
    if (collected !== undefined && collected <= fewMatches) return { rows: few, total: collected };
    const total = await this.count(conditions);
    if (total <= fewMatches) return { rows: [], total };
    const isRare = total < countLimit && total * rareMatch < secretCount;
    const rows = isRare
      ? await this.collect(list, countLimit)
      : await pageOfRows<Secret>(this.database, list);
    return { rows, total };
  }

  /** A page of at most so many matches, collected in no order and sorted; each row tells how many they were. */
  private collect({ columns, from, conditions, page }: FilteredList, most: number): Promise<CollectedRow[]> {
    const keyset = keysetClause(page.sort, page.after, conditions.values.length + 1);
    return this.database.rows<CollectedRow>(
      `WITH hits AS MATERIALIZED (SELECT s.* FROM ${from} WHERE ${conditions.where} LIMIT ${most})
       SELECT ${columns}, (SELECT count(*)::int FROM hits) AS total FROM hits s
       WHERE ${keyset.where} ORDER BY ${keyset.orderBy} LIMIT ${page.limit + 1} OFFSET ${page.offset}`,
      [...conditions.values, ...keyset.values],
    );
  }

  private async count({ where, values }: Conditions): Promise<number> {
    const [count] = await this.database.rows<{ total: number }>(
      `SELECT count(*)::int AS total FROM (SELECT 1 FROM secrets s WHERE ${where} LIMIT ${countLimit}) AS hits`,
      values,
    );
    return count?.total ?? 0;
  }
}

const selectValues = {
  name: 'select_secret_values',
  // Each row by its whole key: without statistics the planner would join the whole vault instead.
  text: `SELECT found.* FROM unnest($3::uuid[]) AS wanted (id), LATERAL (
      SELECT ${secretColumns}, v.version, v.key_version AS "keyVersion", v.value FROM secrets s
      JOIN secret_versions v ON v.organization_id = s.organization_id AND v.vault_id = s.vault_id AND v.secret_id = s.id
        AND v.version = s.current_version
      WHERE s.organization_id = $1 AND s.vault_id = $2 AND s.id = wanted.id
      LIMIT 1) AS found`,
};
