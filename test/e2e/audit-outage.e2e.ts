import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Actor } from '@credvault/access/actor.js';
import { AuditLog, AuditUnavailable } from '@credvault/audit-log/audit-log.js';
import { auditRow } from '@credvault/audit-log/audit-record.js';
import { newUuid } from '@credvault/database/typed-id.js';
import { Client } from '../support/client.js';
import { createDatabase, dropDatabase, type TestDatabase } from '../support/cluster.js';
import { DatabasePath } from '../support/database-path.js';
import { secretOf, vaultOf } from '../support/fixtures.js';
import { expectStatus, newAddress, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { settle } from './audit-trail.js';

const organizationId = newUuid();

/** Somebody whose request came from this address. */
function actorFrom(ip: string | undefined): Actor {
  return {
    credentialType: 'api_token',
    credentialId: newUuid(),
    userId: newUuid(),
    organizationId,
    scopes: new Set(),
    isSuperuser: false,
    paused: false,
    plan: 'free',
    origin: { requestId: 'req_test', ip, method: 'GET', route: '/me', event: 'test.done', recorded: false },
  };
}

const entry = { type: 'test.done', status: 200 };
const good = (): Actor => actorFrom('192.0.2.1');
/** PostgreSQL takes no such `inet`: error 22P02. */
const bad = (): Actor => actorFrom('fe80::1%eth0');

describe('the audit log', () => {
  let database: TestDatabase;
  let path: DatabasePath;
  let pool: pg.Pool;
  let log: AuditLog;
  let failures: unknown[];

  beforeAll(async () => {
    database = await createDatabase();
    path = await DatabasePath.open();
  });
  beforeEach(() => {
    pool = new pg.Pool({ connectionString: path.url(database.name), max: 1, connectionTimeoutMillis: 5_000 });
    pool.on('error', () => undefined);
    failures = [];
    log = new AuditLog(pool, (error) => failures.push(error));
  });
  afterEach(async () => {
    await pool.query(`TRUNCATE audit_events`);
    await pool.end();
  });
  afterAll(async () => {
    path.close();
    await dropDatabase(database);
  });

  const written = async (): Promise<number> => {
    const { rows } = await pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM audit_events`);
    return rows[0]?.count ?? NaN;
  };

  it('refuses only the record that PostgreSQL refuses, not those that shared its batch', async () => {
    const actors = Array.from({ length: 60 }, (_, index) => (index === 41 ? bad() : good()));
    for (let count = 0; count < 20; count++) log.note(count === 7 ? bad() : good(), entry);
    const reveals = await Promise.allSettled(actors.map((actor) => log.recordReveal(actor, entry)));
    await log.drain();
    expect(reveals.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []))).toEqual([41]);
    expect((reveals[41] as PromiseRejectedResult).reason).toBeInstanceOf(AuditUnavailable);
    expect(await written()).toBe(59 + 19);
    expect(log.dropped).toBe(1);
    expect(failures.length).toBeGreaterThan(0);
  });

  it('keeps a record once that is sent again, because its acknowledgement was lost', async () => {
    const row = auditRow(good(), entry);
    for (const other of [row, auditRow(good(), entry), row]) {
      log.noteRow(other);
      await log.drain();
    }
    expect(await written()).toBe(2);
    expect(log.dropped).toBe(0);
    expect(failures).toEqual([]);
  });

  it('tells reveals at once that the database is away, however many notes wait, and writes those later', async () => {
    path.cut();
    for (let count = 0; count < 1_200; count++) log.note(good(), entry);
    await sleep(50);
    await expect(log.recordReveal(good(), entry)).rejects.toBeInstanceOf(AuditUnavailable);
    expect(log.pending).toBe(1_200);
    path.mend();
    await log.recordReveal(good(), entry);
    await log.drain();
    expect(await written()).toBe(1_201);
    expect(log.dropped).toBe(0);
  });

  it('does not wait for ever at the end: what cannot be written is dropped and counted', async () => {
    path.cut();
    for (let count = 0; count < 700; count++) log.note(good(), entry);
    await log.drain();
    expect(log.pending).toBe(0);
    expect(log.dropped).toBe(700);
    path.mend();
    await sleep(300);
    expect(await written()).toBe(0);
  });

  it('finds out whether a record could be written, and leaves none', async () => {
    await log.assertWritable();
    expect(await written()).toBe(0);
    await pool.query(`ALTER TABLE audit_events RENAME COLUMN reason TO motive`);
    await expect(log.assertWritable()).rejects.toThrow('reason');
    await pool.query(`ALTER TABLE audit_events RENAME COLUMN motive TO reason`);
    await log.assertWritable();
  });
});

describe('a service', () => {
  let near: TestService;
  let far: TestService;
  let path: DatabasePath;

  beforeAll(async () => {
    near = await startTestService();
    path = await DatabasePath.open();
    far = await startTestService({
      sharing: near,
      environment: { DATABASE_URL: path.url(near.databaseName) },
    });
  });
  afterAll(async () => {
    await far.stop();
    path.close();
    await near.stop();
  });

  it('is ready again after an outage without anybody sending requests', async () => {
    const visitor = new Client(far, { address: newAddress() });
    const person = await signUp(near);
    const client = person.client.at(far);
    const vault = await vaultOf(person);
    const secret = `/vaults/${vault.id}/secrets/${(await secretOf(person, vault.id)).id}`;
    expectStatus(await client.get(secret), 200);
    path.cut();
    expectStatus(await client.get(secret), 503);
    expectStatus(await visitor.get('/health/ready'), 503);
    path.mend();
    await sleep(1_100);
    expectStatus(await visitor.get('/health/ready'), 200);
    expectStatus(await client.get(secret), 200);
  });

  it('names in the record of a failure what was reached for', async () => {
    const owner = await signUp(near);
    const stranger = await signUp(near);
    const vault = await vaultOf(owner);
    const { id } = await secretOf(owner, vault.id);
    expectStatus(await stranger.client.get(`/vaults/${vault.id}/secrets/${id}`), 404);
    expectStatus(await stranger.client.get(`/vaults/${vault.id}`), 404);
    expectStatus(await stranger.client.get('/vaults/not-an-id'), 404);
    await settle(near);
    const query = { type: 'request.failed', sort: 'createdAt' };
    const trail = await stranger.client.get('/audit-events', { query });
    expect(trail.data<object[]>()).toMatchObject([
      { resource: { type: 'secret', ids: [id] }, vaultId: vault.id, reason: 'not found' },
      { resource: { type: 'vault', ids: [vault.id] }, vaultId: vault.id },
      { resource: null, vaultId: null },
    ]);
  });

  it('does not trust a channel whose echoes come late, not even for a moment', async () => {
    const { channel } = far.runtime;
    while (!channel.isHealthy()) await sleep(20);
    path.delay = 1_300;
    await sleep(1_100);
    for (let look = 0; look < 40; look++) {
      expect(channel.isHealthy()).toBe(false);
      await sleep(50);
    }
    path.delay = 0;
    while (!channel.isHealthy()) await sleep(20);
  });
});
