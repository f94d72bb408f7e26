import { expectStatus, type Person, signUp } from '../support/people.js';
import { secretOf, vaultOf, type VaultAnswer } from '../support/fixtures.js';
import { startTestService, type TestService } from '../support/service.js';

interface VaultPage {
  data: VaultAnswer[];
  pagination: { total: number; limit: number; offset: number; nextCursor: string | null };
}

const unknownVault = 'vlt_01jd3k5m7n8p9q0r1s2t3v4w5x';
let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

async function page(person: Person, query: Record<string, string | number> = {}): Promise<VaultPage> {
  return expectStatus(await person.client.get('/vaults', { query }), 200).json<VaultPage>();
}

const names = ({ data }: VaultPage): string[] => data.map(({ name }) => name);

describe('vaults', () => {
  it('are made, read, changed and deleted', async () => {
    const { client } = await signUp(service);
    const made = expectStatus(
      await client.post('/vaults', { name: 'Staging', description: 'Staging secrets' }),
      201,
    );
    const vault = made.data<VaultAnswer>();
    expect(vault).toEqual({
      id: expect.stringMatching(/^vlt_/) as string,
      name: 'Staging',
      description: 'Staging secrets',
      secretCount: 0,
      maxVersions: 100,
      projectId: null,
      environment: null,
      createdAt: expect.stringMatching(/\.\d{3}Z$/) as string,
      updatedAt: vault.createdAt,
    });
    expect(made.headers['location']).toBe(`/api/v1/vaults/${vault.id}`);
    expect(expectStatus(await client.get(`/vaults/${vault.id}`), 200).data()).toEqual(vault);

    const changed = expectStatus(
      await client.patch(`/vaults/${vault.id}`, { name: 'Production (US-East)' }),
      200,
    ).data<VaultAnswer>();
    expect(changed).toMatchObject({
      ...vault,
      name: 'Production (US-East)',
      updatedAt: expect.any(String) as string,
    });
    expect(Date.parse(changed.updatedAt)).toBeGreaterThanOrEqual(Date.parse(vault.updatedAt));
    expectStatus(await client.patch(`/vaults/${vault.id}`, { description: '', maxVersions: 7 }), 200);
    expect((await client.get(`/vaults/${vault.id}`)).data()).toMatchObject({
      name: 'Production (US-East)',
      description: '',
      maxVersions: 7,
    });

    expectStatus(await client.delete(`/vaults/${vault.id}`), 204);
    expectStatus(await client.get(`/vaults/${vault.id}`), 404);
    expectStatus(await client.delete(`/vaults/${vault.id}`), 404);
    expectStatus(await client.patch(`/vaults/${unknownVault}`, { name: 'x' }), 404);
  });

  it('are changed and deleted only in the state their client has seen', async () => {
    const person = await signUp(service);
    const { id } = await vaultOf(person, { name: 'One' });
    const { etag = '' } = (await person.client.get(`/vaults/${id}`)).headers;
    expect(etag).toMatch(/^"[^"]+"$/);
    const first = expectStatus(
      await person.client.patch(`/vaults/${id}`, { name: 'Two' }, { headers: { 'if-match': etag } }),
      200,
    );
    expect(first.headers['etag']).not.toBe(etag);
    const stale = { headers: { 'if-match': etag } };
    expectStatus(await person.client.patch(`/vaults/${id}`, { name: 'Three' }, stale), 412);
    expectStatus(await person.client.delete(`/vaults/${id}`, stale), 412);
    expectStatus(
      await person.client.patch(
        `/vaults/${id}`,
        { name: 'Three' },
        { headers: { 'if-match': `W/${first.headers['etag']}` } },
      ),
      412,
    );
    expect((await person.client.get(`/vaults/${id}`)).data<VaultAnswer>().name).toBe('Two');
    expectStatus(
      await person.client.patch(`/vaults/${id}`, { name: 'Four' }, { headers: { 'if-match': '*' } }),
      200,
    );
    const fresh = (await person.client.get(`/vaults/${id}`)).headers['etag'] ?? '';
    expectStatus(
      await person.client.delete(`/vaults/${id}`, { headers: { 'if-match': `"other", ${fresh}` } }),
      204,
    );
  });

  it('count their secrets at once', async () => {
    const person = await signUp(service);
    const { id } = await vaultOf(person);
    const count = async (): Promise<number> =>
      (await person.client.get(`/vaults/${id}`)).data<VaultAnswer>().secretCount;
    const first = await secretOf(person, id);
    await secretOf(person, id, { key: 'TAKEN' });
    expect(await count()).toBe(2);
    expectStatus(await person.client.post(`/vaults/${id}/secrets`, { key: 'TAKEN', value: 'x' }), 409);
    expect(await count()).toBe(2);
    const content = '{"TAKEN": "1", "NEW": "2", "NEWER": "3"}';
    expectStatus(
      await person.client.post(`/vaults/${id}/import`, { format: 'json', content, onConflict: 'overwrite' }),
      200,
    );
    expect(await count()).toBe(4);
    expectStatus(await person.client.patch(`/vaults/${id}/secrets/${first.id}`, { value: 'y' }), 200);
    expectStatus(await person.client.delete(`/vaults/${id}/secrets/${first.id}`), 204);
    expectStatus(await person.client.delete(`/vaults/${id}/secrets/${first.id}`), 404);
    expect(await count()).toBe(3);
    expect((await page(person)).data[0]?.secretCount).toBe(3);
  });

  it('take their secrets and their key with them', async () => {
    const person = await signUp(service);
    const { id } = await vaultOf(person);
    const secret = await secretOf(person, id);
    const left = async (): Promise<number> => {
      const [row] = await service.database.rows<{ left: number }>(
        `SELECT ((SELECT count(*) FROM secrets) + (SELECT count(*) FROM secret_versions) + (SELECT count(*) FROM data_keys))::int AS left`,
      );
      return row?.left ?? -1;
    };
    const before = await left();
    expectStatus(await person.client.delete(`/vaults/${id}`), 204);
    expect(await left()).toBe(before - 3);
    expectStatus(await person.client.get(`/vaults/${id}/secrets/${secret.id}`), 404);
    expectStatus(await person.client.get(`/vaults/${id}/secrets`), 404);
    expect((await page(person)).pagination.total).toBe(0);
  });
});

