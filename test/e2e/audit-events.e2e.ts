import { uuidOf } from '@credvault/database/typed-id.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { type SecretAnswer, secretOf, vaultOf } from '../support/fixtures.js';
import { grantTo } from '../support/teams.js';
import { startTestService, type TestService } from '../support/service.js';
import { type AuditEvent, settle, trailOf } from './audit-trail.js';

let service: TestService;
let person: Person;
let vaultId: string;
let secretId: string;

beforeAll(async () => {
  service = await startTestService();
});
beforeEach(async () => {
  person = await signUp(service);
  vaultId = (await vaultOf(person)).id;
  secretId = (await secretOf(person, vaultId, { key: 'KEY' })).id;
});
afterAll(() => service.stop());

/** The records that a piece of work leaves, without those of reading the trail. */
async function recordsOf(work: () => Promise<unknown>): Promise<AuditEvent[]> {
  const before = new Set((await trailOf(person)).map(({ id }) => id));
  await work();
  const isNews = ({ id, type }: AuditEvent): boolean => !before.has(id) && type !== 'audit_event.listed';
  return (await trailOf(person)).filter(isNews);
}

describe('every action', () => {
  it('has exactly one record that says who did what to what, from where, and how it ended', async () => {
    const { client, sessionClient } = person;
    const vault = `/vaults/${vaultId}`;
    const secret = `${vault}/secrets/${secretId}`;
    const list = { query: { reveal: false } };
    const steps: [type: string, work: () => Promise<{ status: number }>, resource: string | null][] = [
      ['user.viewed', () => client.get('/me'), null],
      ['user.updated', () => client.patch('/me', { name: 'New' }), person.userId],
      ['vault.listed', () => client.get('/vaults'), null],
      ['vault.viewed', () => client.get(vault), vaultId],
      ['vault.updated', () => client.patch(vault, { name: 'New' }), vaultId],
      ['secret.listed', () => client.get(`${vault}/secrets`, list), vaultId],
      ['secret.revealed', () => client.get(`${vault}/secrets`), secretId],
      ['secret.revealed', () => client.get(secret), secretId],
      ['secret.updated', () => client.patch(secret, { value: 'v', notes: 'n' }), secretId],
      ['secret_version.listed', () => client.get(`${secret}/versions`), secretId],
      ['secret.revealed', () => client.get(`${secret}/versions/1`), secretId],
      ['secret.exported', () => client.get(`${vault}/export`, { query: { format: 'json' } }), secretId],
      ['api_token.listed', () => sessionClient.get('/api-tokens'), null],
      ['api_token.viewed', () => sessionClient.get(`/api-tokens/${person.tokenId}`), person.tokenId],
      ['session.listed', () => sessionClient.get('/auth/sessions'), null],
      ['secret.deleted', () => client.delete(secret), secretId],
      ['vault.deleted', () => client.delete(vault), vaultId],
      ['session.ended', () => sessionClient.post('/auth/logout'), 'ses_'],
    ];
    for (const [type, work, resource] of steps) {
      let status = 0;
      const records = await recordsOf(async () => {
        ({ status } = await work());
      });
      expect(status).toBeLessThan(300);
      expect(records.map((record) => record.type)).toEqual([type]);
      const ids = records[0]?.resource?.ids ?? [];
      if (resource === null) expect(ids).toEqual([]);
      else expect(ids[0]?.slice(0, resource.length)).toBe(resource);
      expect(records[0]).toMatchObject({ outcome: 'success', reason: null, count: 1, request: { status } });
    }
  });

  it('has a record with all that an investigator asks for', async () => {
    const headers = { 'user-agent': `tester/1.0 ${'é'.repeat(200)}` };
    const before = Date.now();
    const reply = await person.client.get(`/vaults/${vaultId}/secrets/${secretId}`, { headers });
    const [record] = (await trailOf(person, { type: 'secret.revealed' })).slice(-1);
    expect(record).toEqual({
      id: expect.stringMatching(/^evt_[0-9a-z]{26}$/) as string,
      type: 'secret.revealed',
      createdAt: expect.stringMatching(/\.\d{3}Z$/) as string,
      outcome: 'success',
      reason: null,
      organizationId: person.organizationId,
      actor: { type: 'user', id: person.userId },
      credential: { type: 'api_token', id: person.tokenId },
      resource: { type: 'secret', ids: [secretId] },
      vaultId,
      request: {
        id: reply.headers['x-request-id'],
        method: 'GET',
        route: '/vaults/:vaultId/secrets/:secretId',
        status: 200,
        ip: person.address,
        userAgent: expect.stringMatching(/^tester\/1\.0 /) as string,
      },
      count: 1,
      details: { version: 1 },
    });
    expect(Buffer.byteLength(String(record?.request.userAgent))).toBeLessThanOrEqual(256);
    expect(Math.abs(Date.parse(String(record?.createdAt)) - before)).toBeLessThan(5_000);
  });

  it('that shows many values has one record naming all of them', async () => {
    for (let count = 0; count < 3; count++) await secretOf(person, vaultId);
    let shown: string[] = [];
    const records = await recordsOf(async () => {
      shown = (await person.client.get(`/vaults/${vaultId}/secrets`))
        .data<SecretAnswer[]>()
        .map(({ id }) => id);
    });
    expect(shown).toHaveLength(4);
    expect(records).toHaveLength(1);
    expect([...(records[0]?.resource?.ids ?? [])].sort()).toEqual([...shown].sort());
    const page = await recordsOf(() =>
      person.client.get(`/vaults/${vaultId}/secrets`, { query: { limit: 2 } }),
    );
    expect(page[0]?.resource?.ids).toEqual(shown.slice(0, 2));
  });

  it.each<[string, number, () => Promise<{ status: number }>]>([
    ['a body that is wrong', 400, () => person.client.post('/vaults', { name: 5 })],
    ['a body that is no JSON', 400, () => person.client.post('/vaults', undefined, { raw: '{bad' })],
    [
      'a body of another type',
      415,
      () => person.client.post('/vaults', undefined, { raw: 'x', headers: { 'content-type': 'text/plain' } }),
    ],
    ['a body that is too large', 413, () => person.client.post('/vaults', { name: 'x'.repeat(1_100_000) })],
    ['a vault that is not there', 404, () => person.client.get('/vaults/vlt_01jd3k5m7n8p9q0r1s2t3v4w5x')],
    ['a path that is not there', 404, () => person.client.get('/nothing', { undocumented: true })],
    [
      'a method that is not taken',
      405,
      () => person.client.request('PUT', '/vaults', { undocumented: true }),
    ],
    ['a duplicate', 409, () => person.client.post(`/vaults/${vaultId}/secrets`, { key: 'KEY', value: 'x' })],
    [
      'a stale entity tag',
      412,
      () => person.client.delete(`/vaults/${vaultId}`, { headers: { 'if-match': '"old"' } }),
    ],
  ])('that fails for %s has one record too', async (_why, status, work) => {
    const records = await recordsOf(async () => expect((await work()).status).toBe(status));
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      outcome: 'failed',
      actor: { id: person.userId },
      request: { status },
    });
  });

  it('is recorded when its credential is paused or expired, and nothing for one that nobody knows', async () => {
    await person.sessionClient.post(`/api-tokens/${person.tokenId}/pause`);
    expectStatus(await person.client.get('/vaults'), 401);
    await person.client.get('/vaults', { token: `${person.token.slice(0, -1)}~` });
    await settle(service);
    const rows = await service.database.rows<{ type: string; status: number }>(
      `SELECT type, status FROM audit_events WHERE organization_id = $1 AND outcome = 'denied'`,
      [uuidOf('organization', person.organizationId)],
    );
    expect(rows).toEqual([{ type: 'access.denied', status: 401 }]);
  });
});

