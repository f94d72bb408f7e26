import { uuidOf } from '@credvault/database/typed-id.js';
import { LastUsed } from '@credvault/access/last-used.js';
import type { ApiTokenDto, MintedApiTokenDto } from '../../apps/api/src/api-tokens/api-token.dto.js';
import type { Reply } from '../support/client.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';
import { trailOf } from './audit-trail.js';

type Token = Wire<ApiTokenDto>;
type Minted = Wire<MintedApiTokenDto>;

const hour = 3_600_000;
let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

async function mint(person: Person, fields: object = {}): Promise<Minted> {
  return expectStatus(
    await person.sessionClient.post('/api-tokens', { name: 'Laptop', ...fields }),
    201,
  ).data<Minted>();
}

function use(person: Person, token: string): Promise<Reply> {
  return person.client.get('/vaults', { token });
}

function expectRefused(reply: Reply): void {
  expectStatus(reply, 401);
  const { error } = reply.json<{ error: { code: string; message: string } }>();
  expect(error).toMatchObject({ code: 'UNAUTHORIZED', message: 'Invalid or expired API token.' });
  expect(reply.headers['www-authenticate']).toContain('error="invalid_token"');
}

describe('personal tokens', () => {
  it('are shown once and work until they are deleted', async () => {
    const person = await signUp(service);
    const reply = expectStatus(await person.sessionClient.post('/api-tokens', { name: 'CI' }), 201);
    const minted = reply.data<Minted>();
    expect(minted).toEqual({
      id: expect.stringMatching(/^tok_/) as string,
      name: 'CI',
      hint: minted.token.slice(0, 12),
      status: 'active',
      expiresAt: null,
      lastUsedAt: null,
      createdAt: expect.any(String) as string,
      updatedAt: minted.createdAt,
      token: expect.stringMatching(/^ck_live_[0-9A-Za-z]{49}$/) as string,
    });
    expect(reply.headers['location']).toBe(`/api/v1/api-tokens/${minted.id}`);
    expect(reply.headers['cache-control']).toBe('no-store');
    expectStatus(await use(person, minted.token), 200);

    const list = expectStatus(await person.sessionClient.get('/api-tokens'), 200);
    expect(list.data<Token[]>().map(({ id }) => id)).toEqual([minted.id, person.tokenId]);
    const one = expectStatus(await person.sessionClient.get(`/api-tokens/${minted.id}`), 200);
    for (const { text } of [list, one]) expect(text).not.toContain(minted.token);

    expectStatus(await person.sessionClient.delete(`/api-tokens/${minted.id}`), 204);
    expectRefused(await use(person, minted.token));
    expectStatus(await person.sessionClient.get(`/api-tokens/${minted.id}`), 404);
    expectStatus(await person.sessionClient.delete(`/api-tokens/${minted.id}`), 404);
  });

  it('pause and resume, at once, and as often as one likes', async () => {
    const person = await signUp(service);
    const { id, token } = await mint(person);
    expectStatus(await use(person, token), 200);
    for (let round = 0; round < 2; round++) {
      const paused = expectStatus(await person.sessionClient.post(`/api-tokens/${id}/pause`), 200);
      expect(paused.data<Token>().status).toBe('paused');
      expectRefused(await use(person, token));
    }
    expect((await person.sessionClient.get(`/api-tokens/${id}`)).data<Token>().status).toBe('paused');
    const resumed = expectStatus(await person.sessionClient.post(`/api-tokens/${id}/resume`), 200);
    expect(resumed.data<Token>().status).toBe('active');
    expectStatus(await use(person, token), 200);
    const types = (await trailOf(person, { resource: id })).map(({ type }) => type);
    expect(types.filter((type) => type === 'api_token.paused')).toHaveLength(1);
    expect(types.filter((type) => type === 'api_token.resumed')).toHaveLength(1);
  });

  it('end at their time, which must lie ahead', async () => {
    const person = await signUp(service);
    const expiresAt = new Date(Date.now() + hour).toISOString();
    const { id, token, expiresAt: told } = await mint(person, { expiresAt });
    expect(told).toBe(expiresAt);
    expectStatus(await use(person, token), 200);
    await service.database.rows(
      `UPDATE api_tokens SET expires_at = now() - interval '1 millisecond' WHERE id = $1`,
      [uuidOf('apiToken', id)],
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    expectRefused(await use(person, token));
    expect((await person.sessionClient.get(`/api-tokens/${id}`)).data<Token>().status).toBe('expired');
    for (const past of [
      new Date(Date.now() - 1).toISOString(),
      '2020-01-01T00:00:00Z',
      'tomorrow',
      12,
      null,
      '2027-02-30T00:00:00Z',
    ]) {
      expectStatus(await person.sessionClient.post('/api-tokens', { name: 'x', expiresAt: past }), 400);
    }
  });

  it('end while they are cached, without anything telling the cache', async () => {
    const person = await signUp(service);
    const { token } = await mint(person, { expiresAt: new Date(Date.now() + 1_200).toISOString() });
    expectStatus(await use(person, token), 200);
    await new Promise((resolve) => setTimeout(resolve, 1_250));
    expectRefused(await use(person, token));
  });

  it('tell when they were last used', async () => {
    const person = await signUp(service);
    const { id, token } = await mint(person);
    const before = Date.now();
    expectStatus(await use(person, token), 200);
    await service.app.get(LastUsed, { strict: false }).flush();
    const { lastUsedAt } = (await person.sessionClient.get(`/api-tokens/${id}`)).data<Token>();
    expect(Date.parse(String(lastUsedAt))).toBeGreaterThanOrEqual(before - 1);
  });

  it('answer a repeated request without the token, naming what to delete', async () => {
    const person = await signUp(service);
    const headers = { 'idempotency-key': 'mint-once' };
    const first = expectStatus(
      await person.sessionClient.post('/api-tokens', { name: 'Once' }, { headers }),
      201,
    ).data<Minted>();
    const again = expectStatus(
      await person.sessionClient.post('/api-tokens', { name: 'Once' }, { headers }),
      409,
    );
    expect(again.text).toContain(first.id);
    expect(again.text).not.toContain(first.token);
    expectStatus(await person.sessionClient.post('/api-tokens', { name: 'Other' }, { headers }), 422);
    expect((await person.sessionClient.get('/api-tokens')).data<Token[]>()).toHaveLength(2);
  });

  it('are deleted only in the state their client has seen', async () => {
    const person = await signUp(service);
    const { id } = await mint(person);
    const { etag = '' } = (await person.sessionClient.get(`/api-tokens/${id}`)).headers;
    await person.sessionClient.post(`/api-tokens/${id}/pause`);
    expectStatus(
      await person.sessionClient.delete(`/api-tokens/${id}`, { headers: { 'if-match': etag } }),
      412,
    );
    const fresh = (await person.sessionClient.get(`/api-tokens/${id}`)).headers['etag'] ?? '';
    expectStatus(
      await person.sessionClient.delete(`/api-tokens/${id}`, { headers: { 'if-match': fresh } }),
      204,
    );
  });

  it('cannot manage tokens, themselves included', async () => {
    const { client, tokenId } = await signUp(service);
    expectStatus(await client.get('/api-tokens'), 403);
    expectStatus(await client.post('/api-tokens', { name: 'x' }), 403);
    expectStatus(await client.get(`/api-tokens/${tokenId}`), 403);
    expectStatus(await client.post(`/api-tokens/${tokenId}/pause`), 403);
    expectStatus(await client.post(`/api-tokens/${tokenId}/resume`), 403);
    expectStatus(await client.delete(`/api-tokens/${tokenId}`), 403);
    expectStatus(await client.get('/me'), 200);
  });

  it('are listed by page, name and age', async () => {
    const person = await signUp(service);
    for (const name of ['alpha', 'Beta', 'gamma']) await mint(person, { name });
    const names = async (query: Record<string, string | number>): Promise<string[]> =>
      expectStatus(await person.sessionClient.get('/api-tokens', { query }), 200)
        .data<Token[]>()
        .map(({ name }) => name);
    expect(await names({ search: 'BET' })).toEqual(['Beta']);
    expect(await names({ sort: 'createdAt' })).toEqual(['Tests', 'alpha', 'Beta', 'gamma']);
    expect(await names({ limit: 2 })).toEqual(['gamma', 'Beta']);
    expect(await names({ limit: 2, offset: 2 })).toEqual(['alpha', 'Tests']);
    expect(await names({ createdAfter: new Date(Date.now() + hour).toISOString() })).toEqual([]);
    expectStatus(await person.sessionClient.get('/api-tokens', { query: { sort: 'hint' } }), 400);
    expectStatus(await person.sessionClient.get('/api-tokens', { query: { status: 'active' } }), 400);
  });
});
