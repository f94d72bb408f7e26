import { uuidOf } from '@credvault/database/typed-id.js';
import type { ApiKeyDto } from '../../apps/api/src/api-keys/api-key.dto.js';
import type { ApiTokenDto, MintedApiTokenDto } from '../../apps/api/src/api-tokens/api-token.dto.js';
import type { Reply } from '../support/client.js';
import { apiKeyOf, type MintedKeyAnswer } from '../support/keys.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { set } from '../support/settings.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';

const day = 24 * 60 * 60_000;

let service: TestService;
let owner: Person;

beforeAll(async () => {
  service = await startTestService();
  await signUp(service, 'The administrator');
});
beforeEach(async () => {
  owner = await signUp(service, 'An owner');
});
afterAll(() => service.stop());

describe('the longest lifetime of personal tokens', () => {
  const mint = (person: Person, fields: object = {}): Promise<Reply> =>
    person.sessionClient.post('/api-tokens', { name: 'Laptop', ...fields });

  it('is the end of tokens that say none, and the latest end of others', async () => {
    await set(owner, { maxTokenLifetimeDays: 30 });
    const made = expectStatus(await mint(owner), 201).data<Wire<MintedApiTokenDto>>();
    expect(Date.parse(made.expiresAt ?? '') - Date.parse(made.createdAt)).toBe(30 * day);
    const soon = new Date(Date.now() + 29 * day).toISOString();
    expect(expectStatus(await mint(owner, { expiresAt: soon }), 201).data()).toMatchObject({
      expiresAt: soon,
    });
    const late = expectStatus(await mint(owner, { expiresAt: new Date(Date.now() + 31 * day) }), 400);
    expect(late.body).toMatchObject({
      error: { details: [{ path: 'expiresAt', code: 'lifetime_too_long' }] },
    });
    const [latest = ''] = /\d{4}-[^ ]+Z/.exec(late.text) ?? [];
    expect(Math.abs(Date.parse(latest) - Date.now() - 30 * day)).toBeLessThan(60_000);
  });

  it('ends older tokens at once, and shows it', async () => {
    await service.database.rows(
      `UPDATE api_tokens SET created_at = created_at - interval '10 days' WHERE id = $1`,
      [uuidOf('apiToken', owner.tokenId)],
    );
    expectStatus(await owner.client.get('/vaults'), 200);
    const shown = async (): Promise<Wire<ApiTokenDto>[]> => [
      expectStatus(await owner.sessionClient.get(`/api-tokens/${owner.tokenId}`), 200).data<
        Wire<ApiTokenDto>
      >(),
      ...expectStatus(await owner.sessionClient.get('/api-tokens'), 200).data<Wire<ApiTokenDto>[]>(),
    ];
    for (const token of await shown()) expect(token).toMatchObject({ status: 'active', expiresAt: null });
    await set(owner, { maxTokenLifetimeDays: 9 });
    expectStatus(await owner.client.get('/vaults'), 401);
    for (const { status, expiresAt, createdAt } of await shown()) {
      expect(status).toBe('expired');
      expect(Date.parse(expiresAt ?? '') - Date.parse(createdAt)).toBe(9 * day);
    }
    await set(owner, { maxTokenLifetimeDays: null });
    expectStatus(await owner.client.get('/vaults'), 200);
  });
});

describe('the longest lifetime of API keys', () => {
  const create = (fields: object): Promise<Reply> =>
    owner.sessionClient.post('/api-keys', { name: 'Pipeline', scopes: ['vault:read'], ...fields });
  const keyAt = async (id: string): Promise<Wire<ApiKeyDto>> =>
    expectStatus(await owner.sessionClient.get(`/api-keys/${id}`), 200).data<Wire<ApiKeyDto>>();
  const age = ({ id }: { id: string }, days: number): Promise<unknown> =>
    service.database.rows(
      `UPDATE api_keys SET created_at = created_at - make_interval(days => $2) WHERE id = $1`,
      [uuidOf('apiKey', id), days],
    );
  const tooLong = (path: string): object => ({ error: { details: [{ path, code: 'lifetime_too_long' }] } });

  it('is the end of keys that say none, and the latest end of others', async () => {
    await set(owner, { maxKeyLifetimeDays: 90 });
    const made = expectStatus(await create({}), 201).data<MintedKeyAnswer>();
    expect(Date.parse(made.expiresAt ?? '') - Date.parse(made.createdAt)).toBe(90 * day);
    for (const expiresIn of ['30d', '90d']) expectStatus(await create({ expiresIn }), 201);
    for (const expiresIn of ['never', '1y']) {
      expect(expectStatus(await create({ expiresIn }), 400).body).toMatchObject(tooLong('expiresIn'));
    }
    const expiresAt = new Date(Date.now() + 91 * day);
    expect(expectStatus(await create({ expiresAt }), 400).body).toMatchObject(tooLong('expiresAt'));
    for (const wish of [{ expiresAt: null }, { expiresAt }]) {
      const reply = await owner.sessionClient.patch(`/api-keys/${made.id}`, wish);
      expect(expectStatus(reply, 400).body).toMatchObject(tooLong('expiresAt'));
    }
    const rotated = await owner.sessionClient.post(`/api-keys/${made.id}/rotate`, { expiresIn: 'never' });
    expect(expectStatus(rotated, 400).body).toMatchObject(tooLong('expiresIn'));
  });

  it('ends older keys at once and shows it; a rotation begins it anew', async () => {
    const key = await apiKeyOf(owner, { scopes: ['vault:read'] });
    await age(key, 10);
    expectStatus(await key.client.get('/vaults'), 200);
    await set(owner, { maxKeyLifetimeDays: 9 });
    expect(expectStatus(await key.client.get('/vaults'), 401).body).toMatchObject({
      error: { message: 'API key has expired' },
    });
    expect(await keyAt(key.id)).toMatchObject({ status: 'expired' });
    const lists = await Promise.all(
      ['expired', 'active'].map((status) => owner.sessionClient.get('/api-keys', { query: { status } })),
    );
    expect(lists.map((list) => list.data<{ id: string }[]>().map(({ id }) => id))).toEqual([[key.id], []]);
    expectStatus(await owner.sessionClient.post(`/api-keys/${key.id}/rotate`, {}), 409);
    const reply = await owner.sessionClient.post(`/api-keys/${key.id}/rotate`, {
      expiresAt: new Date(Date.now() + 8 * day),
    });
    const rotated = expectStatus(reply, 200).data<MintedKeyAnswer>();
    expectStatus(await key.client.as(rotated.key).get('/vaults'), 200);
    expect(rotated).toMatchObject({ status: 'active' });
  });

  it('is as long for a key that is rotated before it ends', async () => {
    const key = await apiKeyOf(owner, { scopes: ['vault:read'] });
    await age(key, 5);
    await set(owner, { maxKeyLifetimeDays: 9 });
    const before = Date.parse((await keyAt(key.id)).expiresAt ?? '');
    expect(Math.abs(before - Date.now() - 4 * day)).toBeLessThan(60_000);
    const reply = await owner.sessionClient.post(`/api-keys/${key.id}/rotate`, {});
    const { expiresAt, lastRotatedAt } = expectStatus(reply, 200).data<MintedKeyAnswer>();
    expect(Date.parse(expiresAt ?? '') - Date.parse(lastRotatedAt ?? '')).toBe(9 * day);
    expect((await keyAt(key.id)).expiresAt).toBe(expiresAt);
  });
});
