import type { ApiKeyDto } from '../../apps/api/src/api-keys/api-key.dto.js';
import type { Reply } from '../support/client.js';
import { secretOf, vaultOf, type VaultAnswer } from '../support/fixtures.js';
import { apiKeyOf, type TestKey } from '../support/keys.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { asMember, serviceAccountOf, type ServiceAccountAnswer } from '../support/service-accounts.js';
import { startTestService, type TestService } from '../support/service.js';
import { grantTo } from '../support/teams.js';
import type { Wire } from '../support/wire.js';
import { trailOf } from './audit-trail.js';
import { rounds } from '../support/rounds.js';

type Key = Wire<ApiKeyDto>;

let service: TestService;
let jane: Person;
let robot: ServiceAccountAnswer;
let vault: VaultAnswer;
let secret: string;

beforeAll(async () => {
  service = await startTestService();
});
beforeEach(async () => {
  jane = await signUp(service);
  robot = await serviceAccountOf(jane, { name: 'Deployments' });
  vault = await vaultOf(jane);
  secret = `/vaults/${vault.id}/secrets/${(await secretOf(jane, vault.id)).id}`;
});
afterAll(() => service.stop());

const ask = (ownerId: string, by = jane): Promise<Reply> =>
  by.client.post('/api-keys', { name: 'x', scopes: ['vault:read'], ownerId });

async function keysOf(owner: string): Promise<Key[]> {
  return expectStatus(await jane.client.get('/api-keys', { query: { owner } }), 200).data<Key[]>();
}

const idsOf = (keys: { id: string }[]): string[] => keys.map(({ id }) => id).sort();

describe('a key of a service account', () => {
  it('shows its owner, whoever made it', async () => {
    const key = await apiKeyOf(jane, { ownerId: robot.id });
    const owner = { id: robot.id, type: 'service_account', name: 'Deployments' };
    const expected = { ownerId: robot.id, owner, createdBy: jane.userId };
    expect(key).toMatchObject(expected);
    expect((await jane.client.get(`/api-keys/${key.id}`)).data()).toMatchObject(expected);
    expect(expectStatus(await key.client.get('/api-keys/self'), 200).data()).toMatchObject(expected);
    const own = await apiKeyOf(jane);
    expect(own.owner).toEqual({ id: jane.userId, type: 'user', name: jane.name });
  });

  it('is found by its owner', async () => {
    const [own, first, second] = [
      await apiKeyOf(jane),
      await apiKeyOf(jane, { ownerId: robot.id }),
      await apiKeyOf(jane, { ownerId: robot.id }),
    ];
    expect(idsOf(await keysOf(robot.id))).toEqual(idsOf([first, second]));
    expect(idsOf(await keysOf(jane.userId))).toEqual([own.id]);
    for (const nobody of ['svc_01jd3k5m7n8p9q0r1s2t3v4w5x', 'nonsense', vault.id]) {
      expect(await keysOf(nobody)).toEqual([]);
    }
  });

  it('can belong to oneself or a service account, and to nobody else', async () => {
    const stranger = await signUp(service);
    const colleague = await memberOf(service, jane, 'developer');
    const foreign = await serviceAccountOf(stranger);
    const disguised = [robot.id.replace('svc_', 'usr_'), colleague.userId.replace('usr_', 'svc_')];
    for (const id of [colleague.userId, stranger.userId, foreign.id, ...disguised, 'svc_x', vault.id]) {
      const reply = expectStatus(await ask(id), 400);
      expect(reply.text).toContain('ownerId');
    }
    expect(expectStatus(await ask(jane.userId), 201).data<Key>().ownerId).toBe(jane.userId);
    expectStatus(await jane.client.delete(`/service-accounts/${robot.id}`), 204);
    expectStatus(await ask(robot.id), 400);
  });

  it('does what the role and the grants of its owner say, as they are now', async () => {
    const { client } = await apiKeyOf(jane, { ownerId: robot.id, scopes: ['secret:read', 'secret:write'] });
    const write = (): Promise<Reply> => client.patch(secret, { value: 'changed' });
    expectStatus(await client.get(secret), 404);
    const grant = await grantTo(jane, vault.id, asMember(robot), 'reader');
    expectStatus(await client.get(secret), 200);
    expectStatus(await write(), 403);
    expectStatus(await jane.client.patch(`/vaults/${vault.id}/grants/${grant.id}`, { level: 'editor' }), 200);
    expectStatus(await write(), 200);
    expectStatus(await jane.client.patch(`/service-accounts/${robot.id}`, { role: 'viewer' }), 200);
    expectStatus(await client.get(secret), 403);
    expectStatus(await jane.client.patch(`/service-accounts/${robot.id}`, { role: 'admin' }), 200);
    expectStatus(await client.get(secret), 200);
  });

  it('with * may do what both its maker and its owner may', async () => {
    const auditor = await serviceAccountOf(jane, { role: 'auditor' });
    const { scopes } = await apiKeyOf(jane, { ownerId: auditor.id, scopes: ['*'] });
    expect(scopes).toEqual([
      'logs:read',
      'vault:read',
      'secret:list',
      'key:read',
      'project:read',
      'organization:read',
    ]);
  });

  it('lives on when whoever made it leaves', async () => {
    const admin = await memberOf(service, jane, 'admin');
    const key = await apiKeyOf(admin, { ownerId: robot.id });
    const member = `/organizations/${jane.organizationId}/members/${admin.userId}`;
    expectStatus(await jane.client.delete(member), 204);
    expectStatus(await key.client.get('/vaults'), 200);
  });
});

