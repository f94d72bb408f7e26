import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import type { ApiKeyDto } from '../../apps/api/src/api-keys/api-key.dto.js';
import type { Reply } from '../support/client.js';
import { secretOf, vaultOf } from '../support/fixtures.js';
import { apiKeyOf, type MintedKeyAnswer } from '../support/keys.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { asMember, serviceAccountOf, type ServiceAccountAnswer } from '../support/service-accounts.js';
import { startTestService, type TestService } from '../support/service.js';
import { grantTo, memberWithRole, roleOf } from '../support/teams.js';
import type { Wire } from '../support/wire.js';
import { expectRefused } from './refusals.js';

let service: TestService;
let jane: Person;
let developer: Person;
let robot: ServiceAccountAnswer;
let known: string;
let other: string;

beforeAll(async () => {
  service = await startTestService();
});
beforeEach(async () => {
  jane = await signUp(service);
  developer = await memberOf(service, jane, 'developer');
  robot = await serviceAccountOf(jane);
  known = (await vaultOf(jane)).id;
  other = (await vaultOf(jane)).id;
});
afterAll(() => service.stop());

const read = async (id: string): Promise<Wire<ApiKeyDto>> =>
  expectStatus(await jane.client.get(`/api-keys/${id}`), 200).data<Wire<ApiKeyDto>>();

describe('a key that is narrowed to vaults', () => {
  const scopes = ['key:manage', 'key:read', 'vault:read', 'secret:read'] as const;

  it('makes none that follows what is granted to its owner later', async () => {
    await grantTo(jane, known, developer, 'reader');
    const narrow = await apiKeyOf(developer, { scopes: [...scopes], vaultIds: [known] });
    const wish = { name: 'x', scopes: ['vault:read'] };
    let refusal: Reply | undefined;
    await expectRefused(service, [403], async () => (refusal = await narrow.client.post('/api-keys', wish)));
    expect(refusal?.text).toContain('"path":"vaultIds","code":"too_wide"');
    const minted = await narrow.client.post('/api-keys', { ...wish, vaultIds: [known] });
    const { key } = expectStatus(minted, 201).data<MintedKeyAnswer>();
    await grantTo(jane, other, developer, 'reader');
    expectStatus(await narrow.client.as(key).get(`/vaults/${known}`), 200);
    expectStatus(await narrow.client.as(key).get(`/vaults/${other}`), 404);
  });

  it('makes none as a service account either', async () => {
    await grantTo(jane, known, asMember(robot), 'reader');
    const narrow = await apiKeyOf(jane, { ownerId: robot.id, scopes: [...scopes], vaultIds: [known] });
    for (const ownerId of [undefined, robot.id]) {
      await expectRefused(service, [403], () =>
        narrow.client.post('/api-keys', { name: 'x', scopes: ['vault:read'], ownerId }),
      );
    }
  });
});

