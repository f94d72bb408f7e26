import { setTimeout as sleep } from 'node:timers/promises';
import { uuidOf } from '@credvault/database/typed-id.js';
import type { ApiKeyDto } from '../../apps/api/src/api-keys/api-key.dto.js';
import type { Reply } from '../support/client.js';
import { apiKeyOf, type MintedKeyAnswer, type TestKey } from '../support/keys.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';
import { settle, trailOf } from './audit-trail.js';

type Key = Wire<ApiKeyDto>;

const day = 24 * 60 * 60_000;
/** What is changed by SQL is known to the caches within this time, in milliseconds (DESIGN, promise 8). */
const propagation = 1_000;

let service: TestService;
let jane: Person;

beforeAll(async () => {
  service = await startTestService();
  jane = await signUp(service);
});
afterAll(() => service.stop());

const use = (key: string): Promise<Reply> => jane.client.get('/vaults', { token: key });
const act = (key: TestKey, verb: string, body?: object, headers?: Record<string, string>): Promise<Reply> =>
  jane.client.post(`/api-keys/${key.id}/${verb}`, body, { headers });
const stateOf = async ({ id }: { id: string }): Promise<Key> =>
  expectStatus(await jane.client.get(`/api-keys/${id}`), 200).data<Key>();

async function rotate(key: TestKey, fields: object = {}): Promise<MintedKeyAnswer> {
  return expectStatus(await act(key, 'rotate', fields), 200).data<MintedKeyAnswer>();
}

function expectRefused(reply: Reply, message: string): void {
  expectStatus(reply, 401);
  expect(reply.json<{ error: object }>().error).toMatchObject({ code: 'UNAUTHORIZED', message });
  expect(reply.headers['www-authenticate']).toContain('error="invalid_token"');
}

/** Lets a key, or its earlier secret, end by the clock of the database. */
async function end({ id }: { id: string }, what: 'key' | 'earlier secret'): Promise<void> {
  const statement =
    what === 'key'
      ? `UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE id = $1`
      : `UPDATE api_key_secrets SET ends_at = now() - interval '1 second' WHERE api_key_id = $1 AND ends_at IS NOT NULL`;
  await service.database.rows(statement, [uuidOf('apiKey', id)]);
  await sleep(propagation);
}

describe('pausing', () => {
  it('stops a key at once, keeps what it was used for, and resuming lets it work again', async () => {
    const key = await apiKeyOf(jane);
    expectStatus(await use(key.key), 200);
    const paused = expectStatus(await act(key, 'pause'), 200);
    expect(paused.data<Key>().status).toBe('paused');
    expectRefused(await use(key.key), 'API key is paused');
    await settle(service);
    const usage = await jane.client.get(`/api-keys/${key.id}/usage`);
    expect(usage.data<object[]>().length).toBeGreaterThan(0);
    const resumed = expectStatus(await act(key, 'resume'), 200);
    // When it was last used is written behind the answers.
    const { lastUsedAt } = resumed.data<Key>();
    expect(resumed.data<Key>()).toEqual({ ...(await stateOf(key)), status: 'active', lastUsedAt });
    expect(resumed.headers['etag']).not.toBe(paused.headers['etag']);
    expectStatus(await use(key.key), 200);
  });

  it('twice changes nothing the second time, and writes no second change', async () => {
    const key = await apiKeyOf(jane);
    for (const verb of ['pause', 'resume']) {
      const first = expectStatus(await act(key, verb), 200);
      const second = expectStatus(await act(key, verb), 200);
      expect(second.data()).toEqual(first.data());
      expect(second.headers['etag']).toBe(first.headers['etag']);
      const type = verb === 'pause' ? 'api_key.paused' : 'api_key.resumed';
      expect(await trailOf(jane, { resource: key.id, type })).toHaveLength(1);
    }
    expect(await trailOf(jane, { resource: key.id, type: 'api_key.unchanged' })).toHaveLength(2);
  });

  it('of a key that has expired does not hide that it has', async () => {
    const key = await apiKeyOf(jane, { expiresIn: '30d' });
    await end(key, 'key');
    expectStatus(await act(key, 'pause'), 200);
    expect((await stateOf(key)).status).toBe('expired');
  });
});

