import { newUuid, publicId } from '@credvault/database/typed-id.js';
import type { VaultLevel } from '@credvault/access/vault-levels.js';
import type { ApiKeyDto } from '../../apps/api/src/api-keys/api-key.dto.js';
import type { Client, Reply } from '../support/client.js';
import { secretOf, vaultOf } from '../support/fixtures.js';
import { apiKeyOf, type TestKey } from '../support/keys.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { askToGrantProject, grantProjectTo, projectOf } from '../support/projects.js';
import { withdraw } from '../support/recovery.js';
import { asMember, serviceAccountOf, type ServiceAccountAnswer } from '../support/service-accounts.js';
import { startTestService, type TestService } from '../support/service.js';
import { askToGrant, type GrantAnswer, grantTo, memberWithRole, roleOf } from '../support/teams.js';
import type { Wire } from '../support/wire.js';
import { expectRefused } from './refusals.js';
import { rounds } from '../support/rounds.js';

let service: TestService;
let jane: Person;
let developer: Person;
let robot: ServiceAccountAnswer;
/** A project with a vault of each environment, and a vault that is in none. */
let shop: string;
let development: string;
let production: string;
let outside: string;

beforeAll(async () => {
  service = await startTestService();
});
beforeEach(async () => {
  jane = await signUp(service);
  developer = await memberOf(service, jane, 'developer');
  robot = await serviceAccountOf(jane);
  shop = (await projectOf(jane, { environments: ['development', 'production'] })).id;
  development = (await vaultOf(jane, { projectId: shop, environment: 'development' })).id;
  production = (await vaultOf(jane, { projectId: shop, environment: 'production' })).id;
  outside = (await vaultOf(jane)).id;
});
afterAll(() => service.stop());

const scopes = [
  'vault:read',
  'vault:write',
  'secret:read',
  'secret:write',
  'key:read',
  'key:manage',
] as const;
const all = (): Pick<Parameters<typeof apiKeyOf>[1] & object, 'scopes'> => ({ scopes: [...scopes] });
const asKey = ({ id }: { id: string }): { keyId: string } => ({ keyId: id });

/** What of a refusal names its cause. */
const codesOf = (reply: Reply): string[] =>
  reply
    .json<{ error: { details?: { path: string; code: string }[] } }>()
    .error.details?.map(({ path, code }) => `${path} ${code}`) ?? [];

async function refused(status: number, work: () => Promise<Reply>): Promise<string[]> {
  let reply: Reply | undefined;
  await expectRefused(service, [status], async () => (reply = await work()));
  return codesOf(reply as Reply);
}

/** What of reading, writing and managing a vault a credential can do. */
async function powers(client: Client, vaultId: string): Promise<VaultLevel | 'none'> {
  const secret = `/vaults/${vaultId}/secrets/${(await secretOf(jane, vaultId)).id}`;
  if ((await client.get(secret)).status !== 200) return 'none';
  if ((await client.patch(secret, { value: 'x' })).status !== 200) return 'reader';
  return (await client.patch(`/vaults/${vaultId}`, { description: 'x' })).status === 200
    ? 'manager'
    : 'editor';
}

describe('a key that is bound to a project', () => {
  it('makes none that is bound to more', async () => {
    const other = (await projectOf(jane)).id;
    const narrow = await apiKeyOf(jane, { ...all(), projectIds: [shop], environments: ['development'] });
    const wish = (fields: object): Promise<Reply> =>
      narrow.client.post('/api-keys', { name: 'x', scopes: ['vault:read'], ...fields });
    const own = { projectIds: [shop], environments: ['development'] };
    const refusals: [object, number, string][] = [
      [{}, 403, 'vaultIds too_wide'],
      [{ projectIds: [shop] }, 403, 'environments too_wide'],
      [{ ...own, environments: ['development', 'production'] }, 403, 'environments too_wide'],
      [{ ...own, projectIds: [shop, other] }, 400, 'projectIds.1 unknown'],
      [{ ...own, vaultIds: [outside] }, 400, 'vaultIds.0 unknown'],
      [{ vaultIds: [production] }, 400, 'vaultIds.0 unknown'],
    ];
    for (const [fields, status, code] of refusals) {
      expect(await refused(status, () => wish(fields))).toContain(code);
    }
    expectStatus(await wish(own), 201);
  });

  it('widens neither itself nor another one, and rotates none that reaches further', async () => {
    const narrow = await apiKeyOf(jane, { ...all(), projectIds: [shop], environments: ['development'] });
    const wide = await apiKeyOf(jane, { ...all(), projectIds: [shop] });
    for (const fields of [{ environments: null }, { projectIds: null }, { environments: ['production'] }]) {
      await refused(403, () => narrow.client.patch(`/api-keys/${narrow.id}`, fields));
    }
    expect(await refused(403, () => narrow.client.post(`/api-keys/${wide.id}/rotate`, {}))).toContain(
      'environments too_wide',
    );
  });

  it.each(['grants the project', 'grants a vault of it'])('%s to nobody beyond itself', async (what) => {
    const narrow = await apiKeyOf(jane, {
      scopes: [...scopes, 'project:read', 'project:write'],
      projectIds: [shop],
      environments: ['development'],
    });
    await refused(what === 'grants the project' ? 403 : 404, () =>
      what === 'grants the project'
        ? askToGrantProject(narrow, shop, developer, 'reader')
        : askToGrant(narrow, production, developer, 'reader'),
    );
  });
});

