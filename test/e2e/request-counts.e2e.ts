import { setTimeout as sleep } from 'node:timers/promises';
import { newUuid, uuidOf } from '@credvault/database/typed-id.js';
import { RequestCountsService } from '../../apps/api/src/audit/request-counts.service.js';
import type { SubscriptionDto } from '../../apps/api/src/subscriptions/subscription.dto.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';
import { settle } from './audit-trail.js';
import { rounds } from '../support/rounds.js';

const patience = 60_000 + rounds * 3_000;

/** More records than are read anew each time. */
const many = 1_200;

let service: TestService;
let owner: Person;
let organization: string;

beforeAll(async () => {
  service = await startTestService();
});
beforeEach(async () => {
  owner = await signUp(service, 'An owner');
  organization = uuidOf('organization', owner.organizationId) ?? '';
});
afterAll(() => service.stop());

/** As the subscription tells it, when everything until now is recorded. */
async function told(): Promise<number> {
  await settle(service);
  const reply = expectStatus(await owner.client.get('/subscription'), 200);
  return reply.data<Wire<SubscriptionDto>>().usage.requests;
}

/** As it is counted for a month, which is no request itself. */
async function counted(moment: Date, id = organization): Promise<number> {
  return (await service.app.get(RequestCountsService, { strict: false }).ofMonth(id, moment)).requests;
}

const recordColumns = `organization_id, id, type, outcome, actor_type, credential_type, method, occurred_at, count, secondary`;

interface SomeRecords {
  at: Date;
  records?: number;
  /** Requests that each of them stands for. */
  count?: number;
  secondary?: boolean;
  credentialType?: string | null;
  method?: string | null;
  of?: string;
}

/** Writes records into the trail: requests of the owner's organization, unless `fields` say otherwise. */
async function write(
  fields: SomeRecords,
  runner: Pick<TestService['database'], 'rows'> = service.database,
): Promise<void> {
  const { at, records = 1, count = 1, secondary = false, of = organization } = fields;
  const { credentialType = 'session', method = 'GET' } = fields;
  await runner.rows(
    `INSERT INTO audit_events (${recordColumns})
     SELECT $1, gen_random_uuid(), 'vault.listed', 'success', 'user', $2, $3, $4, $5, $6
     FROM generate_series(1, $7::int)`,
    [of, credentialType, method, at, count, secondary, records],
  );
}

/** What is kept for good of a month. */
async function kept(month: Date): Promise<{ requests: number; until: Date; late: number } | undefined> {
  const [row] = await service.database.rows<{ requests: number; until: Date; late: number }>(
    `SELECT requests::int AS requests, counted_until AS until,
       (SELECT count(*)::int FROM late_audit_events l WHERE l.organization_id = $1) AS late
     FROM request_counts WHERE organization_id = $1 AND month = $2::date`,
    [organization, month.toISOString().slice(0, 10)],
  );
  return row;
}

/** Waits until every transaction has ended that the next count for good waits for: those of other suites, too. */
async function untilDue(): Promise<void> {
  const isDue = `SELECT 1 FROM request_counts
    WHERE organization_id = $1 AND next_after < pg_snapshot_xmin(pg_current_snapshot())`;
  while ((await service.database.rows(isDue, [organization])).length === 0) await sleep(10);
}

/** The count of a month before and after what can be is counted for good, which must be the same. */
async function countedForGood(moment: Date): Promise<number> {
  const before = await counted(moment);
  await untilDue();
  expect(await counted(moment)).toBe(before);
  expect(await counted(moment)).toBe(before);
  return before;
}

/** First moment of a month, counted from the present one. */
function monthStart(ahead: number): Date {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1));
}

describe('the requests of a month', () => {
  it('are those with a credential of the organization, answered or refused, each of them once', async () => {
    const viewer = await memberOf(service, owner, 'viewer');
    const before = await told();
    for (let time = 0; time < 3; time++) expectStatus(await owner.client.get('/vaults'), 200);
    expectStatus(await owner.client.post('/vaults', { name: 'Production' }), 201);
    expectStatus(await owner.client.get('/vaults/vlt_x'), 404);
    for (let time = 0; time < 5; time++)
      expectStatus(await viewer.client.post('/vaults', { name: 'No' }), 403);
    // Strangers and other organizations make none of its requests.
    expectStatus(await owner.client.get('/vaults', { token: null }), 401);
    const report = { token: owner.token };
    expectStatus(await owner.client.post('/leaked-tokens', report, { token: null }), 202);
    expectStatus(await (await signUp(service, 'Somebody else')).client.get('/vaults'), 200);
    // What asked first is a request as well.
    expect(await told()).toBe(before + 1 + 3 + 1 + 1 + 5);
  });

  it('begin and end with the month, in UTC', async () => {
    const [start, end] = [monthStart(0), monthStart(1)];
    const before = await counted(start);
    await write({ at: new Date(start.getTime() - 1), count: 1_000 });
    await write({ at: start, count: 7 });
    await write({ at: new Date(end.getTime() - 1), count: 20 });
    await write({ at: end, count: 1_000 });
    expect(await counted(start)).toBe(before + 27);
    const reply = expectStatus(await owner.client.get('/subscription'), 200);
    expect(reply.data<Wire<SubscriptionDto>>().usage).toMatchObject({
      periodStart: start.toISOString(),
      periodEnd: end.toISOString(),
    });
  });

  it('leave out second records, and what came without a credential or by no request', async () => {
    const at = monthStart(-1);
    await write({ at, count: 3 });
    await write({ at, secondary: true });
    await write({ at, credentialType: null });
    await write({ at, method: null });
    expect(await counted(at)).toBe(3);
  });
});