describe('a key that is handed on', () => {
  const handOn = (): Promise<Reply> =>
    jane.client.delete(`/organizations/${jane.organizationId}/members/${developer.userId}`, {
      query: { keys: 'transfer', to: robot.id },
    });

  it.each(['reader', 'manager'] as const)(
    'does not do more when its new owner becomes manager and the old one was %s',
    async (level) => {
      await grantTo(jane, known, developer, level);
      const secret = `/vaults/${known}/secrets/${(await secretOf(jane, known)).id}`;
      const { id, client } = await apiKeyOf(developer, {
        scopes: ['vault:read', 'secret:read', 'vault:write', 'secret:write', 'project:write'],
        vaultIds: [known],
      });
      expectStatus(await handOn(), 204);
      await grantTo(jane, known, asMember(robot), 'manager');
      const expected = level === 'manager' ? 200 : 403;
      expectStatus(await client.get(secret), 200);
      expectStatus(await client.patch(secret, { value: 'x' }), expected);
      expectStatus(await client.patch(`/vaults/${known}`, { name: 'Mine' }), expected);
      const { scopes } = await read(id);
      expect(scopes).toContain('project:write');
      expect(scopes.includes('secret:write')).toBe(level === 'manager');
    },
  );

  it('is refused where its old owner could do less in one of its vaults than in another', async () => {
    await grantTo(jane, known, developer, 'editor');
    await grantTo(jane, other, developer, 'reader');
    const scopes: MintedKeyAnswer['scopes'] = ['vault:read', 'secret:read', 'secret:write'];
    const { id } = await apiKeyOf(developer, { scopes });
    // Today the heir reaches nothing; what is granted to them tomorrow must not be for who left.
    let refusal: Reply | undefined;
    await expectRefused(service, [403], async () => (refusal = await handOn()));
    expect(refusal?.text).toContain(id);
    expectStatus(await developer.client.patch(`/api-keys/${id}`, { vaultIds: [known] }), 200);
    expectStatus(await handOn(), 204);
    expect((await read(id)).scopes).toEqual(scopes);
  });

  it('is due for rotation at once, because who left may know its secret', async () => {
    const { id } = await apiKeyOf(developer);
    const due = async (): Promise<string[]> => {
      const reply = await jane.client.get('/api-keys', { query: { rotationDue: 'true' } });
      return expectStatus(reply, 200)
        .data<Wire<ApiKeyDto>[]>()
        .map((key) => key.id);
    };
    await service.database.rows('UPDATE api_keys SET rotation_due_noted = true WHERE id = $1', [
      uuidOf('apiKey', id),
    ]);
    expect(await due()).toEqual([]);
    expectStatus(await handOn(), 204);
    expect(await due()).toEqual([id]);
    const rows = await service.database.rows(
      'SELECT rotation_due_noted AS noted FROM api_keys WHERE id = $1',
      [uuidOf('apiKey', id)],
    );
    expect(rows).toEqual([{ noted: false }]);
    expectStatus(await jane.client.post(`/api-keys/${id}/rotate`, {}), 200);
    expect(await due()).toEqual([]);
  });
});

describe('keys that go with their owner', () => {
  it('are revoked by nobody who may not manage keys', async () => {
    const own = await serviceAccountOf(jane, { role: 'viewer' });
    const key = await apiKeyOf(jane, { ownerId: own.id, scopes: ['vault:read'] });
    const viewing = ['vault:read', 'secret:list', 'key:read', 'project:read', 'organization:read'] as const;
    const all = { reachesAllVaults: true };
    const [weak, strong] = [
      await roleOf(jane, { scopes: ['team:manage', ...viewing], ...all }),
      await roleOf(jane, { scopes: ['team:manage', 'key:manage', ...viewing], ...all }),
    ];
    const remove = ({ client }: Person): Promise<Reply> =>
      client.delete(`/service-accounts/${own.id}`, { query: { keys: 'revoke' } });
    const keyless = await memberWithRole(service, jane, weak);
    let refusal: Reply | undefined;
    await expectRefused(service, [403], async () => (refusal = await remove(keyless)));
    expect(refusal?.text).toContain('key:manage');
    expectStatus(await key.client.get('/vaults'), 200);
    expectStatus(await remove(await memberWithRole(service, jane, strong)), 204);
    expectStatus(await key.client.get('/vaults'), 401);
  });

  it('are revoked by their owner who leaves, whatever the role', async () => {
    const key = await apiKeyOf(developer, { scopes: ['vault:read'] });
    const user = uuidOf('user', developer.userId) ?? '';
    await service.database.rows(`UPDATE memberships SET role = 'viewer' WHERE user_id = $1`, [user]);
    service.app.get(CredentialRegistry, { strict: false }).invalidate({ kind: 'user', id: user });
    const own = `/organizations/${jane.organizationId}/members/${developer.userId}`;
    expectStatus(await developer.sessionClient.delete(own, { query: { keys: 'revoke' } }), 204);
    expectStatus(await key.client.get('/vaults'), 401);
  });
});

describe('whoever sees the keys of others', () => {
  it('learns from them of no vault that is not granted', async () => {
    await grantTo(jane, known, developer, 'reader');
    const { id } = await apiKeyOf(jane, { scopes: ['vault:read'], vaultIds: [known, other] });
    const one = expectStatus(await developer.client.get(`/api-keys/${id}`), 200);
    const list = expectStatus(await developer.client.get('/api-keys'), 200);
    for (const { text } of [one, list]) {
      expect(text).toContain(known);
      expect(text).not.toContain(other);
    }
    expect((await read(id)).vaultIds?.toSorted()).toEqual([known, other].toSorted());
  });
});
