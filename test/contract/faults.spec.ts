import { mintToken } from '@credvault/crypto/tokens.js';
import type { DocumentedOperation } from '../support/contract/document.js';
import { newAddress } from '../support/people.js';
import type { PreparedRequest } from './operation-cases.js';
import { breakTable, contract, makeWorld, prepare, send, successOf, type World } from './world.js';

/** Documented operations by tag. */
const tags = [...new Set(contract.operations.map(({ tag }) => tag))];

/** Bytes of a body that no operation takes but an import, which has a limit of 16 MiB and 64 KiB. */
const tooLarge = 2 * 1024 * 1024;
const tooLargeToImport = 17 * 1024 * 1024;

/** Failed credentials after which an address has to wait (`FailedCredentials`), and a few more. */
const tooManyFailures = 130;

/** A table that each of these operations reads, so that a fault in it reaches the operation. */
const reads = {
  listSessions: 'sessions',
  getMe: 'organizations',
  listApiTokens: 'api_tokens',
  listVaults: 'vaults',
  listSecrets: 'secrets',
  listAuditEvents: 'audit_events',
  getOrganizationSettings: 'organizations',
  listPlans: 'plans',
  listApiKeys: 'api_keys',
  listInvitations: 'invitations',
  listRoles: 'roles',
  listServiceAccounts: 'users',
  listTeams: 'teams',
  listGrants: 'grants',
  getSingleSignOn: 'single_sign_on',
  listProjects: 'projects',
  getSubscription: 'organizations',
  reportLeakedToken: 'organizations',
} as const;

describe('answers that take a fault to see', () => {
  let world: World;

  beforeAll(async () => {
    world = await makeWorld();
  });

  afterAll(() => world?.service.stop());

  /** A request about something that is not there: it does not come so far that it would matter. */
  function nowhere(operation: DocumentedOperation): PreparedRequest {
    const names = operation.path.matchAll(/\{(\w+)\}/g).map(([, name = '']) => [name, 'nothing']);
    return { person: world.jane, params: Object.fromEntries(names) as Record<string, string>, body: {} };
  }

  const bodied = contract.operations.filter((operation) => '413' in operation.responses);

  it.each(bodied)('$id with a body that is too large is 413', async (operation) => {
    const bytes = operation.id === 'importSecrets' ? tooLargeToImport : tooLarge;
    const reply = await send(world, operation, nowhere(operation), { raw: Buffer.alloc(bytes, 0x20) });
    expect(reply.status).toBe(413);
    expect(reply.body).toMatchObject({ error: { code: 'PAYLOAD_TOO_LARGE' } });
  });

  describe('an address that kept sending credentials nobody has', () => {
    const address = newAddress();
    const headers = { 'x-forwarded-for': address };

    it('is told to wait, whatever it asks for and whoever it is: 429', async () => {
      const first = contract.operation('getMe');
      const prepared = await prepare(world, first);
      const tries = Array.from({ length: tooManyFailures }, () =>
        send(world, first, prepared, { sender: null, token: mintToken('ck_live_'), headers }),
      );
      // Those that are at the door together are told nothing of each other: who comes after them has to wait.
      await Promise.all(tries);
      for (const operation of contract.operations.filter(({ isSecured }) => isSecured)) {
        const reply = await send(world, operation, nowhere(operation), { headers });
        expect({ id: operation.id, status: reply.status }).toEqual({ id: operation.id, status: 429 });
        expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
      }
    });
  });

  it.each([
    ['login', 10, 401, { password: 'not the password' }],
    ['reportLeakedToken', 30, 202, { token: 'cv_unknown' }],
  ])('%s from an address that called it %i times in vain is 429', async (id, times, status, wrong) => {
    const operation = contract.operation(id);
    const headers = { 'x-forwarded-for': newAddress() };
    const statuses: number[] = [];
    for (let attempt = 0; attempt <= times; attempt += 1) {
      const prepared = await prepare(world, operation);
      const body = { ...prepared.body, ...wrong };
      statuses.push((await send(world, operation, prepared, { body, headers })).status);
    }
    expect(statuses.slice(0, times)).toEqual(Array(times).fill(status));
    expect(statuses.at(-1)).toBe(429);
  });

  describe.each(Object.entries(reads))('%s while reading %s fails', (id, table) => {
    const operation = contract.operation(id);

    beforeAll(async () => {
      // A list of nothing reads no row, and so no fault: let there be one.
      const reading = contract.operations.find((one) => one.id === id.replace(/^list(\w+)s$/, 'get$1'));
      if (reading) await prepare(world, reading);
    });

    it.each([
      ['for good (SQLSTATE XX000, internal_error) is 500 and tells only its request id', 'XX000', 500],
      ['for now (SQLSTATE 53200, out_of_memory) is 503 with Retry-After', '53200', 503],
    ])('%s', async (_, sqlState, status) => {
      const prepared = await prepare(world, operation);
      // Whoever reports a token that works reaches its organization.
      if (id === 'reportLeakedToken') prepared.body = { token: world.jane.token };
      await send(world, operation, prepared);
      const mend = await breakTable(world, table, sqlState);
      try {
        const reply = await send(world, operation, prepared);
        expect(reply.status).toBe(status);
        expect(reply.text).not.toMatch(/credvault_fault|SELECT|XX000|53200/);
      } finally {
        await mend();
      }
      expect((await send(world, operation, prepared)).status).toBe(successOf(operation));
    });
  });

  it('getReadiness is 503 and names what is missing while the keys cannot be read', async () => {
    const operation = contract.operation('getReadiness');
    const mend = await breakTable(world, 'system_keys', '53200');
    try {
      const reply = await send(world, operation, await prepare(world, operation));
      expect(reply.status).toBe(503);
      expect(reply.body).toMatchObject({ error: { details: [{ path: 'keyring', code: 'not_ready' }] } });
    } finally {
      await mend();
    }
  });

  it('covers every tag that documents such answers', () => {
    const covered = new Set(Object.keys(reads).map((id) => contract.operation(id).tag));
    expect([...covered, 'service'].sort()).toEqual([...tags].sort());
  });
});
