import { expectStatus, type Person, signUp } from '../support/people.js';
import { type SecretAnswer, secretOf, vaultOf, type VaultAnswer } from '../support/fixtures.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Reply } from '../support/client.js';
import { trailOf } from './audit-trail.js';

let service: TestService;
let person: Person;
let vaultId: string;
let keys = 0;

beforeAll(async () => {
  service = await startTestService();
  person = await signUp(service);
});
beforeEach(async () => {
  vaultId = (await vaultOf(person)).id;
});
afterAll(() => service.stop());

const newKey = (): { headers: Record<string, string> } => ({
  headers: { 'idempotency-key': `key-${(keys += 1)}` },
});

function expectReplay(again: Reply, first: Reply): void {
  expectStatus(again, first.status);
  expect(again.data()).toEqual(first.data());
  expect(first.headers['idempotency-replayed']).toBeUndefined();
  expect(again.headers['idempotency-replayed']).toBe('true');
  for (const name of ['location', 'etag']) expect(again.headers[name]).toBe(first.headers[name]);
}

describe('a request with an Idempotency-Key', () => {
  it('makes one vault however often it is sent', async () => {
    const retry = newKey();
    const first = await person.client.post('/vaults', { name: 'Once', description: 'd' }, retry);
    expectReplay(await person.client.post('/vaults', { name: 'Once', description: 'd' }, retry), first);
    const found = await person.client.get('/vaults', { query: { search: 'Once' } });
    expect(found.data<VaultAnswer[]>()).toHaveLength(1);
  });

  it('makes one secret, and answers with what was sent', async () => {
    const retry = newKey();
    const body = { key: 'ONCE', value: 'v', notes: 'n', type: 'api_key' };
    const first = expectStatus(await person.client.post(`/vaults/${vaultId}/secrets`, body, retry), 201);
    expectReplay(await person.client.post(`/vaults/${vaultId}/secrets`, body, retry), first);
    expect((await person.client.get(`/vaults/${vaultId}`)).data<VaultAnswer>().secretCount).toBe(1);
    expectStatus(await person.client.post(`/vaults/${vaultId}/secrets`, body), 409);
  });

  it('rolls back and imports once', async () => {
    const { id } = await secretOf(person, vaultId, { key: 'K', value: 'v1' });
    await person.client.patch(`/vaults/${vaultId}/secrets/${id}`, { value: 'v2' });
    const [rollback, bulk] = [newKey(), newKey()];
    const path = `/vaults/${vaultId}/secrets/${id}/rollback`;
    const first = expectStatus(await person.client.post(path, { version: 1 }, rollback), 200);
    expectReplay(await person.client.post(path, { version: 1 }, rollback), first);
    const body = { format: 'json', content: '{"K": "v9", "L": "1"}', onConflict: 'overwrite' };
    const imported = expectStatus(await person.client.post(`/vaults/${vaultId}/import`, body, bulk), 200);
    expectReplay(await person.client.post(`/vaults/${vaultId}/import`, body, bulk), imported);
    expect((await person.client.get(`/vaults/${vaultId}/secrets/${id}`)).data()).toMatchObject({
      value: 'v9',
      version: 4,
    });
  });

  it('pauses a token once', async () => {
    const retry = newKey();
    const path = `/api-tokens/${person.tokenId}`;
    expectStatus(await person.sessionClient.post(`${path}/pause`, undefined, retry), 200);
    expectStatus(await person.sessionClient.post(`${path}/resume`), 200);
    const again = expectStatus(await person.sessionClient.post(`${path}/pause`, undefined, retry), 200);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect((await person.sessionClient.get(path)).data()).toMatchObject({ status: 'active' });
  });

  it('has a record of its own for each replay', async () => {
    const retry = newKey();
    const body = { key: 'RECORDED', value: 'v' };
    const { id } = (await person.client.post(`/vaults/${vaultId}/secrets`, body, retry)).data<SecretAnswer>();
    const replay = await person.client.post(`/vaults/${vaultId}/secrets`, body, retry);
    const all = await trailOf(person);
    expect(all.filter(({ request }) => request.id === replay.headers['x-request-id'])).toEqual([
      expect.objectContaining({ reason: 'replayed', outcome: 'success' }) as object,
    ]);
    expect(
      all.filter(({ type, resource }) => type === 'secret.created' && resource?.ids[0] === id),
    ).toHaveLength(1);
  });

  it.each([
    ['another body', { name: 'Other' }],
    ['another field', { name: 'One', description: '' }],
  ])('is refused with 422 for %s', async (_what, other) => {
    const retry = newKey();
    expectStatus(await person.client.post('/vaults', { name: 'One' }, retry), 201);
    const reply = expectStatus(await person.client.post('/vaults', other, retry), 422);
    expect(reply.json<{ error: { code: string } }>().error.code).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  it('is refused with 422 for another vault of the same route', async () => {
    const retry = newKey();
    const other = await vaultOf(person);
    const body = { key: 'K', value: 'v' };
    expectStatus(await person.client.post(`/vaults/${vaultId}/secrets`, body, retry), 201);
    expectStatus(await person.client.post(`/vaults/${other.id}/secrets`, body, retry), 422);
    expect((await person.client.get(`/vaults/${other.id}`)).data<VaultAnswer>().secretCount).toBe(0);
  });

  it('is one of its route and its actor alone', async () => {
    const retry = newKey();
    const stranger = await signUp(service);
    const first = expectStatus(await person.client.post('/vaults', { name: 'Mine' }, retry), 201);
    const theirs = expectStatus(await stranger.client.post('/vaults', { name: 'Mine' }, retry), 201);
    expect(theirs.headers['idempotency-replayed']).toBeUndefined();
    expect(theirs.data<VaultAnswer>().id).not.toBe(first.data<VaultAnswer>().id);
    expectStatus(
      await person.client.post(`/vaults/${vaultId}/secrets`, { key: 'K', value: 'v' }, retry),
      201,
    );
  });

  it('is run again after a failure, and after a day', async () => {
    const retry = newKey();
    const body = { key: 'TAKEN', value: 'v' };
    const { id } = await secretOf(person, vaultId, { key: 'TAKEN' });
    expectStatus(
      await person.client.post(`/vaults/${vaultId}/secrets`, body, { ...retry, token: 'ck_live_nobody' }),
      401,
    );
    await person.client.delete(`/vaults/${vaultId}/secrets/${id}`);
    const first = expectStatus(await person.client.post(`/vaults/${vaultId}/secrets`, body, retry), 201);
    await person.client.delete(`/vaults/${vaultId}/secrets/${first.data<SecretAnswer>().id}`);
    expectStatus(await person.client.post(`/vaults/${vaultId}/secrets`, body, retry), 404);
    await service.database.rows(
      `UPDATE idempotency_keys SET created_at = created_at - interval '24 hours 1 second'`,
    );
    const nextDay = expectStatus(await person.client.post(`/vaults/${vaultId}/secrets`, body, retry), 201);
    expect(nextDay.headers['idempotency-replayed']).toBeUndefined();
  });

  it('is told 409 while the first one is running, and freed when that one crashes', async () => {
    const retry = newKey();
    const runner = service.database.dataSource.createQueryRunner();
    await runner.connect();
    await runner.startTransaction();
    try {
      await runner.query(`LOCK TABLE vaults IN EXCLUSIVE MODE`);
      const first = person.client.post('/vaults', { name: 'Slow' }, retry);
      await new Promise((resolve) => setTimeout(resolve, 100));
      const busy = expectStatus(await person.client.post('/vaults', { name: 'Slow' }, retry), 409);
      expect(busy.headers['retry-after']).toBe('1');
      const [waiting] = await service.database.rows<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ILIKE '%INTO "vaults"%' AND datname = current_database()`,
      );
      await service.database.rows(`SELECT pg_terminate_backend($1)`, [waiting?.pid]);
      expectStatus(await first, 503);
    } finally {
      await runner.rollbackTransaction();
      await runner.release();
    }
    const again = expectStatus(await person.client.post('/vaults', { name: 'Slow' }, retry), 201);
    expect(again.headers['idempotency-replayed']).toBeUndefined();
  });

  it.each(['', 'with space', 'ü', 'k'.repeat(256)])('is refused with 400 for the key "%s"', async (key) => {
    const headers = { 'idempotency-key': Buffer.from(key).toString('latin1') };
    expectStatus(await person.client.post('/vaults', { name: 'x' }, { headers }), 400);
  });

  it('is ignored where nobody is known yet', async () => {
    const retry = newKey();
    const credentials = { email: person.email, password: person.password };
    const [first, second] = [
      await person.client.post('/auth/login', credentials, retry),
      await person.client.post('/auth/login', credentials, retry),
    ];
    expectStatus(second, 200);
    expect(second.data<{ accessToken: string }>().accessToken).not.toBe(
      first.data<{ accessToken: string }>().accessToken,
    );
  });

  it('leaves no body behind', async () => {
    await person.client.post(
      `/vaults/${vaultId}/secrets`,
      { key: 'K', value: 'nowhere to be found' },
      newKey(),
    );
    const rows = await service.database.rows<{ row: string }>(
      `SELECT i::text AS row FROM idempotency_keys i`,
    );
    const text = rows.map(({ row }) => row).join('\n');
    expect(rows.length).toBeGreaterThan(0);
    expect(text).not.toContain('nowhere to be found');
    expect(text).not.toContain(Buffer.from('nowhere to be found').toString('hex'));
  });
});
