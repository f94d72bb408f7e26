import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scope } from '@credvault/access/scopes.js';
import { newUuid, publicId } from '@credvault/database/typed-id.js';
import type { ApiKeyDto } from '../../apps/api/src/api-keys/api-key.dto.js';
import type { ApiKeyUsageSummaryDto } from '../../apps/api/src/api-keys/api-key-usage.dto.js';
import { settle, trailOf } from '../e2e/audit-trail.js';
import { Client, type Reply } from '../support/client.js';
import { secretOf, vaultOf } from '../support/fixtures.js';
import { apiKeyOf, type MintedKeyAnswer } from '../support/keys.js';
import { expectStatus, memberOf, newAddress, signUp, type Person } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { grantTo } from '../support/teams.js';
import type { Wire } from '../support/wire.js';

let service: TestService;
let jane: Person;

beforeAll(async () => {
  service = await startTestService();
});

beforeEach(async () => {
  jane = await signUp(service);
});

afterAll(() => service?.stop());

describe('a weak manager of keys', () => {
  it('does not get what a key is given after it has taken its secret', async () => {
    const low = await apiKeyOf(jane, { scopes: ['key:manage', 'vault:read'] });
    const big = await apiKeyOf(jane, { scopes: ['secret:read', 'vault:read'] });
    const at = `/api-keys/${big.id}`;
    expectStatus(await low.client.post(`${at}/rotate`), 403);
    expectStatus(await low.client.patch(at, { scopes: ['vault:read'] }), 200);
    const stolen = expectStatus(await low.client.post(`${at}/rotate`, { overlapSeconds: 600 }), 200);
    const refused = await jane.client.patch(at, { scopes: ['secret:read', 'vault:read'] });
    expect(expectStatus(refused, 409).text).toContain('secret_of_another');
    // A longer life is no wider one, and after the owner's own rotations nobody else knows a secret.
    expectStatus(await jane.client.patch(at, { expiresAt: '2099-01-01T00:00:00Z' }), 200);
    const own = expectStatus(await jane.client.post(`${at}/rotate`), 200).data<MintedKeyAnswer>();
    expectStatus(await jane.client.patch(at, { scopes: ['secret:read', 'vault:read'] }), 200);
    const vault = await vaultOf(jane);
    const { id } = await secretOf(jane, vault.id);
    const secret = `/vaults/${vault.id}/secrets/${id}`;
    expectStatus(await jane.client.as(stolen.data<MintedKeyAnswer>().key).get(secret), 401);
    expectStatus(await jane.client.as(own.key).get(secret), 200);
  });
});

describe('a member to whom few vaults are granted', () => {
  it('does not take the secret of a key that reaches further, nor could reach further one day', async () => {
    const [own, other] = [(await vaultOf(jane)).id, (await vaultOf(jane)).id];
    const [reader, colleague] = [
      await memberOf(service, jane, 'developer'),
      await memberOf(service, jane, 'developer'),
    ];
    for (const member of [reader, colleague]) await grantTo(jane, own, member, 'reader');
    const rotate = async (owner: Person, fields: Parameters<typeof apiKeyOf>[1]): Promise<Reply> => {
      const { id } = await apiKeyOf(owner, fields);
      return reader.client.post(`/api-keys/${id}/rotate`, {});
    };
    const read: Scope[] = ['secret:read'];
    expectStatus(await rotate(jane, { scopes: read }), 403);
    expectStatus(await rotate(jane, { scopes: read, vaultIds: [own, other] }), 403);
    // It reaches this vault alone now, but all that its owner may be granted later.
    expectStatus(await rotate(colleague, { scopes: read }), 403);
    expectStatus(await rotate(colleague, { scopes: ['secret:write'], vaultIds: [own] }), 403);
    expectStatus(await rotate(colleague, { scopes: read, vaultIds: [own] }), 200);
  });
});

