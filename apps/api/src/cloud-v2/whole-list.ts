import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { totalCap, type Page } from '@credvault/http/pagination/page.js';

/**
 * Everything in a list, up to 10,000 items: this API has no pages. It is one page that is larger than a client may ask for, so
 * nothing is counted and nothing read twice.
 */
export async function wholeList<T>(listPage: (query: ListQuery) => Promise<Page<T>>): Promise<T[]> {
  return (await listPage({ limit: totalCap })).items;
}
