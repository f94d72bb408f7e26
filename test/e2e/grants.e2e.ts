import type { VaultLevel } from '@credvault/access/vault-levels.js';
import { newUuid, publicId } from '@credvault/database/typed-id.js';
import type { Reply } from '../support/client.js';
import { secretOf, vaultOf, type VaultAnswer } from '../support/fixtures.js';
import { apiKeyOf } from '../support/keys.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { grantTo, join, teamOf, type GrantAnswer } from '../support/teams.js';
import { trailOf } from './audit-trail.js';

const value = 'a value that only those may see to whom it is granted';

let service: TestService;
let owner: Person;
let developer: Person;
let granted: VaultAnswer;
let other: VaultAnswer;

beforeAll(async () => {
  service = await startTestService();
  owner = await signUp(service, 'Olga Owner');
});
beforeEach(async () => {
  developer = await memberOf(service, owner, 'developer');
  granted = await vaultOf(owner, { name: 'Granted' });
  other = await vaultOf(owner, { name: 'Other' });
});
afterAll(() => service.stop());

/** `details[0]` of an error answer. */
function detailOf(reply: Reply): { path: string; code: string; message: string } | undefined {
  return reply.json<{ error: { details?: { path: string; code: string; message: string }[] } }>().error
    .details?.[0];
}

/** Every way into a vault, with the status for whoever reaches it as manager. */
async function waysInto({ client }: Person, vaultId: string, secretId: string): Promise<Reply[]> {
  const vault = `/vaults/${vaultId}`;
  const file = { format: 'dotenv', content: 'ONE=1\n', onConflict: 'overwrite' };
  return [
    await client.get(vault),
    await client.get(`${vault}/secrets`),
    await client.get(`${vault}/secrets/${secretId}`),
    await client.get(`${vault}/secrets/${secretId}/versions`),
    await client.get(`${vault}/secrets/${secretId}/versions/1`),
    await client.get(`${vault}/export`, { query: { format: 'json' } }),
    await client.get(`${vault}/grants`),
    await client.post(`${vault}/secrets`, { key: 'NEW', value: 'new' }),
    await client.patch(`${vault}/secrets/${secretId}`, { value: 'changed' }),
    await client.post(`${vault}/secrets/${secretId}/rollback`, { version: 1 }),
    await client.post(`${vault}/import`, file),
    await client.patch(vault, { description: 'changed' }),
    await client.post(`${vault}/grants`, { memberId: publicId('user', newUuid()), level: 'reader' }),
    await client.delete(`${vault}/secrets/${secretId}`),
    await client.delete(vault),
  ];
}

const listOf = async ({ client }: Person, query: Record<string, string> = {}): Promise<unknown> => {
  const { data, pagination } = expectStatus(await client.get('/vaults', { query }), 200).json<{
    data: VaultAnswer[];
    pagination: { total: number };
  }>();
  return { ids: data.map(({ id }) => id), total: pagination.total };
};

describe('what is not granted', () => {
  it('is in no list, search or count', async () => {
    expect(await listOf(developer)).toEqual({ ids: [], total: 0 });
    await grantTo(owner, granted.id, developer);
    const seen = { ids: [granted.id], total: 1 };
    expect(await listOf(developer)).toEqual(seen);
    expect(await listOf(developer, { search: 'r' })).toEqual(seen);
    expect(await listOf(developer, { limit: '1' })).toEqual(seen);
    expect(await listOf(developer, { search: 'Other' })).toEqual({ ids: [], total: 0 });
    // The owner needs no grant.
    expect(await listOf(owner, { search: 'Other' })).toMatchObject({
      ids: expect.arrayContaining([other.id]) as string[],
    });
  });

  it('is answered on every way into it like a vault that does not exist', async () => {
    await grantTo(owner, granted.id, developer, 'manager');
    const secret = await secretOf(owner, other.id, { value });
    const replies = await waysInto(developer, other.id, secret.id);
    const unknown = await waysInto(developer, publicId('vault', newUuid()), secret.id);
    const words = ({ text }: Reply): string => text.replace(/req_\w+/, '');
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 404));
    expect(replies.map(words)).toEqual(unknown.map(words));
    for (const { text } of replies) expect(text).not.toContain(value);
  });

  it('cannot be named by a key that is narrowed', async () => {
    await grantTo(owner, granted.id, developer);
    const body = { name: 'Narrow', scopes: ['vault:read'] };
    const reply = await developer.client.post('/api-keys', { ...body, vaultIds: [granted.id, other.id] });
    expect(detailOf(expectStatus(reply, 400))?.path).toBe('vaultIds.1');
    expectStatus(await developer.client.post('/api-keys', { ...body, vaultIds: [granted.id] }), 201);
  });
});

