import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Reply } from '../support/client.js';
import { expectStatus, newAddress, type Person, signUp } from '../support/people.js';
import { type SecretAnswer, secretOf, vaultOf } from '../support/fixtures.js';
import { startTestService, type TestService } from '../support/service.js';

const value = 'only with a record';
const notes = 'neither these';
let service: TestService;
let person: Person;
let vault: string;
let secret: string;

beforeAll(async () => {
  service = await startTestService();
  await service.database.rows(`CREATE FUNCTION refuse_record() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'no records today'; END $$`);
  person = await signUp(service);
  const { id } = await vaultOf(person);
  vault = `/vaults/${id}`;
  secret = `${vault}/secrets/${(await secretOf(person, id, { key: 'KEY', value, notes })).id}`;
});
afterAll(() => service.stop());

/** Ways in which records can fail, and how each is mended. */
const failures: [name: string, broken: string, mended: string][] = [
  [
    'a table that refuses',
    `CREATE TRIGGER refuse BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION refuse_record()`,
    `DROP TRIGGER refuse ON audit_events`,
  ],
  [
    'a table that is gone',
    `ALTER TABLE audit_events RENAME TO lost_events`,
    `ALTER TABLE lost_events RENAME TO audit_events`,
  ],
  [
    'a column that is missing',
    `ALTER TABLE audit_events RENAME COLUMN reason TO motive`,
    `ALTER TABLE audit_events RENAME COLUMN motive TO reason`,
  ],
];

const stored = async (): Promise<string> => {
  const rows = await service.database.rows<{ row: string }>(`
    SELECT (to_jsonb(t) - 'last_used_at')::text AS row FROM
      (SELECT to_jsonb(v) AS t FROM vaults v UNION ALL SELECT to_jsonb(s) FROM secrets s UNION ALL SELECT to_jsonb(x) FROM secret_versions x
       UNION ALL SELECT to_jsonb(k) - 'last_used_at' FROM api_tokens k UNION ALL SELECT to_jsonb(e) - 'last_used_at' FROM sessions e
       UNION ALL SELECT to_jsonb(u) FROM users u UNION ALL SELECT to_jsonb(i) FROM idempotency_keys i) AS all_rows (t) ORDER BY 1`);
  return rows.map(({ row }) => row).join('\n');
};

describe.each(failures)('with %s', (_name, broken, mended) => {
  beforeAll(() => service.database.rows(broken));
  afterAll(() => service.database.rows(mended));

  it.each<[string, () => Promise<Reply>]>([
    ['a secret', () => person.client.get(secret)],
    ['a list with values', () => person.client.get(`${vault}/secrets`)],
    ['a version', () => person.client.get(`${secret}/versions/1`)],
    ['a JSON export', () => person.client.get(`${vault}/export`, { query: { format: 'json' } })],
    ['a dotenv export', () => person.client.get(`${vault}/export`, { query: { format: 'dotenv' } })],
  ])('%s is not revealed: 503 and no value', async (_what, reveal) => {
    const reply = expectStatus(await reveal(), 503);
    expect(reply.json<{ error: { code: string } }>().error.code).toBe('UNAVAILABLE');
    expect(reply.headers['retry-after']).toBe('1');
    expect(reply.text).not.toContain(value);
    expect(reply.text).not.toContain(notes);
    expect(reply.headers['etag']).toBeUndefined();
  });

  it.each<[string, () => Promise<Reply>]>([
    [
      'make a vault',
      () => person.client.post('/vaults', { name: 'x' }, { headers: { 'idempotency-key': 'unrecorded' } }),
    ],
    ['change a vault', () => person.client.patch(vault, { name: 'x' })],
    ['delete a vault', () => person.client.delete(vault)],
    ['make a secret', () => person.client.post(`${vault}/secrets`, { key: 'X', value: 'x' })],
    ['change a secret', () => person.client.patch(secret, { value: 'x' })],
    ['change a type, which would show the value', () => person.client.patch(secret, { type: 'json' })],
    ['delete a secret', () => person.client.delete(secret)],
    ['roll back', () => person.client.post(`${secret}/rollback`, { version: 1 })],
    ['import', () => person.client.post(`${vault}/import`, { format: 'json', content: '{"A":"1"}' })],
    ['make a token', () => person.sessionClient.post('/api-tokens', { name: 'x' })],
    ['pause a token', () => person.sessionClient.post(`/api-tokens/${person.tokenId}/pause`)],
    ['change the name', () => person.client.patch('/me', { name: 'x' })],
    [
      'sign in',
      () =>
        new Client(service, { address: newAddress() }).post('/auth/login', {
          email: person.email,
          password: person.password,
        }),
    ],
    [
      'refresh',
      () =>
        new Client(service, { address: newAddress() }).post('/auth/refresh', {
          refreshToken: person.refreshToken,
        }),
    ],
    ['sign out', () => person.sessionClient.post('/auth/logout')],
  ])('nobody can %s: 503, and nothing is done', async (_what, change) => {
    const before = await stored();
    const reply = await change();
    expect(await stored()).toBe(before);
    expectStatus(reply, 503);
    expect(reply.text).not.toContain(value);
    expect(reply.text).not.toContain(notes);
  });

  it('what neither reveals nor changes is still answered', async () => {
    const names = expectStatus(
      await person.client.get(`${vault}/secrets`, { query: { reveal: false } }),
      200,
    );
    expect(names.data<SecretAnswer[]>().map(({ key }) => key)).toEqual(['KEY']);
    expectStatus(await person.client.get('/me'), 200);
  });

  it('the service says that it is not ready', async () => {
    await sleep(1_100);
    const reply = expectStatus(await person.client.get('/health/ready'), 503);
    expect(
      reply.json<{ error: { details: { path: string }[] } }>().error.details.map(({ path }) => path),
    ).toContain('audit');
  });
});

describe('once records can be written again', () => {
  it('the service says by itself that it is ready: nobody sends requests to one that is not', async () => {
    await sleep(1_100);
    const reply = await new Client(service, { address: newAddress() }).get('/health/ready');
    expectStatus(reply, 200);
  });

  it('reveals and changes work, and every one has its record', async () => {
    expect(expectStatus(await person.client.get(secret), 200).data()).toMatchObject({ value, notes });
    expectStatus(await person.client.patch(secret, { notes: 'changed' }), 200);
    const trail = await person.client.get('/audit-events', {
      query: { resource: secret.split('/').at(-1) ?? '', limit: 1 },
    });
    expect(trail.data<{ type: string }[]>()[0]?.type).toMatch(/^secret\.(updated|revealed)$/);
  });
});

describe('a service whose readiness nobody tested by writing', () => {
  it('says that it is not ready before the first record is lost', async () => {
    const idle = await startTestService();
    try {
      const probe = new Client(idle, { address: newAddress() });
      expectStatus(await probe.get('/health/ready'), 200);
      await idle.database.rows(`ALTER TABLE audit_events RENAME TO lost_events`);
      await sleep(1_100);
      expectStatus(await probe.get('/health/ready'), 503);
    } finally {
      await idle.stop();
    }
  });
});
