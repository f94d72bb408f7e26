import { setTimeout as sleep } from 'node:timers/promises';
import { newUuid, publicId, uuidOf } from '@credvault/database/typed-id.js';
import type { ApiKeyDto } from '../../apps/api/src/api-keys/api-key.dto.js';
import type { PermissionTestDto } from '../../apps/api/src/api-keys/api-key-checks.dto.js';
import type { Client, Reply } from '../support/client.js';
import { secretOf, vaultOf, type VaultAnswer } from '../support/fixtures.js';
import { apiKeyOf, type TestKey } from '../support/keys.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { grantProjectTo, projectOf, type ProjectAnswer } from '../support/projects.js';
import { asMember, serviceAccountOf } from '../support/service-accounts.js';
import { startTestService, type TestService } from '../support/service.js';
import { grantTo } from '../support/teams.js';
import type { Wire } from '../support/wire.js';

type Key = Wire<ApiKeyDto>;

let service: TestService;
let jane: Person;
let shop: ProjectAnswer;
let development: VaultAnswer;
let production: VaultAnswer;
let shared: VaultAnswer;
let outside: VaultAnswer;

beforeAll(async () => {
  service = await startTestService();
  jane = await signUp(service);
});
beforeEach(async () => {
  shop = await projectOf(jane, { environments: ['development', 'production'] });
  const within = (fields: object): Promise<VaultAnswer> => vaultOf(jane, { projectId: shop.id, ...fields });
  development = await within({ environment: 'development' });
  production = await within({ environment: 'production' });
  shared = await within({});
  outside = await vaultOf(jane);
});
afterAll(() => service.stop());

/** Which of the four vaults somebody reaches. */
async function reached(client: Client): Promise<string[]> {
  const all = { development, production, shared, outside };
  const found: string[] = [];
  for (const [name, { id }] of Object.entries(all)) {
    if ((await client.get(`/vaults/${id}`)).status === 200) found.push(name);
  }
  const listed = expectStatus(await client.get('/vaults', { query: { limit: 1_000 } }), 200);
  const ids = listed.data<VaultAnswer[]>().map(({ id }) => id);
  expect(found).toEqual(Object.keys(all).filter((name) => ids.includes(all[name as keyof typeof all].id)));
  return found;
}

const change = (key: { id: string }, fields: object, by = jane): Promise<Reply> =>
  by.client.patch(`/api-keys/${key.id}`, fields);

const move = async (vault: VaultAnswer, to: object): Promise<Reply> =>
  expectStatus(await jane.client.patch(`/vaults/${vault.id}`, to), 200);

const detailOf = (reply: Reply): unknown =>
  reply.json<{ error: { details: { path: string; code: string }[] } }>().error.details[0];