describe.each<[VaultLevel, number[]]>([
  ['reader', [200, 200, 200, 200, 200, 200, 200, 403, 403, 403, 403, 403, 403, 403, 403]],
  ['editor', [200, 200, 200, 200, 200, 200, 200, 201, 200, 200, 200, 403, 403, 204, 403]],
  ['manager', [200, 200, 200, 200, 200, 200, 200, 201, 200, 200, 200, 200, 400, 204, 204]],
])('a %s', (level, expected) => {
  it('may do what the level says, and is told which one would do', async () => {
    const secret = await secretOf(owner, granted.id, { value });
    await grantTo(owner, granted.id, developer, level);
    const replies = await waysInto(developer, granted.id, secret.id);
    expect(replies.map(({ status }) => status)).toEqual(expected);
    for (const reply of replies.filter(({ status }) => status === 403)) {
      const needed = reply.text.includes('editor') ? 'editor' : 'manager';
      expect(detailOf(reply)).toEqual({ path: 'vault', code: 'grant_too_low', message: needed });
    }
  });

  it('may do no more than their role does', async () => {
    const viewer = await memberOf(service, owner, 'viewer');
    const secret = await secretOf(owner, granted.id, { value });
    await grantTo(owner, granted.id, viewer, level);
    const replies = await waysInto(viewer, granted.id, secret.id);
    const read = [200, 200, 403, 200, 403, 403, 200];
    expect(replies.map(({ status }) => status)).toEqual([
      ...read,
      ...replies.slice(read.length).map(() => 403),
    ]);
    for (const { text } of replies) expect(text).not.toContain(value);
  });
});

describe('several grants', () => {
  const rename = (): Promise<Reply> => developer.client.patch(`/vaults/${granted.id}`, { name: 'Renamed' });
  const add = (): Promise<Reply> =>
    developer.client.post(`/vaults/${granted.id}/secrets`, { key: 'K', value: 'v' });

  it('add up: the one that goes furthest counts, until it goes', async () => {
    const [editors, managers] = [await teamOf(owner, [developer]), await teamOf(owner, [developer])];
    const own = await grantTo(owner, granted.id, developer, 'reader');
    expectStatus(await add(), 403);
    await grantTo(owner, granted.id, editors, 'editor');
    expectStatus(await add(), 201);
    expectStatus(await rename(), 403);
    const most = await grantTo(owner, granted.id, managers, 'manager');
    expectStatus(await rename(), 200);
    expectStatus(await owner.client.delete(`/vaults/${granted.id}/grants/${most.id}`), 204);
    expectStatus(await rename(), 403);
    expectStatus(await owner.client.delete(`/vaults/${granted.id}/grants/${own.id}`), 204);
    expectStatus(
      await developer.client.delete(`/vaults/${granted.id}/secrets/${publicId('secret', newUuid())}`),
      404,
    );
    expectStatus(await owner.client.delete(`/teams/${editors.id}`), 204);
    expectStatus(await add(), 404);
  });

  it('of vaults to a team reach whoever joins it', async () => {
    const team = await teamOf(owner);
    for (const { id } of [granted, other]) await grantTo(owner, id, team, 'reader');
    expect(await listOf(developer)).toEqual({ ids: [], total: 0 });
    await join(owner, team, developer.userId);
    expect(await listOf(developer, { sort: 'name' })).toEqual({ ids: [granted.id, other.id], total: 2 });
  });
});

describe('whoever makes a vault', () => {
  it('manages it, and nobody else who needs a grant sees it', async () => {
    const colleague = await memberOf(service, owner, 'developer');
    const own = await vaultOf(developer, { name: 'Mine' });
    expectStatus(await developer.client.patch(`/vaults/${own.id}`, { name: 'Still mine' }), 200);
    expectStatus(await colleague.client.get(`/vaults/${own.id}`), 404);
    const grants = expectStatus(await developer.client.get(`/vaults/${own.id}/grants`), 200).data<
      GrantAnswer[]
    >();
    expect(grants).toEqual([
      expect.objectContaining({
        grantee: { id: developer.userId, type: 'user', name: developer.name },
        level: 'manager',
      }),
    ]);
    const trail = await trailOf(owner, { resource: grants[0]?.id ?? '' });
    expect(trail.map(({ type }) => type)).toEqual(['grant.created']);
    await grantTo(developer, own.id, colleague, 'editor');
    expectStatus(await colleague.client.get(`/vaults/${own.id}`), 200);
  });

  it('manages it by their API key too', async () => {
    const { client } = await apiKeyOf(developer);
    const { id } = expectStatus(await client.post('/vaults', { name: 'By a key' }), 201).data<VaultAnswer>();
    expectStatus(await client.get(`/vaults/${id}`), 200);
    expectStatus(await developer.client.patch(`/vaults/${id}`, { name: 'By its owner' }), 200);
  });

  it('gets no grant when their role reaches every vault', async () => {
    const { data } = (await owner.client.get(`/vaults/${granted.id}/grants`)).json<{ data: unknown[] }>();
    expect(data).toEqual([]);
  });
});