describe('whoever reaches a vault of a project, and not the project', () => {
  beforeEach(() => grantTo(jane, production, developer, 'manager'));

  it('makes, rotates and widens no key of a service account that gets what comes into it later', async () => {
    await grantProjectTo(jane, shop, asMember(robot), 'manager');
    const wish = { name: 'x', scopes: ['vault:read'], ownerId: robot.id, projectIds: [shop] };
    expect(await refused(400, () => developer.client.post('/api-keys', wish))).toEqual([
      'projectIds.0 unknown',
    ]);
    const key = await apiKeyOf(jane, { ...all(), ownerId: robot.id, projectIds: [shop] });
    const rotate = (): Promise<Reply> => developer.client.post(`/api-keys/${key.id}/rotate`, {});
    expect(await refused(403, rotate)).toEqual(['projectIds too_wide']);
    await grantProjectTo(jane, shop, developer, 'reader');
    expect(await refused(403, rotate)).toEqual(['projectIds too_wide']);
    expectStatus(await developer.client.post('/api-keys', wish), 201);
    await refused(403, () => developer.client.post('/api-keys', { ...wish, scopes: ['secret:write'] }));
  });
});

describe('what is granted to a key', () => {
  let key: TestKey;

  beforeEach(async () => {
    await grantTo(jane, outside, developer, 'manager');
    key = await apiKeyOf(developer, { ...all(), vaultIds: [outside] });
  });

  it('is reached as far as both it and its owner go, at once, and no longer than they do', async () => {
    expect(await powers(key.client, production)).toBe('none');
    const grant = await grantTo(jane, production, asKey(key), 'manager');
    expect(grant.grantee).toEqual({ id: key.id, type: 'api_key', name: 'Tests' });
    expect(await powers(key.client, production)).toBe('none');
    const { id } = await grantTo(jane, production, developer, 'editor');
    expect(await powers(key.client, production)).toBe('editor');
    const at = `/vaults/${production}/grants`;
    expectStatus(await jane.client.patch(`${at}/${grant.id}`, { level: 'reader' }), 200);
    expect(await powers(key.client, production)).toBe('reader');
    expect(await powers(key.client, outside)).toBe('manager');
    expectStatus(await jane.client.delete(`${at}/${id}`), 204);
    expect(await powers(key.client, production)).toBe('none');
    await grantTo(jane, production, developer, 'manager');
    expect(await powers(key.client, production)).toBe('reader');
    expectStatus(await jane.client.delete(`${at}/${grant.id}`), 204);
    expect(await powers(key.client, production)).toBe('none');
    expect(await powers(key.client, outside)).toBe('manager');
  });

  it('may be a project, with what comes into it and leaves it', async () => {
    await grantProjectTo(jane, shop, developer, 'manager');
    await grantProjectTo(jane, shop, asKey(key), 'reader');
    expect(await powers(key.client, development)).toBe('reader');
    expectStatus(await jane.client.patch(`/vaults/${development}`, { projectId: null }), 200);
    expect(await powers(key.client, development)).toBe('none');
    const late = await vaultOf(jane, { projectId: shop });
    expect(await powers(key.client, late.id)).toBe('reader');
    // The project itself is no more the key's than its vaults are.
    const manager = await apiKeyOf(developer, {
      scopes: ['project:read', 'project:write'],
      vaultIds: [outside],
    });
    await grantProjectTo(jane, shop, asKey(manager), 'reader');
    expectStatus(await manager.client.get(`/projects/${shop}`), 200);
    expectStatus(await manager.client.patch(`/projects/${shop}`, { name: 'Mine' }), 403);
  });

  it('at a lower level than its owner has gives no other key more', async () => {
    await grantTo(jane, production, developer, 'manager');
    await grantTo(jane, production, asKey(key), 'reader');
    const wish = { name: 'x', scopes: ['vault:read', 'secret:write'], vaultIds: [production] };
    expect(await refused(403, () => key.client.post('/api-keys', wish))).toEqual(['vaultIds too_wide']);
    await refused(403, () => askToGrant(key, production, robotMember(), 'reader'));
    const { key: token } = expectStatus(
      await key.client.post('/api-keys', { ...wish, scopes: ['vault:read', 'secret:read'] }),
      201,
    ).data<{ key: string }>();
    expect(await powers(key.client.as(token), production)).toBe('reader');
  });

  it('is listed with its vault, says so in the trail, and goes with the key', async () => {
    const { id } = await grantTo(jane, production, asKey(key), 'reader');
    const list = async (): Promise<GrantAnswer[]> =>
      expectStatus(await jane.client.get(`/vaults/${production}/grants`), 200).data<GrantAnswer[]>();
    expect((await list()).map((grant) => grant.id)).toEqual([id]);
    const events = await jane.client.get('/audit-events', { query: { resource: id, type: 'grant.created' } });
    expect(expectStatus(events, 200).text).toContain(`"keyId":"${key.id}"`);
    const again = expectStatus(await askToGrant(jane, production, asKey(key), 'manager'), 409);
    expect(codesOf(again)).toEqual(['keyId granted_already']);
    expectStatus(await jane.client.delete(`/api-keys/${key.id}`), 204);
    expect(await list()).toEqual([]);
  });

  it('keeps the key bound', async () => {
    await grantTo(jane, production, asKey(key), 'reader');
    const change = (fields: object): Promise<Reply> => developer.client.patch(`/api-keys/${key.id}`, fields);
    expect(await refused(409, () => change({ vaultIds: null }))).toEqual(['id has_grants']);
    expectStatus(await change({ name: 'Renamed' }), 200);
  });

  it('ends when the key is handed on: it keeps the vaults that it reached, and at no higher level', async () => {
    await grantProjectTo(jane, shop, developer, 'manager');
    await grantProjectTo(jane, shop, asKey(key), 'reader');
    const member = `/organizations/${jane.organizationId}/members/${developer.userId}`;
    const handOn = (): Promise<Reply> =>
      jane.client.delete(member, { query: { keys: 'transfer', to: robot.id } });
    // It writes in one vault and reads in the others, which its scopes cannot say.
    expect(await refused(403, handOn)).toEqual(['to too_wide']);
    expectStatus(
      await developer.client.patch(`/api-keys/${key.id}`, { scopes: ['vault:read', 'secret:read'] }),
      200,
    );
    await grantProjectTo(jane, shop, asMember(robot), 'manager');
    expectStatus(await handOn(), 204);
    const shown = expectStatus(await jane.client.get(`/api-keys/${key.id}`), 200).data<Wire<ApiKeyDto>>();
    expect(shown.vaultIds?.toSorted()).toEqual([development, production, outside].toSorted());
    const grants = await jane.client.get(`/projects/${shop}/grants`, { query: { search: 'Tests' } });
    expect(expectStatus(grants, 200).data()).toEqual([]);
    const late = await vaultOf(jane, { projectId: shop });
    expect(await powers(key.client, late.id)).toBe('none');
    expect(await powers(key.client, production)).toBe('reader');
  });

  it('comes back with a restored vault, unless somebody else has made a secret of the key meanwhile', async () => {
    await grantTo(jane, production, developer, 'manager');
    const rotated = await apiKeyOf(developer, { ...all(), vaultIds: [outside] });
    for (const to of [key, rotated]) await grantTo(jane, production, asKey(to), 'editor');
    await withdraw(jane, `/vaults/${production}`);
    const other = await memberOf(service, jane, 'developer');
    await grantTo(jane, outside, other, 'manager');
    // Whoever does this has all that the key reaches now, and not the vault.
    const reply = expectStatus(await other.client.post(`/api-keys/${rotated.id}/rotate`, {}), 200);
    expectStatus(await jane.client.post(`/deleted-vaults/${production}/restore`), 200);
    expect(await powers(key.client, production)).toBe('editor');
    expect(await powers(rotated.client.as(reply.data<{ key: string }>().key), production)).toBe('none');
  });

  const robotMember = (): { userId: string } => asMember(robot);
});

