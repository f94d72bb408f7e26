import type { MemberDto } from '../../apps/api/src/members/member.dto.js';
import type { Reply } from '../support/client.js';
import { vaultOf } from '../support/fixtures.js';
import { apiKeyOf } from '../support/keys.js';
import { organizationOf } from '../support/organizations.js';
import { expectStatus, joinAs, memberOf, newEmail, type Person, signUp } from '../support/people.js';
import { serviceAccountOf } from '../support/service-accounts.js';
import { startTestService, type TestService } from '../support/service.js';
import { grantTo } from '../support/teams.js';
import type { Wire } from '../support/wire.js';
import { trailOf } from './audit-trail.js';

type MemberAnswer = Wire<MemberDto>;

let service: TestService;
let owner: Person;
let path: string;

beforeAll(async () => {
  service = await startTestService();
});
beforeEach(async () => {
  owner = await signUp(service, 'Olivia Owner');
  path = `/organizations/${owner.organizationId}/members`;
});
afterAll(() => service.stop());

const at = ({ userId }: Pick<Person, 'userId'>): string => `${path}/${userId}`;
const details = (reply: Reply): { path: string; code: string; message: string }[] =>
  reply.json<{ error: { details: { path: string; code: string; message: string }[] } }>().error.details;

function changeRole(by: Person, whom: Person, role: string): Promise<Reply> {
  return by.sessionClient.patch(at(whom), { role });
}

async function list(query: Record<string, string | number> = {}): Promise<MemberAnswer[]> {
  return expectStatus(await owner.client.get(path, { query }), 200).data<MemberAnswer[]>();
}

const roleOf = async (person: Person): Promise<string | undefined> =>
  (await list()).find(({ id }) => id === person.userId)?.role;

describe('members', () => {
  it('are people and service accounts, listed, searched, filtered and sorted', async () => {
    const dave = await memberOf(service, owner, 'developer');
    const vera = await memberOf(service, owner, 'viewer');
    const robot = await serviceAccountOf(owner, { name: 'Zed Robot' });
    const ids = async (query: Record<string, string | number>): Promise<string[]> =>
      (await list(query)).map(({ id }) => id);
    expect(await ids({})).toEqual([owner.userId, dave.userId, vera.userId, robot.id]);
    expect(await ids({ search: 'OLIVIA' })).toEqual([owner.userId]);
    expect(await ids({ search: vera.email.toUpperCase() })).toEqual([vera.userId]);
    expect(await ids({ role: 'developer' })).toEqual([dave.userId, robot.id]);
    expect(await ids({ role: 'developer', type: 'user' })).toEqual([dave.userId]);
    expect(await ids({ type: 'service_account' })).toEqual([robot.id]);
    expect((await ids({ sort: '-name' }))[0]).toBe(robot.id);
    expect(await ids({ createdBefore: '2020-01-01T00:00:00Z' })).toEqual([]);
    expectStatus(await owner.client.get(path, { query: { role: 'emperor' } }), 400);
    expectStatus(await owner.client.get(path, { query: { type: 'robot' } }), 400);
    const first = expectStatus(await owner.client.get(path, { query: { limit: 3 } }), 200);
    const { pagination } = first.json<{ pagination: { total: number; nextCursor: string } }>();
    expect(pagination.total).toBe(4);
    expect(await ids({ limit: 3, cursor: pagination.nextCursor })).toEqual([robot.id]);
    const got = expectStatus(await vera.client.get(`${path}/${robot.id}`), 200);
    expect(got.data()).toMatchObject({
      type: 'service_account',
      name: 'Zed Robot',
      email: null,
      role: 'developer',
    });
  });

  it('are shown to members with organization:read only, and of the organization they act in only', async () => {
    const stranger = await signUp(service);
    expectStatus(await stranger.client.get(path), 404);
    expectStatus(await stranger.client.get(at(owner)), 404);
    const theirs = `/organizations/${stranger.organizationId}/members/${owner.userId}`;
    expectStatus(await stranger.client.get(theirs), 404);
    const own = await organizationOf(owner);
    expectStatus(await owner.sessionClient.get(`/organizations/${own.id}/members`), 404);
    const key = await apiKeyOf(owner, { scopes: ['vault:read'] });
    expectStatus(await key.client.get(path), 403);
    // The id of a person with the prefix of a service account names nobody.
    expectStatus(await owner.client.get(at(owner).replace('usr_', 'svc_')), 404);
  });
});

