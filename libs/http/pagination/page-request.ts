import { DomainError } from '../domain-error.js';
import { showPath } from '../text-rules.js';
import type { CursorCodec, CursorValue } from './cursor-codec.js';
import type { ListQuery } from './list-query.dto.js';

/** A column a list may be sorted by. It must be NOT NULL, or rows without a value would fall out of cursor pages. */
export interface SortColumn {
  /** A trusted SQL expression (`secret.created_at`); it stands in the statement as it is. */
  sql: string;
  /** The type its cursor value is cast to. */
  type: 'text' | 'timestamptz' | 'uuid' | 'int4' | 'int8' | 'bool';
}

/** One step of an order: a field of the API, the column behind it, and a direction. */
export interface SortTerm {
  field: string;
  column: SortColumn;
  direction: 'asc' | 'desc';
}

/** What a list is asked for, checked and complete: the query of a repository needs nothing else. */
export interface PageRequest {
  limit: number;
  /** Rows to skip; 0 when `after` is given. */
  offset: number;
  /** Ends with the id, so that the order is total. */
  sort: SortTerm[];
  /** The sort values of the row after which the page begins, one per term of `sort`. */
  after?: CursorValue[];
  /** The cursor of a row with these sort values. */
  cursorAt(values: CursorValue[]): string;
}

export interface ListRules {
  /** API field → column, for the fields a client may sort by. An `id` here is the tie-breaker. */
  sortable: Record<string, SortColumn>;
  /** Such as `-createdAt`. */
  defaultSort: string;
  defaultLimit: number;
  cursors: CursorCodec;
  /** Names the list and its parent (`secrets:<vault id>`), so that no cursor crosses from one to another. */
  list: string;
}

const idColumn: SortColumn = { sql: 'id', type: 'uuid' };

/**
 * Turns the query parameters of a list into a page request. Throws BAD_REQUEST for `offset` together with `skip` or
 * `cursor`, an unknown or repeated sort field, and a cursor of another list or sorting.
 */
export function parsePageRequest(query: ListQuery, rules: ListRules): PageRequest {
  refuseContradictions(query);
  const { cursors, list } = rules;
  const sort = parseSort(query.sort ?? rules.defaultSort, rules.sortable);
  const spec = sortSpec(sort);
  const request: PageRequest = {
    limit: query.limit ?? rules.defaultLimit,
    offset: query.offset ?? query.skip ?? 0,
    sort,
    cursorAt: (values) => cursors.encode(list, spec, values),
  };
  if (query.cursor !== undefined) request.after = cursors.decode(list, spec, query.cursor);
  return request;
}

/** The sorting as text, by which a cursor knows it again: `-createdAt,-id`. */
export function sortSpec(sort: SortTerm[]): string {
  return sort.map(({ field, direction }) => (direction === 'desc' ? `-${field}` : field)).join(',');
}

function refuseContradictions({ offset, skip, cursor }: ListQuery): void {
  if (offset !== undefined && skip !== undefined) {
    throw refused('skip', 'contradiction', 'is another name for offset; give only one of them');
  }
  if (cursor !== undefined && (offset ?? skip) !== undefined) {
    throw refused('cursor', 'contradiction', 'cannot be given together with offset or skip');
  }
}

/** The terms a client asked for, and the id as the last one, in the direction of the term before it. */
function parseSort(spec: string, sortable: Record<string, SortColumn>): SortTerm[] {
  const terms: SortTerm[] = [];
  for (const part of spec.split(',')) {
    const direction = part.startsWith('-') ? 'desc' : 'asc';
    const field = direction === 'desc' ? part.slice(1) : part;
    const column = Object.hasOwn(sortable, field) ? sortable[field] : undefined;
    if (!column) throw unknownSort(field, Object.keys(sortable));
    if (terms.some((term) => term.field === field)) {
      throw refused('sort', 'repeated', `names ${showPath(field)} more than once`);
    }
    terms.push({ field, column, direction });
    if (field === 'id') return terms;
  }
  const direction = terms.at(-1)?.direction ?? 'asc';
  return [...terms, { field: 'id', column: sortable['id'] ?? idColumn, direction }];
}

function unknownSort(field: string, allowed: string[]): DomainError {
  const shown = field === '' ? 'an empty field' : showPath(field);
  return refused('sort', 'unknownField', `cannot sort by ${shown}; allowed: ${allowed.join(', ')}`);
}

function refused(path: string, code: string, problem: string): DomainError {
  const message = `${path} ${problem}`;
  return new DomainError('BAD_REQUEST', `Invalid request body or parameters: ${message}.`, {
    details: [{ path, code, message }],
  });
}
