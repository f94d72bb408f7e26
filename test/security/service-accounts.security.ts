import { uuidOf } from '@credvault/database/typed-id.js';
import type { CreateApiKeyDto, UpdateApiKeyDto } from '../../apps/api/src/api-keys/api-key-requests.dto.js';
import type { Reply } from '../support/client.js';
import { secretOf, vaultOf } from '../support/fixtures.js';
import { apiKeyOf, type MintedKeyAnswer, type TestKey } from '../support/keys.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { asMember, serviceAccountOf, type ServiceAccountAnswer } from '../support/service-accounts.js';
import { startTestService, type TestService } from '../support/service.js';
import { grantTo, memberWithRole, roleOf } from '../support/teams.js';
import { expectRefused } from './refusals.js';

let service: TestService;
let jane: Person;
let robot: ServiceAccountAnswer;
let vaultId: string;
let secret: string;

beforeAll(async () => {
  service = await startTestService();
});
beforeEach(async () => {
  jane = await signUp(service);
  robot = await serviceAccountOf(jane);
  vaultId = (await vaultOf(jane)).id;
  secret = `/vaults/${vaultId}/secrets/${(await secretOf(jane, vaultId)).id}`;
});
afterAll(() => service.stop());

/** Somebody who manages keys, and to whom a vault is granted. */
async function developerOf(level: 'reader' | 'manager' = 'manager'): Promise<Person> {
  const developer = await memberOf(service, jane, 'developer');
  await grantTo(jane, vaultId, developer, level);
  return developer;
}

const ask = (by: Person, fields: Partial<CreateApiKeyDto>): Promise<Reply> =>
  by.client.post('/api-keys', { name: 'x', scopes: ['secret:read'], ownerId: robot.id, ...fields });

const rotate = async (by: Person, { id }: { id: string }, body = {}): Promise<string> => {
  const reply = await by.client.post(`/api-keys/${id}/rotate`, body);
  return expectStatus(reply, 200).data<MintedKeyAnswer>().key;
};

describe('another organization', () => {
  it('learns of no service account, and changes none', async () => {
    const mallory = await signUp(service);
    const at = `/service-accounts/${robot.id}`;
    for (const work of [
      () => mallory.client.get(at),
      () => mallory.client.patch(at, { name: 'Mine' }),
      () => mallory.client.delete(at, { query: { keys: 'revoke' } }),
    ]) {
      await expectRefused(service, [404], work);
    }
    await expectRefused(service, [400], () => ask(mallory, {}));
    expect((await mallory.client.get('/service-accounts')).data()).toEqual([]);
    const own = await serviceAccountOf(mallory);
    const key = await apiKeyOf(mallory, { ownerId: own.id });
    const query = { keys: 'transfer', to: robot.id };
    await expectRefused(service, [400], () =>
      mallory.client.delete(`/service-accounts/${own.id}`, { query }),
    );
    expectStatus(await key.client.get('/vaults'), 200);
  });
});

describe('a weak manager of keys', () => {
  it('makes none for a service account that could one day do more than they may', async () => {
    const developer = await developerOf('reader');
    for (const fields of [
      {},
      { vaultIds: [vaultId], scopes: ['secret:write'] },
      { vaultIds: [vaultId], scopes: ['logs:read'] },
    ] as Partial<CreateApiKeyDto>[]) {
      await expectRefused(service, [403], () => ask(developer, fields));
    }
    expectStatus(await ask(developer, { vaultIds: [vaultId] }), 201);
  });

  it('does not reach what is granted to the service account later', async () => {
    const developer = await developerOf();
    const made = await ask(developer, { vaultIds: [vaultId] });
    const { client } = developer;
    const { key } = expectStatus(made, 201).data<MintedKeyAnswer>();
    const later = await vaultOf(jane);
    for (const id of [vaultId, later.id]) await grantTo(jane, id, asMember(robot), 'manager');
    expectStatus(await client.as(key).get(`/vaults/${later.id}/secrets`), 404);
    expectStatus(await client.as(key).get(secret), 200);
  });

  it('does not get what a key is given after they have taken its secret', async () => {
    const developer = await developerOf();
    await grantTo(jane, vaultId, asMember(robot), 'manager');
    const wide: Partial<UpdateApiKeyDto> = {
      scopes: ['logs:read', 'vault:read', 'secret:read'],
      vaultIds: null,
    };
    const strong = await apiKeyOf(jane, { ownerId: robot.id, scopes: wide.scopes ?? [] });
    const at = `/api-keys/${strong.id}`;
    expectStatus(await developer.client.post(`${at}/rotate`, {}), 403);
    const narrow = { scopes: ['vault:read'], vaultIds: [vaultId] };
    expectStatus(await developer.client.patch(at, narrow), 200);
    const stolen = await rotate(developer, strong, { overlapSeconds: 600 });
    const refused = expectStatus(await jane.client.patch(at, wide), 409);
    expect(refused.text).toContain('secret_of_another');
    // As long as the stolen secret lives beside the new one, rotating is not enough.
    await rotate(jane, strong, { overlapSeconds: 600 });
    expectStatus(await jane.client.patch(at, wide), 409);
    const own = await rotate(jane, strong);
    expectStatus(await jane.client.patch(at, wide), 200);
    expectStatus(await jane.client.as(stolen).get(secret), 401);
    expectStatus(await jane.client.as(own).get(secret), 200);
  });

  it('is no other manager: who widens a key has made its secret, in person', async () => {
    const admin = await memberOf(service, jane, 'admin');
    const key = await apiKeyOf(jane, { ownerId: robot.id, scopes: ['vault:read'] });
    const wide = { scopes: ['vault:read', 'secret:read'] };
    expectStatus(await admin.client.patch(`/api-keys/${key.id}`, wide), 409);
    const program = await apiKeyOf(admin, { scopes: ['*'] });
    expectStatus(await program.client.post(`/api-keys/${key.id}/rotate`, {}), 200);
    expectStatus(await program.client.patch(`/api-keys/${key.id}`, wide), 409);
    await rotate(admin, key);
    expectStatus(await admin.client.patch(`/api-keys/${key.id}`, wide), 200);
  });
});

