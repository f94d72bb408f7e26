import type { QueryResultRow } from 'pg';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { keysetClause } from '@credvault/http/pagination/keyset.js';
import { countLimit } from '@credvault/http/pagination/page.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import type { Database } from './database.js';

/** The WHERE of a list, built up condition by condition with its parameters. */
export class Conditions {
  readonly values: unknown[] = [];
  private readonly parts: string[] = [];

  /** Adds a condition in which every `?` stands for `value`; an undefined value adds nothing. */
  add(sql: string, value: unknown): this {
    if (value === undefined) return this;
    this.values.push(value);
    this.parts.push(sql.replaceAll('?', `$${this.values.length}`));
    return this;
  }

  /**
   * Adds the filters every list has.
   *
   * @param columns the columns behind them; `search` is matched without regard to case, anywhere in the text
   */
  addCommon(query: ListQuery, columns: { created: string; updated?: string; search?: string }): this {
    this.add(`${columns.created} > ?::timestamptz`, query.createdAfter);
    this.add(`${columns.created} < ?::timestamptz`, query.createdBefore);
    this.add(`${columns.updated ?? columns.created} > ?::timestamptz`, query.updatedAfter);
    this.add(`${columns.updated ?? columns.created} < ?::timestamptz`, query.updatedBefore);
    if (columns.search === undefined) return this;
    return this.add(
      `lower(${columns.search}) LIKE '%' || lower(?) || '%'`,
      query.search && escapeLike(query.search),
    );
  }

  get where(): string {
    return this.parts.length === 0 ? 'TRUE' : this.parts.join(' AND ');
  }
}

/** Text that LIKE takes literally. */
export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}

/** One page of rows, with one row more than the limit when there are further ones, and the number of matches up to 10,001. */
export async function listRows<T extends QueryResultRow>(
  database: Database,
  list: { columns: string; from: string; conditions: Conditions; page: PageRequest },
): Promise<{ rows: T[]; total: number }> {
  const { conditions, page } = list;
  const rows = await pageOfRows<T>(database, list);
  const first = page.after === undefined && page.offset === 0;
  if (first && rows.length <= page.limit) return { rows, total: rows.length };
  const [count] = await database.rows<{ total: number }>(
    `SELECT count(*)::int AS total FROM (SELECT 1 FROM ${list.from} WHERE ${conditions.where} LIMIT ${countLimit}) AS matches`,
    conditions.values,
  );
  return { rows, total: count?.total ?? 0 };
}

/** As `listRows`, for lists whose total is known from a counter. */
export async function pageOfRows<T extends QueryResultRow>(
  database: Database,
  list: { columns: string; from: string; conditions: Conditions; page: PageRequest },
): Promise<T[]> {
  const { conditions, page } = list;
  const keyset = keysetClause(page.sort, page.after, conditions.values.length + 1);
  return database.rows<T>(
    `SELECT ${list.columns} FROM ${list.from} WHERE ${conditions.where} AND ${keyset.where}
     ORDER BY ${keyset.orderBy} LIMIT ${page.limit + 1} OFFSET ${page.offset}`,
    [...conditions.values, ...keyset.values],
  );
}
