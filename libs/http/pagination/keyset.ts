import type { CursorValue } from './cursor-codec.js';
import type { SortTerm } from './page-request.js';

/** The parts of a statement that fetch the rows after a cursor. */
export interface KeysetClause {
  /** A condition in parentheses, or `TRUE` on the first page. */
  where: string;
  /** The values of its parameters, in their order. */
  values: CursorValue[];
  /** What follows ORDER BY. */
  orderBy: string;
}

/**
 * Builds the keyset condition and order of a list. With all terms in one direction it is a row comparison,
 * `(a, id) > ($1, $2)`, which an index on the columns answers directly (PostgreSQL manual, §9.25.5); with mixed
 * directions it is the same written out with OR. Times have milliseconds in the database, as in the cursor.
 *
 * @param after one value per term, or undefined for the first page
 * @param firstParam the number of the first free parameter, 1 for `$1`
 */
export function keysetClause(
  sort: SortTerm[],
  after: CursorValue[] | undefined,
  firstParam: number,
): KeysetClause {
  const orderBy = sort.map(({ column, direction }) => `${column.sql} ${direction.toUpperCase()}`).join(', ');
  if (after === undefined) return { where: 'TRUE', values: [], orderBy };
  if (after.length !== sort.length) throw new Error('A keyset needs one value per sort term.');
  const isUniform = sort.every(({ direction }) => direction === sort[0]?.direction);
  const where = isUniform ? rowComparison(sort, firstParam) : writtenOut(sort, firstParam);
  return { where, values: after, orderBy };
}

function rowComparison(sort: SortTerm[], firstParam: number): string {
  const columns = sort.map(({ column }) => column.sql).join(', ');
  const parameters = sort.map((term, i) => parameter(term, firstParam + i)).join(', ');
  return `((${columns}) ${sort[0]?.direction === 'desc' ? '<' : '>'} (${parameters}))`;
}

/** `(a > $1 OR (a = $1 AND b < $2))`: later in the first term, or equal there and later in the next. */
function writtenOut(sort: SortTerm[], firstParam: number): string {
  const later = sort.map((term, i) => {
    const equal = sort.slice(0, i).map((one, j) => `${one.column.sql} = ${parameter(one, firstParam + j)}`);
    const beyond = `${term.column.sql} ${term.direction === 'desc' ? '<' : '>'} ${parameter(term, firstParam + i)}`;
    return equal.length === 0 ? beyond : `(${[...equal, beyond].join(' AND ')})`;
  });
  return `(${later.join(' OR ')})`;
}

function parameter({ column }: SortTerm, number: number): string {
  return `$${number}::${column.type}`;
}