describe('requests that were counted for good', () => {
  const month = monthStart(-1);

  it('are not read again', async () => {
    await write({ at: month, records: many, count: 2 });
    expect(await countedForGood(month)).toBe(many * 2);
    expect(await kept(month)).toEqual({ requests: many * 2, until: monthStart(0), late: 0 });
    await service.database.rows(`DELETE FROM audit_events WHERE organization_id = $1 AND occurred_at = $2`, [
      organization,
      month,
    ]);
    expect(await counted(month)).toBe(many * 2);
  });

  it('are joined by what is recorded late, once', async () => {
    await write({ at: month, records: many });
    await countedForGood(month);
    await write({ at: month, count: 5 });
    await write({ at: month, secondary: true });
    expect(await counted(month)).toBe(many + 5);
    await write({ at: month, records: many });
    expect(await countedForGood(month)).toBe(2 * many + 5);
    expect(await kept(month)).toMatchObject({ requests: 2 * many + 5, late: 0 });
  });

  it('never pass by a record whose transaction is still open', async () => {
    const present = monthStart(0);
    const runner = service.database.dataSource.createQueryRunner();
    await runner.startTransaction();
    try {
      const open = {
        rows: (sql: string, values?: unknown[]) => runner.query(sql, values) as Promise<never[]>,
      };
      await write({ at: new Date(), count: 100 }, open);
      await write({ at: new Date(), records: many });
      const without = await counted(present);
      // As if ten minutes had passed.
      await service.database.rows(
        `UPDATE request_counts SET next_until = clock_timestamp() WHERE organization_id = $1`,
        [organization],
      );
      for (let time = 0; time < 2; time++) expect(await counted(present)).toBe(without);
      expect((await kept(present))?.until).toEqual(present);
      await runner.commitTransaction();
      expect(await countedForGood(present)).toBe(without + 100);
      expect((await kept(present))?.until).not.toEqual(present);
    } finally {
      if (runner.isTransactionActive) await runner.rollbackTransaction();
      await runner.release();
    }
  });

  it('are counted by one at a time, and nobody waits for it', async () => {
    await write({ at: month, records: many });
    await counted(month);
    await untilDue();
    const runner = service.database.dataSource.createQueryRunner();
    await runner.startTransaction();
    try {
      await runner.query(`SELECT 1 FROM request_counts WHERE organization_id = $1 FOR UPDATE`, [
        organization,
      ]);
      expect(await counted(month)).toBe(many);
      expect(await kept(month)).toMatchObject({ requests: 0, late: many });
    } finally {
      await runner.rollbackTransaction();
      await runner.release();
    }
    expect(await countedForGood(month)).toBe(many);
    expect(await kept(month)).toMatchObject({ requests: many, late: 0 });
  });

  it(
    'are exact while many count and many write: a race',
    async () => {
      for (let round = 0; round < rounds; round++) {
        const of = await somebodysOrganization();
        const seen: number[] = [];
        const writers = Array.from({ length: 4 }, () => write({ at: month, records: many / 3, of }));
        const readers = Array.from({ length: 4 }, async () => {
          for (let time = 0; time < 3; time++) seen.push(await counted(month, of));
        });
        await Promise.all([...writers, ...readers]);
        const written = (4 * many) / 3;
        expect(Math.max(...seen)).toBeLessThanOrEqual(written);
        for (let time = 0; time < 3; time++) expect(await counted(month, of)).toBe(written);
      }
    },
    patience,
  );
});

/** The UUID of an organization that nobody belongs to. */
async function somebodysOrganization(): Promise<string> {
  const id = newUuid();
  await service.database.rows(`INSERT INTO organizations (id, name) VALUES ($1, 'Acme')`, [id]);
  return id;
}