describe('the list of vaults', () => {
  let person: Person;
  beforeAll(async () => {
    person = await signUp(service);
    for (const name of ['delta', 'Alpha 100%', 'beta', 'alphabet', 'Gamma_1']) {
      await vaultOf(person, { name });
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  });

  it('holds all of them, the oldest first, with their number', async () => {
    const all = await page(person);
    expect(names(all)).toEqual(['delta', 'Alpha 100%', 'beta', 'alphabet', 'Gamma_1']);
    expect(all.pagination).toEqual({ total: 5, limit: 1_000, offset: 0, nextCursor: null });
  });

  it('sorts and searches', async () => {
    expect(names(await page(person, { sort: '-createdAt' }))).toEqual([
      'Gamma_1',
      'alphabet',
      'beta',
      'Alpha 100%',
      'delta',
    ]);
    expect(names(await page(person, { sort: '-name', limit: 1 }))).toEqual(['delta']);
    expect(names(await page(person, { search: 'ALPHA', sort: 'createdAt' }))).toEqual([
      'Alpha 100%',
      'alphabet',
    ]);
    expect(names(await page(person, { search: '%' }))).toEqual(['Alpha 100%']);
    expect(names(await page(person, { search: '_' }))).toEqual(['Gamma_1']);
    expect((await page(person, { search: 'alpha', limit: 1 })).pagination.total).toBe(2);
  });

  it('filters by time', async () => {
    const third = (await page(person)).data[2];
    const at = String(third?.createdAt);
    expect(names(await page(person, { createdAfter: at }))).toEqual(['alphabet', 'Gamma_1']);
    expect(names(await page(person, { createdBefore: at }))).toEqual(['delta', 'Alpha 100%']);
    expectStatus(await person.client.patch(`/vaults/${third?.id}`, { description: 'changed' }), 200);
    const changed = (await page(person, { updatedAfter: String((await page(person)).data[4]?.updatedAt) }))
      .data;
    expect(changed.map(({ id }) => id)).toEqual([third?.id]);
  });

  it.each([
    [{ limit: 0 }],
    [{ limit: 1_001 }],
    [{ limit: '1e1' }],
    [{ offset: -1 }],
    [{ offset: 10_001 }],
    [{ offset: 1, skip: 1 }],
    [{ cursor: 'AAAA' }],
    [{ cursor: 'x', offset: 1 }],
    [{ sort: 'secretCount' }],
    [{ sort: 'name,name' }],
    [{ sort: '' }],
    [{ search: '' }],
    [{ createdAfter: 'yesterday' }],
    [{ createdAfter: '2026-01-01' }],
    [{ color: 'red' }],
  ])('refuses %j and says why', async (query) => {
    const reply = expectStatus(await person.client.get('/vaults', { query }), 400);
    expect(reply.json<{ error: { details: unknown[] } }>().error.details).not.toHaveLength(0);
  });

  it('takes skip for offset', async () => {
    expect(names(await page(person, { skip: 3 }))).toEqual(['alphabet', 'Gamma_1']);
    expect((await page(person, { skip: 3 })).pagination).toMatchObject({ offset: 3, total: 5 });
  });
});

describe('walking through the vaults by cursor', () => {
  it.each([['createdAt'], ['-createdAt'], ['name'], ['-name,createdAt']])(
    'meets each one once, sorted by %s, while others are added',
    async (sort) => {
      const person = await signUp(service);
      const before: string[] = [];
      for (let count = 0; count < 7; count++)
        before.push((await vaultOf(person, { name: `vault ${count % 3}` })).id);
      const met: string[] = [];
      let link = `/api/v1/vaults?limit=2&sort=${encodeURIComponent(sort)}`;
      for (let pages = 0; link !== '' && pages < 20; pages++) {
        const reply = expectStatus(await person.client.get(link, { fromRoot: true }), 200);
        met.push(...reply.data<VaultAnswer[]>().map(({ id }) => id));
        if (pages < 3) await vaultOf(person, { name: `vault ${pages}` });
        link = /^<([^>]+)>; rel="next"$/.exec(reply.headers['link'] ?? '')?.[1] ?? '';
      }
      expect(new Set(met).size).toBe(met.length);
      expect(before.filter((id) => !met.includes(id))).toEqual([]);
    },
  );

  it('refuses a cursor of another list or sorting', async () => {
    const person = await signUp(service);
    await vaultOf(person);
    await vaultOf(person);
    const { nextCursor } = (await page(person, { limit: 1 })).pagination;
    const cursor = String(nextCursor);
    expect((await page(person, { limit: 1, cursor })).data).toHaveLength(1);
    expectStatus(await person.client.get('/vaults', { query: { cursor, sort: '-createdAt' } }), 400);
    expectStatus(await person.sessionClient.get('/api-tokens', { query: { cursor } }), 400);
    expectStatus(await person.client.get('/vaults', { query: { cursor: `${cursor.slice(0, -1)}A` } }), 400);
  });
});
