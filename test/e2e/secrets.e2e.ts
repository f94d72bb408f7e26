import { secretTypes } from '../../apps/api/src/secrets/secret.dto.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { type SecretAnswer, secretOf, vaultOf } from '../support/fixtures.js';
import { startTestService, type TestService } from '../support/service.js';

interface SecretPage {
  data: SecretAnswer[];
  pagination: { total: number; limit: number; offset: number; nextCursor: string | null };
}

let service: TestService;
let person: Person;
let vaultId: string;

beforeAll(async () => {
  service = await startTestService();
  person = await signUp(service);
});
beforeEach(async () => {
  vaultId = (await vaultOf(person)).id;
});
afterAll(() => service.stop());

const at = (secretId = ''): string => `/vaults/${vaultId}/secrets${secretId && `/${secretId}`}`;

async function page(query: Record<string, string | number | boolean> = {}): Promise<SecretPage> {
  return expectStatus(await person.client.get(at(), { query }), 200).json<SecretPage>();
}

describe('a secret', () => {
  it('is stored, read, changed and deleted', async () => {
    const sent = {
      key: 'STRIPE_SECRET_KEY',
      value: 'sk_live_1',
      type: 'api_key',
      notes: 'Stripe production key',
    };
    const made = expectStatus(await person.client.post(at(), sent), 201);
    const secret = made.data<SecretAnswer>();
    expect(secret).toEqual({
      ...sent,
      id: expect.stringMatching(/^sec_/) as string,
      version: 1,
      createdAt: expect.stringMatching(/\.\d{3}Z$/) as string,
      updatedAt: secret.createdAt,
    });
    expect(made.headers['location']).toBe(`/api/v1${at(secret.id)}`);
    expect(made.headers['cache-control']).toBe('no-store');
    const read = expectStatus(await person.client.get(at(secret.id)), 200);
    expect(read.data()).toEqual(secret);
    expect(read.headers['cache-control']).toBe('no-store');

    const changed = expectStatus(
      await person.client.patch(at(secret.id), { value: 'sk_live_2' }),
      200,
    ).data<SecretAnswer>();
    expect(changed).toMatchObject({
      value: 'sk_live_2',
      notes: sent.notes,
      type: 'api_key',
      version: 2,
      createdAt: secret.createdAt,
    });
    expect((await person.client.get(at(secret.id))).data()).toEqual(changed);

    expectStatus(await person.client.delete(at(secret.id)), 204);
    expectStatus(await person.client.get(at(secret.id)), 404);
    expectStatus(await person.client.patch(at(secret.id), { value: 'x' }), 404);
    expectStatus(await person.client.delete(at(secret.id)), 404);
  });

  it.each(secretTypes)('may be of type %s', async (type) => {
    const { id } = await secretOf(person, vaultId, { type });
    expect((await person.client.get(at(id))).data<SecretAnswer>().type).toBe(type);
  });

  it('is text without notes unless it says so', async () => {
    expect(await secretOf(person, vaultId)).toMatchObject({ type: 'text', notes: null });
    expectStatus(await person.client.post(at(), { key: 'K', value: 'v', type: 'password' }), 400);
  });

  it.each([
    ['empty', ''],
    ['white space', ' \t\r\n '],
    ['of 64 KiB', 'v'.repeat(65_536)],
    ['of 64 KiB in wide characters', '😀'.repeat(16_384)],
    ['with every kind of quote', `'"\`\\$\{x}#=\n`],
    ['with control characters', '\u0001\u001f\u007f\u2028'],
    ['that looks like markup', '<script>alert(1)</script>'],
    ['in both normal forms', 'é e\u0301'],
  ])('has a value that is %s, and gives it back as it was', async (_which, value) => {
    const { id } = await secretOf(person, vaultId, { value, notes: value.slice(0, 100) });
    expect((await person.client.get(at(id))).data()).toMatchObject({ value, notes: value.slice(0, 100) });
  });

  it.each([
    ['a value over 64 KiB', { value: 'v'.repeat(65_537) }],
    ['a value over 64 KiB in bytes', { value: 'é'.repeat(32_769) }],
    ['notes over 16 KiB', { notes: 'n'.repeat(16_385) }],
    ['an empty key', { key: '' }],
    ['a key with white space at its end', { key: 'KEY ' }],
    ['a key with a line end', { key: 'KEY\nOTHER' }],
    ['a key of 256 characters', { key: 'K'.repeat(256) }],
    ['a value that is no text', { value: 5 }],
    ['no value', { value: undefined }],
    ['an id of its own', { id: 'sec_01jd3k5m7n8p9q0r1s2t3v4w5x' }],
  ])('is refused for %s, and nothing is stored', async (_why, fields) => {
    expectStatus(await person.client.post(at(), { key: 'KEY', value: 'v', ...fields }), 400);
    expect((await page()).pagination.total).toBe(0);
  });

  it('has a name of its own in the vault', async () => {
    const first = await secretOf(person, vaultId, { key: 'SAME' });
    const second = await secretOf(person, vaultId, { key: 'OTHER' });
    const again = expectStatus(await person.client.post(at(), { key: 'SAME', value: 'x' }), 409);
    expect(again.json<{ error: { code: string } }>().error.code).toBe('CONFLICT');
    expectStatus(await person.client.patch(at(second.id), { key: 'SAME' }), 409);
    expect((await person.client.get(at(second.id))).data()).toMatchObject({ key: 'OTHER', version: 1 });
    await secretOf(person, vaultId, { key: 'same' });
    await secretOf(person, (await vaultOf(person)).id, { key: 'SAME' });
    expectStatus(await person.client.delete(at(first.id)), 204);
    await secretOf(person, vaultId, { key: 'SAME' });
  });

  it('keeps what a change does not name, and makes versions for values and notes alone', async () => {
    const { id } = await secretOf(person, vaultId, { key: 'A', value: 'one', notes: 'first' });
    const change = async (body: object): Promise<SecretAnswer> =>
      expectStatus(await person.client.patch(at(id), body), 200).data<SecretAnswer>();
    expect(await change({ key: 'B', type: 'json' })).toMatchObject({
      key: 'B',
      type: 'json',
      value: 'one',
      notes: 'first',
      version: 1,
    });
    expect(await change({ notes: 'second' })).toMatchObject({ value: 'one', notes: 'second', version: 2 });
    expect(await change({ value: 'two' })).toMatchObject({ value: 'two', notes: 'second', version: 3 });
    expect(await change({ notes: null })).toMatchObject({ value: 'two', notes: null, version: 4 });
    for (const body of [{ value: null }, { key: null }, { type: null }])
      expectStatus(await person.client.patch(at(id), body), 400);
    expect((await person.client.get(at(id))).data()).toMatchObject({
      key: 'B',
      value: 'two',
      notes: null,
      version: 4,
    });
  });

  it('is changed and deleted only in the state its client has seen', async () => {
    const { id } = await secretOf(person, vaultId);
    const { etag = '' } = (await person.client.get(at(id))).headers;
    expectStatus(await person.client.patch(at(id), { type: 'json' }, { headers: { 'if-match': etag } }), 200);
    expectStatus(
      await person.client.patch(at(id), { value: 'late' }, { headers: { 'if-match': etag } }),
      412,
    );
    expectStatus(await person.client.delete(at(id), { headers: { 'if-match': etag } }), 412);
    const fresh = await person.client.get(at(id));
    expect(fresh.data()).toMatchObject({ value: 'a value', type: 'json' });
    expectStatus(
      await person.client.delete(at(id), { headers: { 'if-match': fresh.headers['etag'] ?? '' } }),
      204,
    );
  });

  it('has an entity tag that says nothing about its value', async () => {
    const [one, two] = [
      await secretOf(person, vaultId, { value: 'same' }),
      await secretOf(person, vaultId, { value: 'same' }),
    ];
    const tags = await Promise.all(
      [one, two].map(async ({ id }) => (await person.client.get(at(id))).headers['etag']),
    );
    expect(tags[0]).not.toBe(tags[1]);
    await person.client.patch(at(one.id), { value: 'same' });
    expect((await person.client.get(at(one.id))).headers['etag']).not.toBe(tags[0]);
  });
});