describe('rotating', () => {
  it('takes no body, as all of it has defaults', async () => {
    const key = await apiKeyOf(jane);
    const reply = await jane.client.post(`/api-keys/${key.id}/rotate`);
    const rotated = expectStatus(reply, 200).data<MintedKeyAnswer>();
    expectRefused(await use(key.key), 'API key has been rotated: use its new secret');
    expectStatus(await use(rotated.key), 200);
  });

  it('gives a new secret under the same id, and the old one stops at once', async () => {
    const key = await apiKeyOf(jane, { name: 'Rotated', allowedIps: ['0.0.0.0/0'] });
    expectStatus(await use(key.key), 200);
    const rotated = await rotate(key);
    expectRefused(await use(key.key), 'API key has been rotated: use its new secret');
    expectStatus(await use(rotated.key), 200);
    expect(rotated.key).toMatch(/^cv_[0-9A-Za-z]{49}$/);
    const { key: secret, ...shown } = rotated;
    const { key: _old, client: _client, ...before } = key;
    expect(shown).toEqual({
      ...before,
      hint: secret.slice(0, key.hint.length),
      lastRotatedAt: expect.stringMatching(/Z$/) as string,
      rotationDueAt: new Date(Date.parse(rotated.lastRotatedAt ?? '') + 90 * day).toISOString(),
      updatedAt: expect.stringMatching(/Z$/) as string,
      previousSecret: { hint: key.hint, endsAt: rotated.lastRotatedAt, lastUsedAt: null },
      lastUsedAt: rotated.lastUsedAt,
    });
    expect({ ...(await stateOf(key)), lastUsedAt: null }).toMatchObject({
      ...shown,
      previousSecret: { hint: key.hint, endsAt: rotated.lastRotatedAt },
      lastUsedAt: null,
    });
    const [record] = await trailOf(jane, { resource: key.id, type: 'api_key.rotated' });
    expect(record?.details).toEqual({ overlapSeconds: 0 });
  });

  it('with an overlap lets both secrets work until it ends', async () => {
    const key = await apiKeyOf(jane);
    const rotated = await rotate(key, { overlapSeconds: 604_800 });
    expect(Date.parse(rotated.previousSecret?.endsAt ?? '')).toBe(
      Date.parse(rotated.lastRotatedAt ?? '') + 604_800_000,
    );
    for (const secret of [key.key, rotated.key, key.key]) expectStatus(await use(secret), 200);
    await end(key, 'earlier secret');
    expectRefused(await use(key.key), 'API key has been rotated: use its new secret');
    expectStatus(await use(rotated.key), 200);
  });

  it('with a short overlap ends the old secret by itself, without a word from the database', async () => {
    const key = await apiKeyOf(jane);
    const rotated = await rotate(key, { overlapSeconds: 1 });
    expectStatus(await use(rotated.key), 200);
    await use(key.key);
    const left = Date.parse(rotated.previousSecret?.endsAt ?? '') - Date.now();
    await sleep(Math.max(0, left) + 5);
    expectRefused(await use(key.key), 'API key has been rotated: use its new secret');
  });

  it('a second time during the overlap ends the oldest secret', async () => {
    const key = await apiKeyOf(jane);
    const second = await rotate(key, { overlapSeconds: 600 });
    const third = await rotate(key, { overlapSeconds: 600 });
    expect(third.previousSecret?.hint).toBe(second.hint);
    // Of the oldest no digest is left: it is as unknown as any other string.
    expectRefused(await use(key.key), 'Invalid or expired API token.');
    for (const secret of [second.key, third.key]) expectStatus(await use(secret), 200);
    const secrets = await service.database.rows(`SELECT 1 FROM api_key_secrets WHERE api_key_id = $1`, [
      uuidOf('apiKey', key.id),
    ]);
    expect(secrets).toHaveLength(2);
  });

  it('of a paused key keeps it paused', async () => {
    const key = await apiKeyOf(jane);
    expectStatus(await act(key, 'pause'), 200);
    const rotated = await rotate(key);
    expect(rotated.status).toBe('paused');
    expectRefused(await use(rotated.key), 'API key is paused');
  });

  it('repeated by an Idempotency-Key is not answered with the secret again', async () => {
    const key = await apiKeyOf(jane);
    const retry = { 'idempotency-key': 'rotate-once' };
    const first = expectStatus(await act(key, 'rotate', {}, retry), 200).data<MintedKeyAnswer>();
    const again = expectStatus(await act(key, 'rotate', {}, retry), 409);
    expect(again.json<{ error: object }>().error).toMatchObject({
      details: [{ path: 'id', code: 'shown_once', message: key.id }],
    });
    expect(again.text).not.toContain(first.key);
    expectStatus(await use(first.key), 200);
  });

  it.each([
    { overlapSeconds: -1 },
    { overlapSeconds: 604_801 },
    { overlapSeconds: 1.5 },
    { overlapSeconds: '60' },
  ])('refuses %j', async (fields) => {
    const key = await apiKeyOf(jane);
    expectStatus(await act(key, 'rotate', fields), 400);
    expectStatus(await use(key.key), 200);
  });
});

