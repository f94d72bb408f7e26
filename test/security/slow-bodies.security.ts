import { request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { settle, trailOf } from '../e2e/audit-trail.js';
import type { Reply } from '../support/client.js';
import { secretOf, vaultOf, type VaultAnswer } from '../support/fixtures.js';
import { apiKeyOf } from '../support/keys.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { grantTo, teamOf } from '../support/teams.js';

let service: TestService;
let owner: Person;
let admin: Person;
let vault: VaultAnswer;

beforeAll(async () => {
  service = await startTestService();
});
beforeEach(async () => {
  owner = await signUp(service, 'Olga');
  admin = await memberOf(service, owner, 'admin');
  vault = await vaultOf(owner);
});
afterAll(() => service.stop());

/** A request of which the service has the headers and the first byte of the body. */
interface BegunRequest {
  finish(): Promise<{ status: number; text: string }>;
}

type Body = Record<string, unknown>;

/** Begins a request, and waits until the door has let it in. */
async function begin(token: string, method: string, path: string, body: Body): Promise<BegunRequest> {
  const text = JSON.stringify(body);
  const admitted = jest.spyOn(service.app.get(CredentialRegistry, { strict: false }), 'noteUse');
  try {
    const { port } = new URL(service.url);
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      'x-forwarded-for': owner.address,
    };
    const request = httpRequest({ port, method, path: `/api/v1${path}`, headers });
    const answer = new Promise<{ status: number; text: string }>((resolve, reject) => {
      request.on('error', reject).on('response', (response) => {
        let read = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (read += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: read }));
      });
    });
    request.write(text.slice(0, 1));
    while (admitted.mock.calls.length === 0) await sleep(5);
    return {
      finish: () => {
        request.end(text.slice(1));
        return answer;
      },
    };
  } finally {
    admitted.mockRestore();
  }
}

/** What a request that began before `revoke` is answered when its body comes after it. */
async function answerAfter(
  [token, method, path, body]: Parameters<typeof begin>,
  revoke: () => Promise<Reply>,
): Promise<{ status: number; text: string }> {
  const begun = await begin(token, method, path, body);
  const revoked = await revoke();
  expect(revoked.status).toBeLessThan(300);
  return begun.finish();
}

const memberPath = ({ userId }: Person): string => `/organizations/${owner.organizationId}/members/${userId}`;

describe('a request that began before', () => {
  it('its sender was removed changes nothing, and its record says why', async () => {
    const secret = await secretOf(owner, vault.id, { value: 'before' });
    const team = await teamOf(owner);
    const changes: [string, string, Body][] = [
      ['POST', '/api-keys', { name: 'Back door', scopes: ['secret:read'] }],
      ['PATCH', `/vaults/${vault.id}/secrets/${secret.id}`, { notes: 'shows the value' }],
      ['POST', `/vaults/${vault.id}/grants`, { teamId: team.id, level: 'reader' }],
      ['PATCH', `/organizations/${owner.organizationId}/settings`, { recoveryWindowDays: 7 }],
      ['POST', `/teams/${team.id}/members`, { memberId: owner.userId }],
      [
        'POST',
        `/organizations/${owner.organizationId}/invitations`,
        { email: 'x@example.com', role: 'admin' },
      ],
    ];
    const begun: BegunRequest[] = [];
    for (const change of changes) begun.push(await begin(admin.session, ...change));
    expectStatus(await owner.client.delete(memberPath(admin)), 204);
    await settle(service);
    const before = await trailOf(owner, { actor: admin.userId });
    for (const request of begun) {
      const { status, text } = await request.finish();
      expect([status, text]).toEqual([401, expect.stringContaining('Invalid or expired API token.')]);
    }
    const known = new Set(before.map(({ id }) => id));
    const records = (await trailOf(owner, { actor: admin.userId })).filter(({ id }) => !known.has(id));
    expect(records.map(({ type, reason, request }) => [type, reason, request?.method])).toEqual(
      changes.map(([method]) => ['access.denied', 'credential revoked', method]),
    );
  });

  const revocations: [string, () => Promise<{ token: string; revoke: () => Promise<Reply> }>, number][] = [
    [
      'its key was deleted',
      async () => {
        const { key, id } = await apiKeyOf(owner);
        return { token: key, revoke: () => owner.client.delete(`/api-keys/${id}`) };
      },
      401,
    ],
    [
      'its key was paused',
      async () => {
        const { key, id } = await apiKeyOf(owner);
        return { token: key, revoke: () => owner.client.post(`/api-keys/${id}/pause`) };
      },
      401,
    ],
    [
      'the scopes of its key were narrowed',
      async () => {
        const { key, id } = await apiKeyOf(owner);
        const body = { scopes: ['vault:read'] };
        return { token: key, revoke: () => owner.client.patch(`/api-keys/${id}`, body) };
      },
      403,
    ],
    [
      'its personal token was deleted',
      async () => {
        const revoke = (): Promise<Reply> => admin.sessionClient.delete(`/api-tokens/${admin.tokenId}`);
        return Promise.resolve({ token: admin.token, revoke });
      },
      401,
    ],
    [
      'its session ended',
      async () => {
        const revoke = (): Promise<Reply> => admin.sessionClient.post('/auth/logout');
        return Promise.resolve({ token: admin.session, revoke });
      },
      401,
    ],
    [
      'the vault was taken from its sender',
      async () => {
        const developer = await memberOf(service, owner, 'developer');
        const { id } = await grantTo(owner, vault.id, developer, 'editor');
        const revoke = (): Promise<Reply> => owner.client.delete(`/vaults/${vault.id}/grants/${id}`);
        return { token: developer.token, revoke };
      },
      404,
    ],
    [
      'the role of its sender was lowered',
      async () => {
        const revoke = (): Promise<Reply> => owner.client.patch(memberPath(admin), { role: 'viewer' });
        return Promise.resolve({ token: admin.token, revoke });
      },
      403,
    ],
  ];

  it.each(revocations)('%s changes nothing', async (_what, prepare, expected) => {
    const { token, revoke } = await prepare();
    const body = { key: 'NEW', value: 'new' };
    const { status } = await answerAfter([token, 'POST', `/vaults/${vault.id}/secrets`, body], revoke);
    expect(status).toBe(expected);
    const left = expectStatus(await owner.client.get(`/vaults/${vault.id}/secrets`), 200);
    expect(left.data()).toEqual([]);
  });

  it('something else was revoked does what it was sent for', async () => {
    const other = await apiKeyOf(owner);
    const body = { key: 'NEW', value: 'new' };
    const { status } = await answerAfter([admin.token, 'POST', `/vaults/${vault.id}/secrets`, body], () =>
      owner.client.delete(`/api-keys/${other.id}`),
    );
    expect(status).toBe(201);
  });
});