describe('the list of secrets', () => {
  beforeEach(async () => {
    await secretOf(person, vaultId, {
      key: 'DATABASE_URL',
      value: 'v1',
      type: 'credential',
      notes: 'hidden in lists',
    });
    await secretOf(person, vaultId, { key: 'STRIPE_KEY', value: 'v2', type: 'api_key' });
    await secretOf(person, vaultId, { key: 'stripe_webhook', value: 'v3', type: 'api_key' });
  });
  const keys = ({ data }: SecretPage): string[] => data.map(({ key }) => key);

  it('shows all of them with their values', async () => {
    const all = await page();
    expect(all.data.map(({ key, value }) => [key, value])).toEqual([
      ['DATABASE_URL', 'v1'],
      ['STRIPE_KEY', 'v2'],
      ['stripe_webhook', 'v3'],
    ]);
    expect(all.pagination).toEqual({ total: 3, limit: 1_000, offset: 0, nextCursor: null });
  });

  it('shows names only when asked to', async () => {
    const reply = expectStatus(await person.client.get(at(), { query: { reveal: false } }), 200);
    expect(reply.data<SecretAnswer[]>().map(({ key }) => key)).toHaveLength(3);
    for (const secret of reply.data<SecretAnswer[]>()) expect(secret).not.toHaveProperty('value');
    expect(reply.text).not.toMatch(/"v[123]"|notes/);
    expectStatus(await person.client.get(at(), { query: { reveal: 'no' } }), 400);
  });

  it('finds by key, type and part of a name, in any case', async () => {
    expect(keys(await page({ key: 'STRIPE_KEY' }))).toEqual(['STRIPE_KEY']);
    expect(keys(await page({ key: 'stripe_key' }))).toEqual([]);
    expect(keys(await page({ type: 'api_key' }))).toEqual(['STRIPE_KEY', 'stripe_webhook']);
    expect(keys(await page({ search: 'Stripe' }))).toEqual(['STRIPE_KEY', 'stripe_webhook']);
    expect(keys(await page({ search: 'e_' }))).toEqual(
      ['DATABASE_URL', 'STRIPE_KEY', 'stripe_webhook'].filter((key) => /e_/i.test(key)),
    );
    expect(keys(await page({ search: 'stripe', type: 'credential' }))).toEqual([]);
    for (const secret of ['v1', 'hidden', '%', '\\'])
      expect(keys(await page({ search: secret }))).toEqual([]);
    expectStatus(await person.client.get(at(), { query: { type: 'password' } }), 400);
    expectStatus(await person.client.get(at(), { query: { value: 'v1' } }), 400);
  });

  it('sorts, and pages with the number of matches', async () => {
    expect(keys(await page({ sort: '-createdAt' }))).toEqual([
      'stripe_webhook',
      'STRIPE_KEY',
      'DATABASE_URL',
    ]);
    expect(keys(await page({ sort: '-type,-key', limit: 1 }))).toEqual(['DATABASE_URL']);
    const first = await page({ type: 'api_key', limit: 1 });
    expect(first.pagination).toMatchObject({ total: 2, limit: 1, nextCursor: expect.any(String) as string });
    await secretOf(person, vaultId, { key: 'ADDED_MEANWHILE', type: 'api_key' });
    const second = await page({ type: 'api_key', limit: 1, cursor: String(first.pagination.nextCursor) });
    expect(keys(second)).toEqual(['stripe_webhook']);
    expect(keys(await page({ search: 'stripe', limit: 1, offset: 1 }))).toEqual(['stripe_webhook']);
    expect((await page({ search: 'stripe', limit: 1, offset: 5 })).pagination.total).toBe(2);
    for (const sort of ['value', 'notes', 'version'])
      expectStatus(await person.client.get(at(), { query: { sort } }), 400);
  });

  it('meets each secret once by cursor while others are added and deleted', async () => {
    const before = (await page()).data.map(({ id }) => id);
    const met: string[] = [];
    let cursor: string | null = '';
    for (let count = 0; cursor !== null; count++) {
      const next: SecretPage = await page({ limit: 1, sort: 'key', ...(cursor === '' ? {} : { cursor }) });
      met.push(...next.data.map(({ id }) => id));
      cursor = next.pagination.nextCursor;
      if (count === 0) await secretOf(person, vaultId, { key: 'AAA_BEFORE_ALL' });
      if (count === 1) await secretOf(person, vaultId, { key: 'zzz_after_all' });
    }
    expect(new Set(met).size).toBe(met.length);
    expect(before.filter((id) => !met.includes(id))).toEqual([]);
  });

  it('is empty for an empty vault and 404 for none', async () => {
    const empty = await vaultOf(person);
    const reply = expectStatus(await person.client.get(`/vaults/${empty.id}/secrets`), 200);
    expect(reply.json<SecretPage>()).toMatchObject({ data: [], pagination: { total: 0, nextCursor: null } });
    expectStatus(await person.client.get('/vaults/vlt_01jd3k5m7n8p9q0r1s2t3v4w5x/secrets'), 404);
  });
});