describe('a key that has expired', () => {
  it('says so, and is revived by a rotation that tells how long it lives', async () => {
    const key = await apiKeyOf(jane, { expiresIn: '30d' });
    expectStatus(await use(key.key), 200);
    await end(key, 'key');
    expectRefused(await use(key.key), 'API key has expired');
    expect((await stateOf(key)).status).toBe('expired');
    const refused = expectStatus(await act(key, 'rotate', { overlapSeconds: 60 }), 409);
    expect(refused.json<{ error: object }>().error).toMatchObject({
      message: expect.stringMatching(/^API key has expired/) as string,
      details: [{ path: 'expiresIn', code: 'expired' }],
    });
    expect(await stateOf(key)).toMatchObject({ hint: key.hint, lastRotatedAt: null });
    const revived = await rotate(key, { expiresIn: '90d' });
    expect(revived).toMatchObject({ id: key.id, status: 'active' });
    expect(revived.expiresAt).toBe(
      new Date(Date.parse(revived.lastRotatedAt ?? '') + 90 * day).toISOString(),
    );
    expectStatus(await use(revived.key), 200);
    expectRefused(await use(key.key), 'API key has been rotated: use its new secret');
  });

  it('is revived for good with never, and until a date with expiresAt', async () => {
    const key = await apiKeyOf(jane, { expiresIn: '30d' });
    await end(key, 'key');
    expect((await rotate(key, { expiresIn: 'never' })).expiresAt).toBeNull();
    const until = '2099-01-01T00:00:00.000Z';
    expect((await rotate(key, { expiresAt: until })).expiresAt).toBe(until);
    // Rotating again without a word about the end leaves it as it is.
    expect((await rotate(key)).expiresAt).toBe(until);
    for (const fields of [{ expiresIn: '30d', expiresAt: until }, { expiresAt: '2001-01-01T00:00:00Z' }]) {
      expectStatus(await act(key, 'rotate', fields), 400);
    }
  });
});

describe('deleting', () => {
  it('is for good, and the history stays in the audit trail', async () => {
    const key = await apiKeyOf(jane);
    expectStatus(await use(key.key), 200);
    expectStatus(await jane.client.delete(`/api-keys/${key.id}`), 204);
    expectRefused(await use(key.key), 'Invalid or expired API token.');
    expectStatus(await jane.client.get(`/api-keys/${key.id}`), 404);
    expectStatus(await jane.client.get(`/api-keys/${key.id}/usage`), 404);
    expectStatus(await jane.client.delete(`/api-keys/${key.id}`), 404);
    for (const verb of ['pause', 'resume']) expectStatus(await act(key, verb), 404);
    expectStatus(await act(key, 'rotate', { overlapSeconds: 60 }), 404);
    const trail = await trailOf(jane, { credential: key.id });
    expect(trail.map(({ type, outcome }) => [type, outcome])).toEqual([['vault.listed', 'success']]);
    const life = (await trailOf(jane, { resource: key.id })).map(({ type }) => type);
    expect(life.slice(0, 2)).toEqual(['api_key.created', 'api_key.deleted']);
    expect(
      await service.database.rows(`SELECT 1 FROM api_key_secrets WHERE api_key_id = $1`, [
        uuidOf('apiKey', key.id),
      ]),
    ).toEqual([]);
  });

  it('of the key in use by itself works, and it was the last thing it did', async () => {
    const key = await apiKeyOf(jane);
    expectStatus(await key.client.delete(`/api-keys/${key.id}`), 204);
    expectStatus(await key.client.get('/api-keys/self'), 401);
  });
});
