import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import type { ApiKeyDto } from '../../apps/api/src/api-keys/api-key.dto.js';
import type { CreateApiKeyDto } from '../../apps/api/src/api-keys/api-key-requests.dto.js';
import { trailOf } from '../e2e/audit-trail.js';
import { ask } from '../e2e/cloud-v2-requests.js';
import type { Reply } from '../support/client.js';
import { secretOf, vaultOf } from '../support/fixtures.js';
import { apiKeyOf, type MintedKeyAnswer, type TestKey } from '../support/keys.js';
import { expectStatus, memberOf, newEmail, type Person, signUp } from '../support/people.js';
import { projectOf } from '../support/projects.js';
import { asMember, serviceAccountOf, type ServiceAccountAnswer } from '../support/service-accounts.js';
import { startTestService, type TestService } from '../support/service.js';
import { grantTo, memberWithRole, roleOf, teamOf } from '../support/teams.js';
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

  it('is not told by the trail in which project its vault is, unless it is for that too', async () => {
    const project = await projectOf(jane);
    const vault = await vaultOf(jane, { projectId: project.id, environment: 'production' });
    const place = { projectId: project.id, environment: 'production' };
    const created = async (bound: Partial<CreateApiKeyDto>): Promise<unknown> => {
      const { client } = await apiKeyOf(jane, { scopes: ['logs:read'], ...bound });
      const query = { type: 'vault.created', resource: vault.id };
      const [event] = await trailOf({ ...jane, client }, query);
      return event?.details;
    };
    expect(await created({ vaultIds: [vault.id] })).toEqual({});
    expect(await created({ vaultIds: [vault.id], projectIds: [project.id] })).toEqual(place);
    expect(await created({ projectIds: [project.id], environments: ['production'] })).toEqual(place);
    expect(await created({})).toEqual(place);
    const { client } = await apiKeyOf(jane, { scopes: ['logs:read'], vaultIds: [vault.id] });
    const logs = await ask(client, 'GET', `/organizations/${jane.organizationId}/auditlogs/`);
    expect(expectStatus(logs, 200).text).toContain(vault.id);
    expect(logs.text).not.toContain(project.id);
  });
});

describe('a key that is narrowed to vaults gives nobody what it has for these vaults alone', () => {
  let narrow: TestKey;
  let viewer: Person;
  const organization = (): string => `/organizations/${jane.organizationId}`;

  beforeEach(async () => {
    narrow = await apiKeyOf(jane, { scopes: ['*'], vaultIds: [known] });
    viewer = await memberOf(service, jane, 'viewer');
  });

  /** Expects that the key is told which scopes it cannot give, and that nothing happens. */
  async function expectTooWide(lacking: string[], work: () => Promise<Reply>): Promise<void> {
    let refusal: Reply | undefined;
    await expectRefused(service, [403], async () => (refusal = await work()));
    const { error } = refusal?.body as { error: { details: object[] } };
    const missing = lacking.map((message) => ({ path: 'scopes', code: 'missing_scope', message }));
    expect(error.details).toEqual(missing);
  }

  it('by an invitation', async () => {
    const invite = (role: string): Promise<Reply> =>
      narrow.client.post(`${organization()}/invitations`, { email: newEmail(), role });
    await expectTooWide(['logs:read'], () => invite('auditor'));
    await expectTooWide(['vault:write', 'project:write'], () => invite('developer'));
    expectStatus(await invite('viewer'), 201);
    const user = newEmail();
    const invited = (): Promise<Reply> =>
      ask(narrow.client, 'POST', `${organization()}/users/`, { body: { user, role_fqn: 'org_member' } });
    expect(expectStatus(await invited(), 403).text).toContain('vault:write');
  });

  it('by the role of a member, whom it does not touch either where they have more', async () => {
    const give = (to: Person, role: string): Promise<Reply> =>
      narrow.client.patch(`${organization()}/members/${to.userId}`, { role });
    await expectTooWide(['logs:read'], () => give(viewer, 'auditor'));
    await expectTooWide(['vault:write', 'project:write'], () => give(viewer, 'developer'));
    await expectRefused(service, [403], () => give(developer, 'viewer'));
    const named = { user: viewer.userId, role_fqn: 'org_member' };
    const given = await ask(narrow.client, 'POST', `${organization()}/users/`, { body: named });
    expect(expectStatus(given, 403).text).toContain('vault:write');
  });

  it('by a service account', async () => {
    const make = (role: string): Promise<Reply> =>
      narrow.client.post('/service-accounts', { name: 'A robot', role });
    await expectTooWide(['logs:read'], () => make('auditor'));
    await expectTooWide(['vault:write', 'project:write'], () => make('developer'));
    const { id } = expectStatus(await make('viewer'), 201).data<ServiceAccountAnswer>();
    await expectTooWide(['logs:read'], () =>
      narrow.client.patch(`/service-accounts/${id}`, { role: 'auditor' }),
    );
  });

  it('by a custom role', async () => {
    const make = (...scopes: string[]): Promise<Reply> =>
      narrow.client.post('/roles', { name: `Role ${scopes.join(' ')}`, scopes });
    for (const scope of ['logs:read', 'vault:write', 'project:write', 'settings:modify']) {
      await expectTooWide([scope], () => make('vault:read', scope));
    }
    const { id } = expectStatus(await make('vault:read', 'team:manage'), 201).data<{ id: string }>();
    await expectTooWide(['logs:read'], () =>
      narrow.client.patch(`/roles/${id}`, { scopes: ['vault:read', 'logs:read'] }),
    );
  });

  it('by a team that reaches another vault', async () => {
    const [near, far] = [await teamOf(jane), await teamOf(jane)];
    await grantTo(jane, known, near, 'manager');
    await grantTo(jane, other, far, 'reader');
    const add = ({ id }: { id: string }): Promise<Reply> =>
      narrow.client.post(`/teams/${id}/members`, { memberId: viewer.userId });
    await expectRefused(service, [403], () => add(far));
    expectStatus(await add(near), 201);
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