describe('a key of one vault', () => {
  it('learns of no other by what it sees of its neighbours', async () => {
    const [own, hidden] = [await vaultOf(jane), await vaultOf(jane)];
    const neighbour = await apiKeyOf(jane, { vaultIds: [own.id, hidden.id] });
    expectStatus(await neighbour.client.get(`/vaults/${hidden.id}`), 200);
    expectStatus(await neighbour.client.get(`/vaults/${own.id}`), 200);
    await settle(service);
    const narrow = await apiKeyOf(jane, { vaultIds: [own.id] });
    const seen = expectStatus(await narrow.client.get(`/api-keys/${neighbour.id}`), 200);
    expect(seen.data<Wire<ApiKeyDto>>().vaultIds).toEqual([own.id]);
    expect((await narrow.client.get('/api-keys')).text).not.toContain(hidden.id);
    for (const [client, expected] of [
      [jane.client, 2],
      [narrow.client, 1],
    ] as const) {
      const reply = await client.get(`/api-keys/${neighbour.id}/usage/summary`);
      const { buckets } = expectStatus(reply, 200).data<Wire<ApiKeyUsageSummaryDto>>();
      expect(buckets.reduce((sum, { requests }) => sum + requests, 0)).toBe(expected);
    }
  });
});

describe('a credential that works no more', () => {
  it('is told to wait, and its refusals fold whatever they ask for', async () => {
    const key = await apiKeyOf(jane);
    expectStatus(await jane.client.post(`/api-keys/${key.id}/pause`), 200);
    const statuses: number[] = [];
    for (let i = 0; i < 310; i += 1) {
      statuses.push((await key.client.get(`/vaults/${publicId('vault', newUuid())}`)).status);
    }
    expect(statuses.filter((status) => status === 401)).toHaveLength(300);
    expect(statuses.slice(300)).toEqual(Array(10).fill(429));
    const records = (await trailOf(jane, { type: 'access.denied' })).filter(
      ({ outcome }) => outcome === 'denied',
    );
    expect(records.length).toBeLessThanOrEqual(4);
    expect(records.reduce((sum, { count }) => sum + count, 0)).toBe(310);
  });

  it('is refused and counted also where there is nothing', async () => {
    const { client } = await apiKeyOf(jane, { allowedIps: ['192.0.2.0/24'] });
    const reply = await client.get('/nothing/here', { undocumented: true });
    expect([reply.status, reply.headers['ratelimit-policy']]).toEqual([404, '"refused";q=300;w=60']);
  });
});

describe('strangers', () => {
  it('have a limit also where they get no further than the door', async () => {
    const strict = await startTestService({ environment: { CREDVAULT_ADDRESS_LIMIT: '5' } });
    try {
      for (const path of ['/vaults', '/nothing/here']) {
        const stranger = new Client(strict, { address: newAddress() });
        const statuses: number[] = [];
        for (let i = 0; i < 6; i += 1) {
          statuses.push((await stranger.get(path, { undocumented: path !== '/vaults' })).status);
        }
        expect(statuses.at(-1)).toBe(429);
        expect(statuses).not.toEqual(Array(6).fill(429));
      }
    } finally {
      await strict.stop();
    }
  });

  it('cannot say two hosts', async () => {
    const status = await new Promise<number>((resolve, reject) => {
      const { port } = new URL(service.url);
      const headers = ['Host', '127.0.0.1', 'Host', 'evil.example'];
      request({ port, host: '127.0.0.1', path: '/api/v1/vaults', headers }, (response) => {
        resolve(response.resume().statusCode ?? 0);
      })
        .once('error', reject)
        .end();
    });
    expect(status).toBe(400);
  });
});

describe('a request whose client goes away', () => {
  it('is recorded all the same', async () => {
    const body = Buffer.from(JSON.stringify({ name: 'Half a vault' }));
    const headers = {
      authorization: `Bearer ${jane.token}`,
      'content-type': 'application/json',
      'content-length': body.length,
    };
    const sent = request(`${service.url}/api/v1/vaults`, { method: 'POST', headers });
    sent.on('error', () => undefined);
    sent.write(body.subarray(0, 5));
    await sleep(100);
    sent.destroy();
    await sleep(1_200);
    const failed = await trailOf(jane, { type: 'request.failed' });
    expect(
      failed.map(({ reason, request: { method, route, status } }) => [reason, method, route, status]),
    ).toEqual([['client went away', 'POST', '/vaults', 499]]);
  });
});
