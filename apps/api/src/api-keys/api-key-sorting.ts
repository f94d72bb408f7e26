import type { SortColumn } from '@credvault/http/pagination/page-request.js';
import type { ApiKeyView } from './api-key-view.js';

/** A key that was never used stands where 1970 would. */
const lastUse: SortColumn = { sql: `coalesce(k.last_used_at, 'epoch'::timestamptz)`, type: 'timestamptz' };

/** What a list of keys may be sorted by. */
export const sortable: Record<string, SortColumn> = {
  id: { sql: 'k.id', type: 'uuid' },
  createdAt: { sql: 'k.created_at', type: 'timestamptz' },
  updatedAt: { sql: 'k.updated_at', type: 'timestamptz' },
  rotationDueAt: { sql: 'k.rotation_due_at', type: 'timestamptz' },
  lastUsedAt: lastUse,
  name: { sql: 'k.name', type: 'text' },
};

/** Where a key stands by one of these, as `sortable` has it. */
export function sortValue(key: ApiKeyView, field: string): unknown {
  const value = (key as unknown as Record<string, unknown>)[field];
  return field === 'lastUsedAt' && value === null ? new Date(0) : value;
}