describe('changing a role', () => {
  it('counts at once, in every session and token', async () => {
    const dave = await memberOf(service, owner, 'developer');
    expectStatus(await dave.client.post('/vaults', { name: 'His' }), 201);
    const changed = expectStatus(await changeRole(owner, dave, 'viewer'), 200);
    expect(changed.data()).toMatchObject({ id: dave.userId, role: 'viewer' });
    expectStatus(await dave.client.post('/vaults', { name: 'Another' }), 403);
    expectStatus(await dave.sessionClient.post('/vaults', { name: 'Another' }), 403);
    const seen = expectStatus(await owner.client.get(at(dave)), 200);
    expect(seen.data()).toEqual(changed.data());
    expect(seen.headers.etag).toBe(changed.headers.etag);
    const [record] = await trailOf(owner, { type: 'member.updated' });
    expect(record).toMatchObject({
      resource: { ids: [dave.userId] },
      details: { from: 'developer', to: 'viewer' },
    });
  });

  it('is impossible beyond oneself: no self-promotion, and nobody above oneself is touched', async () => {
    const admin = await memberOf(service, owner, 'admin');
    const other = await memberOf(service, owner, 'admin');
    expect(details(expectStatus(await changeRole(admin, admin, 'owner'), 403))).toMatchObject([
      { code: 'missing_scope', message: 'billing:manage' },
    ]);
    expectStatus(await changeRole(admin, other, 'owner'), 403);
    expect(details(expectStatus(await changeRole(admin, owner, 'viewer'), 403))).toMatchObject([
      { path: 'memberId', code: 'outranks' },
    ]);
    expect(details(expectStatus(await admin.client.delete(at(owner)), 403))[0]?.code).toBe('outranks');
    for (const role of ['developer', 'viewer', 'auditor', 'billing']) {
      const member = await memberOf(service, owner, role);
      expectStatus(await changeRole(member, member, 'admin'), 403);
      expectStatus(await changeRole(member, other, 'viewer'), 403);
      expectStatus(await member.client.delete(at(other)), 403);
    }
    expect(await roleOf(owner)).toBe('owner');
    expectStatus(await changeRole(admin, other, 'developer'), 200);
    expectStatus(await changeRole(admin, admin, 'viewer'), 200);
    expectStatus(await changeRole(admin, admin, 'admin'), 403);
  });

  it('to a custom role takes all that the role gives, and one that reaches all takes reaching all', async () => {
    const scopes = ['organization:read', 'team:manage', 'vault:read', 'secret:read', 'secret:list'];
    const make = async (fields: object): Promise<string> =>
      expectStatus(await owner.client.post('/roles', fields), 201).data<{ id: string }>().id;
    const lead = await make({ name: 'Lead', scopes });
    const far = await make({ name: 'Far', scopes, reachesAllVaults: true });
    const [lena, vera] = [
      await memberOf(service, owner, 'viewer'),
      await memberOf(service, owner, 'billing'),
    ];
    expectStatus(await changeRole(owner, lena, lead), 200);
    expect(
      details(expectStatus(await changeRole(owner, vera, 'rol_01jd3k5m7n8p9q0r1s2t3v4w5x'), 400)),
    ).toMatchObject([{ path: 'role', code: 'unknown_role' }]);
    // A lead cannot demote somebody who pays, whom she cannot replace.
    expectStatus(await changeRole(lena, vera, lead), 403);
    expectStatus(await changeRole(owner, vera, 'viewer'), 200);
    expectStatus(await changeRole(lena, vera, far), 403);
    expectStatus(await changeRole(owner, vera, far), 200);
  });

  it('gives a role only with the vaults in which one could do all of it oneself', async () => {
    const scopes = ['organization:read', 'team:manage', 'vault:read', 'secret:read', 'secret:list'];
    const made = await owner.client.post('/roles', { name: 'Lead', scopes });
    const { id: lead } = expectStatus(made, 201).data<{ id: string }>();
    const quiet = await owner.client.post('/roles', { name: 'Quiet', scopes: ['organization:read'] });
    const { id: little } = expectStatus(quiet, 201).data<{ id: string }>();
    const [lena, paul] = [await memberOf(service, owner, 'viewer'), await memberOf(service, owner, 'viewer')];
    expectStatus(await changeRole(owner, lena, lead), 200);
    expectStatus(await changeRole(owner, paul, little), 200);
    const vault = await vaultOf(owner);
    await grantTo(owner, vault.id, paul, 'reader');
    expect(details(expectStatus(await changeRole(lena, paul, lead), 403))).toMatchObject([
      { path: 'vaultIds' },
    ]);
    await grantTo(owner, vault.id, lena, 'reader');
    expectStatus(await changeRole(lena, paul, lead), 200);
  });

  it('of the last owner is 409; with two, one may step down', async () => {
    const refused = expectStatus(await changeRole(owner, owner, 'admin'), 409);
    expect(details(refused)).toMatchObject([{ path: 'role', code: 'last_owner' }]);
    expectStatus(await changeRole(owner, owner, 'owner'), 200);
    const second = await memberOf(service, owner, 'admin');
    expectStatus(await changeRole(owner, second, 'owner'), 200);
    expectStatus(await changeRole(owner, owner, 'admin'), 200);
    expectStatus(await changeRole(second, second, 'viewer'), 409);
  });

  it('of a service account is 409 and says where', async () => {
    const robot = await serviceAccountOf(owner);
    for (const refused of [
      await owner.client.patch(`${path}/${robot.id}`, { role: 'viewer' }),
      await owner.client.delete(`${path}/${robot.id}`),
    ]) {
      expect(details(expectStatus(refused, 409))).toMatchObject([
        { code: 'service_account', message: `/service-accounts/${robot.id}` },
      ]);
    }
  });

  it('honours If-Match', async () => {
    const dave = await memberOf(service, owner, 'developer');
    const { etag = '' } = (await owner.client.get(at(dave))).headers;
    const change = (role: string): Promise<Reply> =>
      owner.client.patch(at(dave), { role }, { headers: { 'if-match': etag } });
    expectStatus(await change('viewer'), 200);
    expectStatus(await change('auditor'), 412);
    expectStatus(await owner.client.delete(at(dave), { headers: { 'if-match': etag } }), 412);
    expect(await roleOf(dave)).toBe('viewer');
  });
});