describe('granting to a key', () => {
  it('takes a key of the organization that is bound', async () => {
    const unbound = await apiKeyOf(jane, all());
    const mallory = await signUp(service);
    const foreign = await apiKeyOf(mallory, { ...all(), vaultIds: [(await vaultOf(mallory)).id] });
    const ask = (keyId: string) => () => askToGrant(jane, production, { keyId }, 'reader');
    expect(await refused(400, ask(unbound.id))).toEqual(['keyId key_not_bound']);
    const texts: string[] = [];
    for (const id of [foreign.id, publicId('apiKey', newUuid()), 'key_x']) {
      expect(await refused(400, ask(id))).toEqual(['keyId unknown_key']);
      texts.push((await ask(id)()).text.replace(/req_\w+/, ''));
    }
    expect(new Set(texts).size).toBe(1);
    const both = { keyId: unbound.id, memberId: developer.userId, level: 'reader' };
    expect(await refused(400, () => jane.client.post(`/vaults/${production}/grants`, both))).toEqual([
      'keyId exactly_one',
    ]);
  });

  it('takes key:manage beside the vault, and all that the key can do then', async () => {
    const key = await apiKeyOf(jane, { ...all(), ownerId: robot.id, vaultIds: [outside] });
    const role = await roleOf(jane, {
      scopes: ['vault:read', 'vault:write', 'secret:list', 'secret:read', 'secret:write'],
      reachesAllVaults: true,
    });
    const keyless = await memberWithRole(service, jane, role);
    const ask =
      (by: Pick<Person, 'client'>, level: VaultLevel = 'reader') =>
      (): Promise<Reply> =>
        askToGrant(by, production, asKey(key), level);
    expect(await refused(403, ask(keyless))).toEqual(['scope missing_scope']);
    await grantTo(jane, production, developer, 'editor');
    await refused(403, ask(developer));
    await refused(404, ask({ client: key.client }));
    const narrow = await apiKeyOf(jane, { ...all(), vaultIds: [production] });
    // The key reaches another vault already, which this one does not.
    expect(await refused(403, ask(narrow))).toEqual(['vaultIds too_wide']);
    expectStatus(await ask(jane)(), 201);
  });

  it('is refused while somebody else may know the secret; so is raising a grant, and lowering it is free', async () => {
    const admin = await memberOf(service, jane, 'admin');
    const key = await apiKeyOf(jane, { ...all(), vaultIds: [outside] });
    const { id } = await grantTo(jane, production, asKey(key), 'editor');
    const ofProject = await grantProjectTo(jane, shop, asKey(key), 'reader');
    const at = `/projects/${shop}/grants/${ofProject.id}`;
    expectStatus(await admin.client.post(`/api-keys/${key.id}/rotate`, {}), 200);
    const ask = (): Promise<Reply> => askToGrant(jane, development, asKey(key), 'reader');
    const raise = (level: VaultLevel) => (): Promise<Reply> =>
      jane.client.patch(`/vaults/${production}/grants/${id}`, { level });
    expect(await refused(409, ask)).toEqual(['id secret_of_another']);
    expect(await refused(409, raise('manager'))).toEqual(['id secret_of_another']);
    expect(await refused(409, () => jane.client.patch(at, { level: 'editor' }))).toEqual([
      'id secret_of_another',
    ]);
    expectStatus(await raise('reader')(), 200);
    expectStatus(await jane.client.post(`/api-keys/${key.id}/rotate`, {}), 200);
    expectStatus(await raise('manager')(), 200);
    expectStatus(await ask(), 201);
  });

  it('race: and unbinding it at once leaves it bound or without grants', async () => {
    for (let round = 0; round < rounds; round++) {
      const key = await apiKeyOf(jane, { scopes: ['vault:read'], vaultIds: [outside] });
      const [grant, change] = await Promise.all([
        askToGrant(jane, production, asKey(key), 'reader'),
        jane.client.patch(`/api-keys/${key.id}`, { vaultIds: null }),
      ]);
      expect([
        [201, 409],
        [400, 200],
      ]).toContainEqual([grant.status, change.status]);
    }
  });
});