describe('a key that is bound to a project', () => {
  it('reaches the vaults of the project and no other, and says what it is bound to', async () => {
    const key = await apiKeyOf(jane, { projectIds: [shop.id] });
    expect(key).toMatchObject({ vaultIds: null, projectIds: [shop.id], environments: null });
    expect(await reached(key.client)).toEqual(['development', 'production', 'shared']);
    expectStatus(await key.client.post(`/vaults/${shared.id}/secrets`, { key: 'A', value: 'x' }), 201);
    expectStatus(await key.client.post('/vaults', { name: 'Mine' }), 403);
    const other = await projectOf(jane);
    expectStatus(await key.client.get(`/projects/${shop.id}`), 200);
    expectStatus(await key.client.get(`/projects/${other.id}`), 404);
    expect(expectStatus(await key.client.get('/api-keys/self'), 200).data()).toMatchObject({
      projectIds: [shop.id],
    });
  });

  it('reaches the vaults of its environments alone, and those it names by themselves', async () => {
    const environments = ['production', 'not-there-yet'];
    const key = await apiKeyOf(jane, { projectIds: [shop.id], environments, vaultIds: [outside.id] });
    expect(key).toMatchObject({ vaultIds: [outside.id], projectIds: [shop.id], environments });
    expect(await reached(key.client)).toEqual(['production', 'outside']);
  });

  it('costs the database one statement, and none while it is warm', async () => {
    const key = await apiKeyOf(jane, { projectIds: [shop.id], environments: ['production'] });
    const spies = [jest.spyOn(service.database, 'execute'), jest.spyOn(service.database, 'rows')];
    const asked = async (): Promise<number> => {
      for (const spy of spies) spy.mockClear();
      expectStatus(await key.client.get(`/vaults/${outside.id}`), 404);
      const texts = spies.flatMap(({ mock }) => mock.calls.map(([statement]) => JSON.stringify(statement)));
      // What the service does beside requests looks into none of these.
      return texts.filter((text) => /\b(grants|vaults|memberships|projects)\b/.test(text)).length;
    };
    try {
      expect([await asked(), await asked()]).toEqual([1, 0]);
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
  });
});

describe('what happens to a project', () => {
  let key: TestKey;
  let narrow: TestKey;

  beforeEach(async () => {
    key = await apiKeyOf(jane, { projectIds: [shop.id] });
    narrow = await apiKeyOf(jane, { projectIds: [shop.id], environments: ['production'] });
    // Both are warm.
    expect(await reached(key.client)).toEqual(['development', 'production', 'shared']);
    expect(await reached(narrow.client)).toEqual(['production']);
  });

  it('reaches its keys at once when vaults come and go', async () => {
    await move(outside, { projectId: shop.id });
    expect(await reached(key.client)).toEqual(['development', 'production', 'shared', 'outside']);
    await move(shared, { projectId: null });
    expect(await reached(key.client)).toEqual(['development', 'production', 'outside']);
    await move(production, { environment: null });
    expect(await reached(narrow.client)).toEqual([]);
    await move(outside, { environment: 'production' });
    expect(await reached(narrow.client)).toEqual(['outside']);
    const made = await vaultOf(jane, { projectId: shop.id });
    expectStatus(await key.client.get(`/vaults/${made.id}`), 200);
  });

  it('reaches its keys at once when an environment gets another name: they keep the old one', async () => {
    const path = `/projects/${shop.id}/environments`;
    expectStatus(await jane.client.patch(`${path}/production`, { name: 'live' }), 200);
    expect(await reached(narrow.client)).toEqual([]);
    expect(await reached(key.client)).toEqual(['development', 'production', 'shared']);
    expectStatus(await jane.client.patch(`${path}/development`, { name: 'production' }), 200);
    expect(await reached(narrow.client)).toEqual(['development']);
  });

  it('reaches its keys also by hand in the database', async () => {
    // What is written by hand arrives by the channel alone, between two requests or within one `reached`.
    const until = async (client: Client, expected: string[]): Promise<void> => {
      const isThere = (): Promise<boolean> =>
        reached(client).then(
          (found) => found.join() === expected.join(),
          () => false,
        );
      for (let round = 0; round < 100 && !(await isThere()); round++) await sleep(20);
      expect(await reached(client)).toEqual(expected);
    };
    const vaultId = uuidOf('vault', production.id);
    await service.database.rows('UPDATE vaults SET project_id = NULL, environment = NULL WHERE id = $1', [
      vaultId,
    ]);
    await until(key.client, ['development', 'shared']);
    await until(narrow.client, []);
    const keyId = uuidOf('apiKey', narrow.id);
    await service.database.rows(`UPDATE api_keys SET environments = '{development}' WHERE id = $1`, [keyId]);
    await until(narrow.client, ['development']);
    await service.database.rows(`UPDATE api_keys SET project_ids = '{}' WHERE id = $1`, [keyId]);
    await until(narrow.client, []);
  });

  it('leaves its keys bound when it is gone: they reach nothing', async () => {
    for (const { id } of [development, production, shared]) {
      expectStatus(await jane.client.delete(`/vaults/${id}`), 204);
    }
    expectStatus(await jane.client.delete(`/projects/${shop.id}`), 204);
    expect(await reached(key.client)).toEqual([]);
  });
});

describe('binding a key', () => {
  it.each<[string, string, (own: string) => object]>([
    ['environments', 'without_projects', () => ({ environments: ['production'] })],
    ['projectIds', 'invalid', () => ({ projectIds: [] })],
    ['projectIds', 'invalid', (own) => ({ projectIds: [own, own] })],
    ['projectIds.0', 'unknown', () => ({ projectIds: ['everything'] })],
    ['projectIds.1', 'unknown', (own) => ({ projectIds: [own, publicId('project', newUuid())] })],
    ['environments', 'invalid', (own) => ({ projectIds: [own], environments: [] })],
    ['environments', 'invalid', (own) => ({ projectIds: [own], environments: ['Production'] })],
    ['environments', 'invalid', (own) => ({ projectIds: [own], environments: ['-'] })],
    ['environments', 'invalid', (own) => ({ projectIds: [own], environments: ['x'.repeat(51)] })],
    [
      'environments',
      'invalid',
      (own) => ({ projectIds: [own], environments: Array.from({ length: 51 }, (_, index) => `e${index}`) }),
    ],
  ])('is refused for bad %s: %s', async (path, code, fields) => {
    const key = await apiKeyOf(jane, { vaultIds: [outside.id] });
    const body = { name: 'x', scopes: ['vault:read'], ...fields(shop.id) };
    for (const reply of [await jane.client.post('/api-keys', body), await change(key, fields(shop.id))]) {
      const detail = detailOf(expectStatus(reply, 400)) as { path: string; code: string };
      expect(detail.path).toBe(path);
      if (code !== 'invalid') expect(detail.code).toBe(code);
    }
  });

  it('answers for a project of somebody else as for one that is not there', async () => {
    const mallory = await signUp(service);
    const texts: string[] = [];
    for (const id of [shop.id, publicId('project', newUuid())]) {
      const reply = await mallory.client.post('/api-keys', { name: 'x', scopes: ['*'], projectIds: [id] });
      texts.push(expectStatus(reply, 400).text.replace(/req_\w+/, ''));
    }
    expect(texts[0]).toBe(texts[1]);
  });

  it('is changed: null takes a bound away, and environments go with their projects', async () => {
    const key = await apiKeyOf(jane, { projectIds: [shop.id], environments: ['production'] });
    const after = async (fields: object): Promise<[Partial<Key>, string[]]> => {
      const { vaultIds, projectIds, environments } = expectStatus(await change(key, fields), 200).data<Key>();
      return [{ vaultIds, projectIds, environments }, await reached(key.client)];
    };
    const bound = { vaultIds: null, projectIds: [shop.id], environments: null };
    expect(await after({ environments: null })).toEqual([bound, ['development', 'production', 'shared']]);
    expect(await after({ environments: ['development'] })).toEqual([
      { ...bound, environments: ['development'] },
      ['development'],
    ]);
    expect(await after({ vaultIds: [outside.id], projectIds: null })).toEqual([
      { vaultIds: [outside.id], projectIds: null, environments: null },
      ['outside'],
    ]);
    expect(detailOf(expectStatus(await change(key, { environments: ['production'] }), 400))).toMatchObject({
      path: 'environments',
      code: 'without_projects',
    });
    expect(await after({ vaultIds: null })).toEqual([
      { vaultIds: null, projectIds: null, environments: null },
      ['development', 'production', 'shared', 'outside'],
    ]);
  });

  it('takes a secret that nobody else may know, once the key would reach more by it', async () => {
    const admin = await memberOf(service, jane, 'admin');
    const key = await apiKeyOf(jane, {
      scopes: ['vault:read'],
      projectIds: [shop.id],
      environments: ['production'],
    });
    expectStatus(await admin.client.post(`/api-keys/${key.id}/rotate`, {}), 200);
    const other = await projectOf(jane);
    for (const fields of [
      { environments: null },
      { environments: ['production', 'development'] },
      { projectIds: [shop.id, other.id] },
      { vaultIds: [outside.id] },
      { projectIds: null },
    ]) {
      expect(detailOf(expectStatus(await change(key, fields), 409))).toMatchObject({
        code: 'secret_of_another',
      });
    }
    expectStatus(await change(key, { name: 'As narrow' }), 200);
    expectStatus(await change(key, { projectIds: [other.id] }), 409);
    expectStatus(await jane.client.post(`/api-keys/${key.id}/rotate`, {}), 200);
    expectStatus(await change(key, { projectIds: [other.id] }), 200);
  });
});

describe('the owner of a bound key', () => {
  it('bounds it: it reaches the project as far as it is granted to them, as long as it is', async () => {
    const developer = await memberOf(service, jane, 'developer');
    const refused = await developer.client.post('/api-keys', {
      name: 'x',
      scopes: ['vault:read'],
      projectIds: [shop.id],
    });
    expect(detailOf(expectStatus(refused, 400))).toMatchObject({ path: 'projectIds.0', code: 'unknown' });
    const grant = await grantProjectTo(jane, shop.id, developer, 'reader');
    const key = await apiKeyOf(developer, { projectIds: [shop.id] });
    expect(await reached(key.client)).toEqual(['development', 'production', 'shared']);
    const secret = `/vaults/${shared.id}/secrets/${(await secretOf(jane, shared.id)).id}`;
    expectStatus(await key.client.get(secret), 200);
    expectStatus(await key.client.patch(secret, { value: 'y' }), 403);
    expectStatus(await jane.client.delete(`/projects/${shop.id}/grants/${grant.id}`), 204);
    expect(await reached(key.client)).toEqual([]);
    await grantTo(jane, production.id, developer);
    expect(await reached(key.client)).toEqual(['production']);
  });

  it('hands it on with the vaults that it reached, and with none that come later', async () => {
    const developer = await memberOf(service, jane, 'developer');
    await grantProjectTo(jane, shop.id, developer, 'editor');
    const key = await apiKeyOf(developer, {
      scopes: ['vault:read', 'secret:read', 'secret:write'],
      projectIds: [shop.id],
      environments: ['production', 'development'],
    });
    const robot = await serviceAccountOf(jane);
    await grantProjectTo(jane, shop.id, asMember(robot), 'manager');
    const member = `/organizations/${jane.organizationId}/members/${developer.userId}`;
    expectStatus(await jane.client.delete(member, { query: { keys: 'transfer', to: robot.id } }), 204);
    const shown = expectStatus(await jane.client.get(`/api-keys/${key.id}`), 200).data<Key>();
    expect(shown).toMatchObject({ ownerId: robot.id, projectIds: null, environments: null });
    expect(shown.vaultIds?.toSorted()).toEqual([development.id, production.id].toSorted());
    expect(await reached(key.client)).toEqual(['development', 'production']);
    await move(production, { environment: null });
    await move(shared, { environment: 'production' });
    expect(await reached(key.client)).toEqual(['development', 'production']);
  });
});

describe('whoever sees a bound key', () => {
  it('learns from it of no project that is not granted to them', async () => {
    const viewer = await memberOf(service, jane, 'developer');
    const other = await projectOf(jane);
    const fields = { projectIds: [shop.id, other.id], environments: ['production'] };
    const { id } = await apiKeyOf(jane, { scopes: ['vault:read'], ...fields });
    const shown = async (): Promise<Partial<Key>> => {
      const { projectIds, environments } = expectStatus(
        await viewer.client.get(`/api-keys/${id}`),
        200,
      ).data<Key>();
      return { projectIds, environments };
    };
    expect(await shown()).toEqual({ projectIds: [], environments: [] });
    await grantProjectTo(jane, shop.id, viewer);
    expect(await shown()).toEqual({ projectIds: [shop.id], environments: ['production'] });
  });

  it('is told why it does not reach a vault', async () => {
    const key = await apiKeyOf(jane, {
      scopes: ['secret:read'],
      projectIds: [shop.id],
      environments: ['production'],
    });
    const answer = async (vaultId: string): Promise<Wire<PermissionTestDto>> => {
      const body = { scope: 'secret:read', vaultId };
      const reply = await jane.client.post(`/api-keys/${key.id}/test-permission`, body);
      return expectStatus(reply, 200).data<Wire<PermissionTestDto>>();
    };
    expect((await answer(production.id)).allowed).toBe(true);
    expect(await answer(shared.id)).toEqual({
      allowed: false,
      reason: 'The vault is in a project of the key, which is limited to production there.',
    });
    expect(await answer(outside.id)).toEqual({
      allowed: false,
      reason: 'The key is limited to other vaults and projects.',
    });
  });
});