describe('repeated refusals', () => {
  it('of one credential fold into one record with a count', async () => {
    const viewer = await memberOf(service, person, 'viewer');
    for (let count = 0; count < 25; count++)
      expectStatus(await viewer.client.get(`/vaults/${vaultId}/secrets/${secretId}`), 403);
    expectStatus(await viewer.client.delete(`/vaults/${vaultId}`), 403);
    const refusals = (await trailOf(person, { outcome: 'denied', actor: viewer.userId })).filter(
      ({ request }) => request.method === 'GET',
    );
    expect(refusals.reduce((sum, { count }) => sum + count, 0)).toBe(25);
    expect(refusals.length).toBeLessThanOrEqual(2);
    expect(refusals.at(-1)).toMatchObject({
      type: 'access.denied',
      reason: 'insufficient scope',
      request: { status: 403 },
    });
    const deletes = (await trailOf(person, { outcome: 'denied', actor: viewer.userId })).filter(
      ({ request }) => request.method === 'DELETE',
    );
    expect(deletes.map(({ count }) => count)).toEqual([1]);
  });
});

describe('the trail', () => {
  it('is filtered by actor, type, resource, outcome and time', async () => {
    const developer = await memberOf(service, person, 'developer');
    await grantTo(person, vaultId, developer);
    const middle = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await developer.client.get(`/vaults/${vaultId}/secrets/${secretId}`);
    await developer.client.get('/audit-events');
    const types = async (query: Record<string, string>): Promise<string[]> =>
      (await trailOf(person, query)).map(({ type }) => type).filter((type) => type !== 'audit_event.listed');
    expect(await types({ actor: developer.userId, from: middle })).toEqual([
      'secret.revealed',
      'access.denied',
    ]);
    expect(await types({ type: 'secret.created' })).toEqual(['secret.created']);
    expect(await types({ resource: secretId })).toEqual(['secret.created', 'secret.revealed']);
    expect(await types({ resource: vaultId })).toEqual([
      'vault.created',
      'secret.created',
      'grant.created',
      'secret.revealed',
    ]);
    expect(await types({ outcome: 'denied' })).toEqual(['access.denied']);
    expect(await types({ from: middle, type: 'secret.created' })).toEqual([]);
    expect(await types({ to: middle, resource: secretId })).toEqual(['secret.created']);
    expect(await types({ resource: 'vlt_01jd3k5m7n8p9q0r1s2t3v4w5x' })).toEqual([]);
    expect(await types({ actor: 'nobody' })).toEqual([]);
    const wrong = [
      ['outcome', 'maybe'],
      ['from', 'yesterday'],
      ['sort', 'ip'],
      ['ip', '10.0.0.1'],
    ] as const;
    for (const [name, value] of wrong) {
      expectStatus(await person.client.get('/audit-events', { query: { [name]: value } }), 400);
    }
  });

  it('is walked by cursor, the newest first, while records are added', async () => {
    for (let count = 0; count < 7; count++) await person.client.get('/me');
    const before = (await trailOf(person)).map(({ id }) => id);
    const met: string[] = [];
    let cursor: string | null = null;
    do {
      const query: Record<string, string | number> = { limit: 3, ...(cursor === null ? {} : { cursor }) };
      const reply = expectStatus(await person.client.get('/audit-events', { query }), 200);
      const page = reply.json<{ data: AuditEvent[]; pagination: { nextCursor: string | null } }>();
      met.push(...page.data.map(({ id }) => id));
      cursor = page.pagination.nextCursor;
      await settle(service);
    } while (cursor !== null);
    expect(new Set(met).size).toBe(met.length);
    expect(before.filter((id) => !met.includes(id))).toEqual([]);
  });

  it('is of one organization alone', async () => {
    const stranger = await signUp(service);
    expect((await trailOf(stranger, { resource: secretId })).length).toBe(0);
    expect(
      (await trailOf(stranger)).every(({ organizationId }) => organizationId === stranger.organizationId),
    ).toBe(true);
  });
});