describe('a key that is handed on', () => {
  let developer: Person;
  let key: TestKey;
  const handOn = (by = jane, query: Record<string, string> = {}): Promise<Reply> =>
    by.client.delete(`/organizations/${jane.organizationId}/members/${developer.userId}`, {
      query: { keys: 'transfer', to: robot.id, ...query },
    });

  beforeEach(async () => {
    developer = await developerOf('reader');
    key = await apiKeyOf(developer, { scopes: ['secret:read', 'secret:write'] });
  });

  it('reaches no vault that its old owner did not reach, now or later', async () => {
    const [known, later] = [(await vaultOf(jane)).id, (await vaultOf(jane)).id];
    for (const id of [vaultId, known]) await grantTo(jane, id, asMember(robot), 'reader');
    expectStatus(await handOn(), 204);
    await grantTo(jane, later, asMember(robot), 'reader');
    expectStatus(await key.client.get(secret), 200);
    for (const id of [known, later]) expectStatus(await key.client.get(`/vaults/${id}/secrets`), 404);
  });

  it('does no more in a vault than it did', async () => {
    await grantTo(jane, vaultId, asMember(robot), 'editor');
    expectStatus(await handOn(), 204);
    expectStatus(await key.client.get(secret), 200);
    expectStatus(await key.client.patch(secret, { value: 'x' }), 403);
  });

  it('has no scope that its old owner had lost', async () => {
    const user = uuidOf('user', developer.userId);
    await service.database.rows(`UPDATE memberships SET role = 'viewer' WHERE user_id = $1`, [user]);
    await grantTo(jane, vaultId, asMember(robot), 'editor');
    expectStatus(await handOn(), 204);
    const { scopes } = (await jane.client.get(`/api-keys/${key.id}`)).data<MintedKeyAnswer>();
    expect(scopes).toEqual(['secret:list']);
    expectStatus(await key.client.get(secret), 403);
  });

  it('is handed on by nobody who may not do what it does, nor manage keys', async () => {
    await grantTo(jane, vaultId, asMember(robot), 'reader');
    const all = { reachesAllVaults: true };
    const [keyless, scopeless] = [
      await roleOf(jane, { scopes: ['team:manage', 'secret:read', 'secret:write', 'vault:read'], ...all }),
      await roleOf(jane, { scopes: ['team:manage', 'key:manage', 'vault:read'], ...all }),
    ];
    for (const role of [keyless, scopeless]) {
      const weak = await memberWithRole(service, jane, role);
      expectStatus(await handOn(weak), 403);
    }
    expectStatus(await key.client.get(secret), 200);
  });

  it('stays known to who left, and so is not widened before somebody rotates it', async () => {
    await grantTo(jane, vaultId, asMember(robot), 'reader');
    expectStatus(await handOn(), 204);
    const wide = { vaultIds: null };
    expectStatus(await jane.client.patch(`/api-keys/${key.id}`, wide), 409);
    await rotate(jane, key);
    expectStatus(await jane.client.patch(`/api-keys/${key.id}`, wide), 200);
    expectStatus(await key.client.get(secret), 401);
  });
});
