import { randomUUID } from 'node:crypto';
import { mintToken } from '@credvault/crypto/tokens.js';
import type { Reply } from '../support/client.js';
import type { DocumentedOperation } from '../support/contract/document.js';
import { settle } from '../e2e/audit-trail.js';
import { apiKeyOf, type TestKey } from '../support/keys.js';
import { newAddress } from '../support/people.js';
import { cloudCases, cloudConflicts } from './cloud-v2-cases.js';
import {
  breakTable,
  clientOf,
  cloudContract,
  holdKey,
  idParameters,
  makeWorld,
  membersWithout,
  prepare,
  send,
  successOf,
  takesHeader,
  unknownId,
  type World,
} from './world.js';

/** More bytes than any operation of this API takes. */
const tooLarge = Buffer.alloc(1_100_000, 0x20);

/** A table that an operation of each tag reads, so that a fault in it reaches the operation. */
const reads = {
  'v2.listApiKeys': 'api_tokens',
  'v2.listOrganizationUsers': 'memberships',
  'v2.listProjects': 'projects',
  'v2.getSubscription': 'organizations',
  'v2.listConfigurations': 'cloud_configurations',
} as const;

/** As in `faults.spec.ts`: failed credentials after which an address has to wait, and a few more. */
const tooManyFailures = 130;

