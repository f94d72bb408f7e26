import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { maxLimit } from '@credvault/http/pagination/list-query.dto.js';
import type { Page } from '@credvault/http/pagination/page.js';

/** Pages that a list without pages is put together of: with 1,000 items each, more than one organization may have. */
const mostPages = 10;

/** Everything in a list, up to 10,000 items: this API has no pages, so they are walked here. */
export async function wholeList<T>(listPage: (query: ListQuery) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < mostPages; pages += 1) {
    const page = await listPage({ limit: maxLimit, cursor });
    items.push(...page.items);
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  return items;
}
