import type { CursorValue } from './cursor-codec.js';
import type { PageRequest } from './page-request.js';

/** Totals are exact up to here; more is told as this many with `totalIsCapped`. */
export const totalCap = 10_000;

/** Where a counting statement stops (`SELECT count(*) FROM (SELECT ... LIMIT 10001)`): enough to know it is more. */
export const countLimit = totalCap + 1;

/** One page of a list, as a handler returns it; the envelope makes `{ data, pagination }` of it. */
export class Page<T> {
  readonly total: number;
  /** Only there when true. */
  readonly totalIsCapped?: true;

  /**
   * @param total matches in the whole list; beyond `totalCap` it is capped
   * @param nextCursor null on the last page
   */
  constructor(
    readonly items: T[],
    total: number,
    readonly limit: number,
    readonly offset: number,
    readonly nextCursor: string | null,
  ) {
    this.total = Math.min(total, totalCap);
    if (total > totalCap) this.totalIsCapped = true;
  }

  /** The same page of something else: what a controller shows of what a service found. */
  map<Other>(toItem: (item: T) => Other): Page<Other> {
    const total = this.totalIsCapped ? totalCap + 1 : this.total;
    return new Page(this.items.map(toItem), total, this.limit, this.offset, this.nextCursor);
  }
}

/**
 * Makes a page of what a repository found. It fetches `limit + 1` rows: the one too many only says that there is a
 * next page.
 *
 * @param found the rows in order, at most `limit + 1`, and the number of all matches, counted up to `countLimit`
 * @param toItem a row as the API shows it
 * @param sortValue the value of a row for a sort field, `id` included; by default the row's property of that name
 */
export function toPage<Row extends object, Item>(
  request: PageRequest,
  found: { rows: Row[]; total: number },
  toItem: (row: Row) => Item,
  sortValue: (row: Row, field: string) => unknown = propertyOf,
): Page<Item> {
  const { limit, offset, sort } = request;
  const rows = found.rows.slice(0, limit);
  const last = rows.at(-1);
  const hasMore = found.rows.length > limit && last !== undefined;
  const nextCursor = hasMore
    ? request.cursorAt(sort.map(({ field }) => cursorValue(field, sortValue(last, field))))
    : null;
  return new Page(rows.map(toItem), found.total, limit, offset, nextCursor);
}

function propertyOf(row: object, field: string): unknown {
  return (row as Record<string, unknown>)[field];
}

function cursorValue(field: string, value: unknown): CursorValue {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw new Error(`The rows of this list have no value for the sort field ${field}.`);
}