describe('removing a member', () => {
  it('ends their session, refresh token, personal token and grants at once, in this organization only', async () => {
    const dave = await joinAs(service, owner, 'developer');
    const other = await organizationOf(dave, 'His own');
    const vault = await vaultOf(owner);
    await grantTo(owner, vault.id, dave);
    expectStatus(await dave.client.get(`/vaults/${vault.id}`), 200);
    expectStatus(await owner.client.delete(at(dave)), 204);
    for (const client of [dave.client, dave.sessionClient]) expectStatus(await client.get('/me'), 401);
    const { refreshToken } = dave;
    expectStatus(await dave.client.post('/auth/refresh', { refreshToken }, { token: null }), 401);
    expectStatus(await owner.client.get(at(dave)), 404);
    expectStatus(await owner.client.delete(at(dave)), 404);
    const grants = expectStatus(await owner.client.get(`/vaults/${vault.id}/grants`), 200);
    expect(grants.data<unknown[]>()).toEqual([]);
    const [record] = await trailOf(owner, { type: 'member.removed' });
    expect(record).toMatchObject({ resource: { ids: [dave.userId] }, details: { keys: 0 } });
    // Whoever has another organization signs in there.
    const { email, password } = dave;
    const again = await dave.client.post('/auth/login', { email, password }, { token: null });
    const { accessToken } = expectStatus(again, 200).data<{ accessToken: string }>();
    const mine = await dave.client.get('/organizations', { token: accessToken });
    expect(mine.data<{ id: string }[]>().map(({ id }) => id)).toEqual([other.id]);
  });

  it('leaves somebody without any organization unable to sign in, and able to be invited again', async () => {
    const dave = await joinAs(service, owner, 'developer');
    expectStatus(await owner.client.delete(at(dave)), 204);
    const { email, password } = dave;
    expectStatus(await dave.client.post('/auth/login', { email, password }, { token: null }), 401);
    const body = { email, role: 'viewer' };
    const invited = await owner.client.post(`/organizations/${owner.organizationId}/invitations`, body);
    const { token } = expectStatus(invited, 201).data<{ token: string }>();
    const visitor = dave.client;
    expectStatus(await visitor.post('/invitations/accept', { token, password }, { token: null }), 200);
    expect(await roleOf(dave)).toBe('viewer');
    // What died stays dead.
    expectStatus(await dave.client.get('/me'), 401);
  });

  it('lets people leave by session, but not the last owner', async () => {
    const vera = await memberOf(service, owner, 'viewer');
    expect(details(expectStatus(await vera.client.delete(at(vera)), 403))[0]?.code).toBe('session_required');
    expectStatus(await vera.sessionClient.delete(at(vera)), 204);
    expectStatus(await vera.sessionClient.get('/me'), 401);
    expect((await trailOf(owner, { type: 'member.left' }))[0]?.actor.id).toBe(vera.userId);
    expectStatus(await owner.sessionClient.delete(at(owner)), 409);
    expect(await roleOf(owner)).toBe('owner');
  });

  it('who owns API keys is 409 with their names, until the request says what becomes of them', async () => {
    const dave = await memberOf(service, owner, 'developer');
    const [one, two] = [await apiKeyOf(dave, { name: 'One' }), await apiKeyOf(dave, { name: 'Two' })];
    const refused = expectStatus(await owner.client.delete(at(dave)), 409);
    expect(details(refused).map(({ path: named }) => named)).toEqual(['keys', one.id, two.id]);
    expect(details(refused)[1]?.message).toContain('One');
    expect(refused.text).not.toContain(one.key);
    expectStatus(await dave.client.get('/me'), 200);
    expectStatus(await owner.client.delete(at(dave), { query: { keys: 'revoke' } }), 204);
    for (const { client } of [one, two]) expectStatus(await client.get('/vaults'), 401);
    const [record] = await trailOf(owner, { type: 'member.removed' });
    expect(record?.details).toEqual({ keys: 2, fate: 'revoke' });
  });

  it('shows the keys in that 409 only to whoever may read keys', async () => {
    const scopes = ['organization:read', 'team:manage'];
    const made = await owner.client.post('/roles', { name: 'People', scopes });
    const { id: role } = expectStatus(made, 201).data<{ id: string }>();
    const [hanna, dave] = [
      await memberOf(service, owner, 'viewer'),
      await memberOf(service, owner, 'developer'),
    ];
    await apiKeyOf(dave, { name: 'Secret project' });
    expectStatus(await changeRole(owner, dave, role), 200);
    expectStatus(await changeRole(owner, hanna, role), 200);
    const refused = expectStatus(await hanna.client.delete(at(dave)), 409);
    expect(details(refused)).toMatchObject([{ path: 'keys', message: '1' }]);
    expect(refused.text).not.toContain('Secret project');
  });

  it('hands keys over to a service account, which keeps them working', async () => {
    const dave = await memberOf(service, owner, 'developer');
    const vault = await vaultOf(owner);
    await grantTo(owner, vault.id, dave, 'editor');
    const key = await apiKeyOf(dave, { scopes: ['vault:read'], vaultIds: [vault.id] });
    const robot = await serviceAccountOf(owner);
    await grantTo(owner, vault.id, { userId: robot.id }, 'reader');
    const query = { keys: 'transfer', to: robot.id };
    expectStatus(await owner.client.delete(at(dave), { query }), 204);
    expectStatus(await key.client.get(`/vaults/${vault.id}`), 200);
    expectStatus(await dave.client.get('/me'), 401);
  });

  it.each([
    { keys: 'keep' },
    { to: 'svc_01jd3k5m7n8p9q0r1s2t3v4w5x' },
    { keys: 'revoke', to: 'svc_01jd3k5m7n8p9q0r1s2t3v4w5x' },
    { keys: 'transfer' },
    { keys: 'transfer', to: 'svc_01jd3k5m7n8p9q0r1s2t3v4w5x' },
    { keys: 'transfer', to: 'usr_01jd3k5m7n8p9q0r1s2t3v4w5x' },
    { keys: 'transfer', to: newEmail() },
  ])('refuses %j, and nobody is removed', async (query) => {
    const dave = await memberOf(service, owner, 'developer');
    await apiKeyOf(dave);
    expectStatus(await owner.client.delete(at(dave), { query: query as Record<string, string> }), 400);
    expectStatus(await dave.client.get('/me'), 200);
  });
});
