import type { Reply } from '../support/client.js';
import type { TestService } from '../support/service.js';

const tables = [
  'users',
  'organizations',
  'vaults',
  'secrets',
  'secret_versions',
  'api_tokens',
  'api_keys',
  'api_key_secrets',
  'sessions',
  'account_links',
  'idempotency_keys',
  'secret_imports',
  'grants',
];

/** What all tenants have, as text, without what moves by itself. */
export async function everythingIn({ database }: TestService): Promise<string> {
  const dumps = tables.map(async (table) => {
    const rows = await database.rows<{ row: string }>(
      `SELECT (to_jsonb(t) - 'last_used_at')::text AS row FROM ${table} t ORDER BY 1`,
    );
    return rows.map(({ row }) => row).join('\n');
  });
  return (await Promise.all(dumps)).join('\n\n');
}

/** Expects that a request is refused with one of these statuses, in the one shape of errors, and changes nothing. */
export async function expectRefused(
  service: TestService,
  statuses: number[],
  work: () => Promise<Reply>,
): Promise<void> {
  const before = await everythingIn(service);
  const { status, body, headers } = await work();
  expect(statuses).toContain(status);
  expect(Object.keys(body as object)).toEqual(['error']);
  expect((body as { error: { requestId: string } }).error.requestId).toBe(headers['x-request-id']);
  expect(await everythingIn(service)).toBe(before);
}
