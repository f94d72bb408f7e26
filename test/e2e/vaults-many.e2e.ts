import { setTimeout as sleep } from 'node:timers/promises';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import { vaultOf, type VaultAnswer } from '../support/fixtures.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';

/** Above the number from which somebody's list is read from the organization's. */
const granted = 1_200;
const hidden = 300;
/** What is taken back may count for at most this long, in milliseconds (DESIGN, promise 8). */
const longest = 1_000;

let service: TestService;
let owner: Person;
let member: Person;
/** Names of the vaults the member may know of, oldest first. */
let names: string[];

beforeAll(async () => {
  service = await startTestService();
  owner = await signUp(service);
  member = await memberOf(service, owner, 'developer');
  const place = [uuidOf('organization', owner.organizationId), uuidOf('user', member.userId)];
  const made = await service.database.rows<{ name: string; hidden: boolean }>(
    `WITH made AS (
       INSERT INTO vaults (organization_id, id, name, description, created_by, created_at)
       SELECT $1, gen_random_uuid(), 'Vault ' || n, '', $2, now() + n * interval '1 ms' FROM generate_series(1, $3) n
       RETURNING organization_id, id, name, created_at, substring(name, 7)::int % 5 = 0 AS hidden),
     given AS (
       INSERT INTO grants (organization_id, id, vault_id, user_id, level, created_by)
       SELECT organization_id, gen_random_uuid(), id, $2, 1, $2 FROM made WHERE NOT hidden)
     SELECT name, hidden FROM made ORDER BY created_at`,
    [...place, granted + hidden],
  );
  await service.database.rows(`UPDATE organizations SET vault_count = vault_count + $2 WHERE id = $1`, [
    place[0],
    granted + hidden,
  ]);
  const registry = service.app.get(CredentialRegistry, { strict: false });
  registry.invalidate({ kind: 'user', id: String(place[1]) });
  names = made.filter((row) => !row.hidden).map(({ name }) => name);
});
afterAll(() => service.stop());

const namesOf = (vaults: VaultAnswer[]): string[] => vaults.map(({ name }) => name);

interface Page {
  data: VaultAnswer[];
  pagination: { total: number; nextCursor: string | null };
}

it('the lists of who knows of a thousand vaults have these and no others, by cursor and by offset', async () => {
  expect(names).toHaveLength(granted);
  const walked: string[] = [];
  for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
    const query = { limit: 500, sort: 'createdAt', ...(cursor === null ? {} : { cursor }) };
    const page: Page = expectStatus(await member.client.get('/vaults', { query }), 200).json<Page>();
    expect(page.pagination.total).toBe(granted);
    walked.push(...namesOf(page.data));
    cursor = page.pagination.nextCursor;
  }
  expect(walked).toEqual(names);
  const third = await member.client.get('/vaults', { query: { limit: 100, offset: 200, sort: 'createdAt' } });
  expect(namesOf(expectStatus(third, 200).data())).toEqual(names.slice(200, 300));
  const last = await member.client.get('/vaults', {
    query: { limit: 100, offset: 1_100, sort: 'createdAt' },
  });
  expect(last.json<Page>()).toMatchObject({ pagination: { total: granted, nextCursor: null } });
  expect(namesOf(last.data())).toEqual(names.slice(1_100));
});

it('a page before which thousands are hidden is found too', async () => {
  const organization = uuidOf('organization', owner.organizationId);
  await service.database.rows(
    `INSERT INTO vaults (organization_id, id, name, description, created_by, created_at)
     SELECT $1, gen_random_uuid(), 'Newer ' || n, '', $2, now() + interval '1 hour' FROM generate_series(1, 2500) n`,
    [organization, uuidOf('user', owner.userId)],
  );
  const reply = await member.client.get('/vaults', { query: { limit: 10, sort: '-createdAt' } });
  expect(reply.json<Page>().pagination.total).toBe(granted);
  expect(namesOf(reply.data())).toEqual(names.slice(-10).reverse());
});

it('a vault that is made or taken back counts', async () => {
  const first = async (): Promise<Page> =>
    (await member.client.get('/vaults', { query: { limit: 1 } })).json();
  const vault = await vaultOf(member);
  expect((await first()).pagination.total).toBe(granted + 1);
  expectStatus(await owner.client.delete(`/vaults/${vault.id}`), 204);
  expect((await first()).data.map(({ id }) => id)).not.toContain(vault.id);
  const deadline = performance.now() + longest;
  while ((await first()).pagination.total !== granted && performance.now() < deadline) await sleep(10);
  expect((await first()).pagination.total).toBe(granted);
});