describe('deleting a service account that owns keys', () => {
  const remove = (query: Record<string, string> = {}, id = robot.id): Promise<Reply> =>
    jane.client.delete(`/service-accounts/${id}`, { query });
  let keys: TestKey[];

  beforeEach(async () => {
    keys = [await apiKeyOf(jane, { ownerId: robot.id }), await apiKeyOf(jane, { ownerId: robot.id })];
  });

  it('names them, and leaves everything as it is', async () => {
    const refusal = expectStatus(await remove(), 409);
    for (const { id } of keys) expect(refusal.text).toContain(id);
    for (const { client } of keys) expectStatus(await client.get('/vaults'), 200);
    expectStatus(await jane.client.get(`/service-accounts/${robot.id}`), 200);
  });

  it('with keys=revoke deletes them, each with its record', async () => {
    expectStatus(await remove({ keys: 'revoke' }), 204);
    for (const { id, client } of keys) {
      expectStatus(await client.get('/vaults'), 401);
      expectStatus(await jane.client.get(`/api-keys/${id}`), 404);
    }
    const events = await trailOf(jane, { type: 'api_key.deleted' });
    expect(idsOf(events.flatMap(({ resource }) => resource?.ids ?? []).map((id) => ({ id })))).toEqual(
      idsOf(keys),
    );
    const [deleted] = await trailOf(jane, { type: 'service_account.deleted' });
    expect(deleted?.details).toEqual({ keys: 2, fate: 'revoke' });
  });

  it('with keys=transfer hands them on, with their secrets, scopes, addresses and expiry', async () => {
    const heir = await serviceAccountOf(jane, { name: 'Heir' });
    await grantTo(jane, vault.id, asMember(robot), 'manager');
    await grantTo(jane, vault.id, asMember(heir), 'manager');
    const before = await keysOf(robot.id);
    expectStatus(await remove({ keys: 'transfer', to: heir.id }), 204);
    const after = await keysOf(heir.id);
    const lasting = ({ scopes, allowedIps, expiresAt, hint }: Key): object => ({
      scopes,
      allowedIps,
      expiresAt,
      hint,
    });
    expect(after.map(lasting)).toEqual(before.map(lasting));
    // The one vault that the old owner reached: what the new one is granted later is not theirs.
    expect(after.map(({ vaultIds }) => vaultIds)).toEqual([[vault.id], [vault.id]]);
    for (const { client } of keys) expectStatus(await client.get(secret), 200);
    const events = await trailOf(jane, { type: 'api_key.transferred' });
    expect(events.map(({ details }) => details)).toEqual([
      { from: robot.id, to: heir.id },
      { from: robot.id, to: heir.id },
    ]);
  });

  it('needs to know what becomes of them', async () => {
    const stranger = await serviceAccountOf(await signUp(service));
    for (const query of [
      { keys: 'transfer' },
      { keys: 'transfer', to: robot.id },
      { keys: 'transfer', to: stranger.id },
      { keys: 'transfer', to: jane.userId },
      { keys: 'transfer', to: jane.userId.replace('usr_', 'svc_') },
      { keys: 'transfer', to: 'nonsense' },
      { keys: 'revoke', to: robot.id },
      { to: robot.id },
      { keys: 'keep' },
    ] as Record<string, string>[]) {
      expectStatus(await remove(query), 400);
    }
    for (const { client } of keys) expectStatus(await client.get('/vaults'), 200);
  });

  it(
    'while another is made for it never leaves one behind: a race',
    async () => {
      for (let round = 0; round < rounds; round += 1) {
        const account = await serviceAccountOf(jane);
        const [removed, made] = await Promise.all([
          remove({ keys: 'revoke' }, account.id),
          ask(account.id),
          ask(account.id),
          ask(account.id),
        ]);
        expectStatus(removed, 204);
        expect([201, 400]).toContain(made.status);
        expect(await keysOf(account.id)).toEqual([]);
      }
    },
    60_000 + rounds * 3_000,
  );
});

describe('removing a person who owns keys', () => {
  it('with keys=transfer keeps their programs alive', async () => {
    const developer = await memberOf(service, jane, 'developer');
    await grantTo(jane, vault.id, developer, 'editor');
    await grantTo(jane, vault.id, asMember(robot), 'reader');
    const { id, client } = await apiKeyOf(developer, { scopes: ['secret:read', 'secret:write'] });
    const member = `/organizations/${jane.organizationId}/members/${developer.userId}`;
    expectStatus(await jane.client.delete(member), 409);
    const query = { keys: 'transfer', to: robot.id };
    expectStatus(await jane.client.delete(member, { query }), 204);
    expectStatus(await client.get(secret), 200);
    expectStatus(await client.patch(secret, { value: 'x' }), 403);
    expect((await jane.client.get(`/api-keys/${id}`)).data()).toMatchObject({
      ownerId: robot.id,
      createdBy: developer.userId,
      vaultIds: [vault.id],
    });
  });
});