describe('every operation of the cloud-style API', () => {
  const { operations } = cloudContract;
  let world: World;
  /** A key of Jane's that may do nothing any operation needs, and one for an address that nobody comes from. */
  let idleKey: TestKey;
  let distantKey: TestKey;
  /** What was asked rightly, and how it was answered. */
  const answered: { id: string; method: string; route: string; status: number }[] = [];

  beforeAll(async () => {
    world = await makeWorld();
    idleKey = await apiKeyOf(world.jane, { scopes: ['notebook:read'] });
    distantKey = await apiKeyOf(world.jane, { allowedIps: ['192.0.2.1/32'] });
  });

  afterAll(() => world?.service.stop());

  it('has a case, and a tag whose faults are tried', () => {
    expect(Object.keys(cloudCases).sort()).toEqual(operations.map(({ id }) => id).sort());
    const tags = Object.keys(reads).map((id) => cloudContract.operation(id).tag);
    expect(new Set(tags)).toEqual(new Set(operations.map(({ tag }) => tag)));
    expect(operations.every(({ isSecured, isLimited }) => isSecured && isLimited)).toBe(true);
  });

  it.each(operations)(
    '$id succeeds, with a slash and without, and says where what it made is',
    async (operation) => {
      for (const path of [operation.path, `${operation.path}/`]) {
        const prepared = await prepare(world, operation);
        const reply = await send(world, { ...operation, path }, prepared);
        expect({ path, status: reply.status }).toEqual({ path, status: successOf(operation) });
        expect(reply.headers['cache-control']).toBe('no-store');
        answered.push({
          id: reply.headers['x-request-id'] ?? '',
          method: operation.method,
          route: operation.path.replace(/\{(\w+)\}/g, ':$1'),
          status: reply.status,
        });
        if (reply.status !== 201) continue;
        const client = await clientOf(operation, prepared.person);
        expect((await client.get(reply.headers.location ?? '', { fromRoot: true })).status).toBe(200);
      }
    },
  );

  it('records of each of them what was asked and what was answered', async () => {
    await settle(world.service);
    const rows = await world.service.database.rows<(typeof answered)[number]>(
      `SELECT DISTINCT request_id AS id, method, route, status FROM audit_events
       WHERE request_id = ANY($1) ORDER BY request_id`,
      [answered.map(({ id }) => id)],
    );
    expect(rows).toEqual(answered.sort((a, b) => (a.id < b.id ? -1 : 1)));
  });

  it.each(operations)('$id refuses whoever may not call it', async (operation) => {
    const prepared = await prepare(world, operation);
    const nobody = await send(world, operation, prepared, { sender: null });
    const wrong = await send(world, operation, prepared, {
      sender: null,
      headers: basic('tok_x', 'ck_live_x'),
    });
    for (const reply of [nobody, wrong]) {
      expectRefusal(reply, 401);
      expect(reply.headers['www-authenticate']).toMatch(/^Basic realm="credvault", charset="UTF-8"/);
    }
    expectRefusal(await send(world, operation, prepared, { token: distantKey.key }), 403);
    if (operation.requiredScopes.length === 0) return;
    const members = membersWithout(world, operation.requiredScopes);
    for (const token of [idleKey.key, ...members.map((member) => member.token)]) {
      const reply = await send(world, operation, prepared, { token });
      expectRefusal(reply, 403);
      expect(reply.body).toMatchObject({ errors: { scope: operation.requiredScopes } });
    }
  });

  const ofTenants = operations.filter((operation) => operation.path.includes('{'));

  it.each(ofTenants)(
    '$id answers what belongs to others exactly like what is not there',
    async (operation) => {
      const prepared = await prepare(world, operation);
      const ids = idParameters(operation).map(({ name, kind }) => [name, unknownId(kind)] as const);
      const params = { uid: unknownId('user'), idOrEmail: unknownId('user'), configurationKey: 'not.there' };
      const missing = { params: { ...params, ...Object.fromEntries(ids) } };
      if (operation.id === 'v2.putConfiguration') return expectForeignOrganization(operation);
      const foreign = await send(world, operation, prepared, { sender: world.mallory });
      const absent = await send(world, operation, prepared, { sender: world.mallory, ...missing });
      expectRefusal(foreign, 404);
      expect(absent.body).toEqual(foreign.body);
    },
  );

  it.each(operations)('$id refuses wrong input', async (operation) => {
    const prepared = await prepare(world, operation);
    const unknown = await send(world, operation, prepared, { query: { colour: 'red' } });
    expectRefusal(unknown, 400);
    expect(unknown.body).toMatchObject({ errors: { colour: [expect.any(String)] } });
    if (operation.method === 'GET') return;
    const body = { ...prepared.body, colour: 'red' };
    expectRefusal(await send(world, operation, prepared, { body }), 400);
    const headers = { 'content-type': 'text/plain' };
    expectRefusal(await send(world, operation, prepared, { body, headers }), 415);
    expectRefusal(await send(world, operation, prepared, { raw: tooLarge }), 413);
  });

  const retryable = operations.filter((operation) => takesHeader(operation, 'Idempotency-Key'));

  it('takes an Idempotency-Key with every POST, as each changes something', () => {
    const posts = operations.filter(({ method }) => method === 'POST');
    expect(retryable.map(({ id }) => id)).toEqual(posts.map(({ id }) => id));
  });

  it('keeps the keys of this API apart from those of /api/v1', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const operation = cloudContract.operation('v2.createProject');
    const here = await send(world, operation, await prepare(world, operation), { headers });
    expect(here.status).toBe(201);
    const there = await world.jane.client.post('/projects', { name: 'Web shop' }, { headers });
    expect(there.status).toBe(201);
  });

  it.each(retryable)('$id is safe to repeat with an Idempotency-Key', async (operation) => {
    const prepared = await prepare(world, operation);
    const key = randomUUID();
    const headers = { 'idempotency-key': key };
    const release = await holdKey(world, operation, prepared.person, key);
    try {
      expectRefusal(await send(world, operation, prepared, { headers }), 409);
    } finally {
      await release();
    }
    const first = await send(world, operation, prepared, { headers });
    expect(first.status).toBe(successOf(operation));
    const again = await send(world, operation, prepared, { headers });
    if (operation.id === 'v2.createApiKey') expectRefusal(again, 409);
    else expect(again.body).toEqual(first.body);
    const { otherBody = {} } = prepared;
    expectRefusal(await send(world, operation, prepared, { headers, body: otherBody }), 422);
  });

  it.each(Object.entries(cloudConflicts))('%s says what it conflicts with', async (id, conflict) => {
    const operation = cloudContract.operation(id);
    expectRefusal(await send(world, operation, await conflict(world)), 409);
  });

  it('takes what a person is known by in any case, and knows nobody else', async () => {
    for (const id of [
      'v2.listConfigurations',
      'v2.listSubscriptions',
      'v2.createProject',
      'v2.createSubscription',
    ]) {
      await expectForeignOrganization(cloudContract.operation(id));
    }
  });

  it('tells an address that kept sending wrong keys to wait', async () => {
    const headers = { 'x-forwarded-for': newAddress() };
    const first = cloudContract.operation('v2.getCurrentUser');
    const token = mintToken('ck_live_');
    const tries = Array.from({ length: tooManyFailures }, async () =>
      send(world, first, await prepare(world, first), { sender: null, token, headers }),
    );
    await Promise.all(tries);
    for (const id of Object.keys(reads)) {
      const operation = cloudContract.operation(id);
      const reply = await send(world, operation, await prepare(world, operation), { headers });
      expectRefusal(reply, 429);
      expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
    }
  });

  it.each(Object.entries(reads))('%s tells nothing of a fault in %s', async (id, table) => {
    const operation = cloudContract.operation(id);
    const prepared = await prepare(world, operation);
    // Who asks is known before the table fails.
    expect((await send(world, operation, prepared)).status).toBe(200);
    for (const [sqlState, status] of [
      ['XX000', 500],
      ['53200', 503],
    ] as const) {
      const mend = await breakTable(world, table, sqlState);
      try {
        const reply = await send(world, operation, prepared);
        expectRefusal(reply, status);
        expect(reply.text).not.toMatch(/credvault_fault|SELECT|XX000|53200/);
      } finally {
        await mend();
      }
    }
  });

  /** An organization that a query or a body names, and that the credential does not act in. */
  async function expectForeignOrganization(operation: DocumentedOperation): Promise<void> {
    const prepared = await prepare(world, operation);
    const place = { organization_id: world.mallory.organizationId };
    const named = operation.body ? { body: { ...prepared.body, ...place } } : { query: place };
    expectRefusal(await send(world, operation, prepared, named), 404);
  }
});

function expectRefusal(reply: Reply, status: number): void {
  expect({ status: reply.status, body: reply.body }).toEqual({
    status,
    body: expect.objectContaining({ success: false, message: expect.any(String) as string }) as object,
  });
}

/** `Authorization: Basic` (RFC 7617). */
function basic(user: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}
