import { newUuid, publicId } from '@credvault/database/typed-id.js';
import type { TeamMemberDto } from '../../apps/api/src/teams/team.dto.js';
import type { Reply } from '../support/client.js';
import { vaultOf } from '../support/fixtures.js';
import { apiKeyOf } from '../support/keys.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { grantTo, join, memberWithRole, roleOf, teamOf, type TeamAnswer } from '../support/teams.js';
import type { Wire } from '../support/wire.js';
import { trailOf } from './audit-trail.js';

type Member = Wire<TeamMemberDto>;

let service: TestService;
let owner: Person;
let developer: Person;

beforeAll(async () => {
  service = await startTestService();
});
beforeEach(async () => {
  owner = await signUp(service);
  developer = await memberOf(service, owner, 'developer');
});
afterAll(() => service.stop());

const membersOf = async (team: TeamAnswer, query: Record<string, string> = {}): Promise<Member[]> =>
  expectStatus(await owner.client.get(`/teams/${team.id}/members`, { query }), 200).data<Member[]>();

const add = (by: Person, team: TeamAnswer, memberId: string): Promise<Reply> =>
  by.client.post(`/teams/${team.id}/members`, { memberId });

function detailOf(reply: Reply): { path: string; code: string } | undefined {
  return reply.json<{ error: { details?: { path: string; code: string }[] } }>().error.details?.[0];
}

describe('a team', () => {
  it('is made, shown, changed and deleted, each with its record', async () => {
    const made = expectStatus(await owner.client.post('/teams', { name: 'Payments' }), 201);
    const team = made.data<TeamAnswer>();
    const path = `/teams/${team.id}`;
    expect(team).toMatchObject({ name: 'Payments', description: '', memberCount: 0 });
    await join(owner, team, developer.userId);
    expect((await owner.client.get(path)).data()).toEqual({ ...team, memberCount: 1 });
    const changed = expectStatus(await owner.client.patch(path, { description: 'Charges' }), 200);
    expect(changed.data()).toMatchObject({ name: 'Payments', description: 'Charges', memberCount: 1 });
    const stale = { headers: { 'if-match': made.headers.etag ?? '' } };
    expectStatus(await owner.client.delete(path, stale), 412);
    expectStatus(await owner.client.delete(path), 204);
    for (const reply of [
      await owner.client.get(path),
      await owner.client.patch(path, { name: 'Late' }),
      await owner.client.delete(path),
      await owner.client.get(`${path}/members`),
      await owner.client.post(`${path}/members`, { memberId: developer.userId }),
    ]) {
      expectStatus(reply, 404);
    }
    const types = (await trailOf(owner))
      .filter(
        ({ resource, outcome, type }) =>
          resource?.ids.includes(team.id) === true && outcome === 'success' && !type.endsWith('viewed'),
      )
      .map(({ type }) => type);
    expect(types).toEqual(['team.created', 'team_member.added', 'team.updated', 'team.deleted']);
  });

  it('has a name of its own in the organization, in any case', async () => {
    const team = await teamOf(owner);
    const other = await teamOf(owner);
    const name = team.name.toUpperCase();
    for (const reply of [
      await owner.client.post('/teams', { name }),
      await owner.client.patch(`/teams/${other.id}`, { name }),
    ]) {
      expect(detailOf(expectStatus(reply, 409))).toMatchObject({ path: 'name', code: 'taken' });
    }
    expectStatus(await owner.client.patch(`/teams/${team.id}`, { name }), 200);
    const stranger = await signUp(service);
    expectStatus(await stranger.client.post('/teams', { name }), 201);
  });

  it('is listed, searched and sorted among those of its organization alone', async () => {
    const names = ['Beta', 'alpha', 'Gamma'];
    for (const name of names) expectStatus(await owner.client.post('/teams', { name }), 201);
    await teamOf(await signUp(service));
    const listed = async (query: Record<string, string>): Promise<string[]> =>
      (await owner.client.get('/teams', { query })).data<TeamAnswer[]>().map(({ name }) => name);
    expect([...(await listed({}))].sort()).toEqual([...names].sort());
    expect(await listed({ sort: '-createdAt' })).toEqual(['Gamma', 'alpha', 'Beta']);
    expect(await listed({ search: 'ALPH' })).toEqual(['alpha']);
  });

  it('is seen by every member who sees the organization, and changed by none without team:manage', async () => {
    const team = await teamOf(owner, [developer]);
    const path = `/teams/${team.id}`;
    for (const role of ['developer', 'viewer', 'auditor', 'billing']) {
      const { client, userId } = await memberOf(service, owner, role);
      expectStatus(await client.get(path), 200);
      expectStatus(await client.get(`${path}/members`), 200);
      expectStatus(await client.post('/teams', { name: 'Mine' }), 403);
      expectStatus(await client.patch(path, { name: 'Mine' }), 403);
      expectStatus(await client.delete(path), 403);
      expectStatus(await client.post(`${path}/members`, { memberId: userId }), 403);
      expectStatus(await client.delete(`${path}/members/${developer.userId}`), 403);
    }
  });
});

describe('the members of a team', () => {
  it('are added, listed, shown and taken out', async () => {
    const team = await teamOf(owner);
    const added = expectStatus(await add(owner, team, developer.userId), 201);
    const member = added.data<Member>();
    expect(member).toMatchObject({ id: developer.userId, type: 'user', name: developer.name });
    const viewer = await memberOf(service, owner, 'viewer');
    await join(owner, team, viewer.userId);
    expect(await membersOf(team, { sort: 'createdAt' })).toEqual([
      member,
      expect.objectContaining({ id: viewer.userId }),
    ]);
    expect((await membersOf(team, { search: 'A VIEW' })).map(({ id }) => id)).toEqual([viewer.userId]);
    expect(await membersOf(team, { type: 'service_account' })).toEqual([]);
    expect(await membersOf(team, { type: 'user' })).toHaveLength(2);
    const path = `/teams/${team.id}/members/${developer.userId}`;
    expect((await owner.client.get(path)).data()).toEqual(member);
    expectStatus(await owner.client.delete(path), 204);
    expectStatus(await owner.client.delete(path), 404);
    expectStatus(await owner.client.get(path), 404);
    expect((await membersOf(team)).map(({ id }) => id)).toEqual([viewer.userId]);
  });

  it('are walked through by cursor', async () => {
    const people = await Promise.all(
      ['viewer', 'auditor', 'billing'].map((role) => memberOf(service, owner, role)),
    );
    const team = await teamOf(owner, people);
    for (const sort of ['name', '-createdAt']) {
      const walked: string[] = [];
      let query: Record<string, string> = { limit: '2', sort };
      for (;;) {
        const reply = await owner.client.get(`/teams/${team.id}/members`, { query });
        const { data, pagination } = expectStatus(reply, 200).json<{
          data: Member[];
          pagination: { nextCursor: string | null };
        }>();
        walked.push(...data.map(({ id }) => id));
        if (pagination.nextCursor === null) break;
        query = { limit: '2', sort, cursor: pagination.nextCursor };
      }
      expect([...walked].sort()).toEqual(people.map(({ userId }) => userId).sort());
    }
  });

  it('belong to it once: twice is 409, also at once', async () => {
    const team = await teamOf(owner);
    const replies = await Promise.all(Array.from({ length: 6 }, () => add(owner, team, developer.userId)));
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
    expect(detailOf(await add(owner, team, developer.userId))?.code).toBe('already_in_team');
  });

  it.each([
    [
      'another team: teams do not nest',
      async (): Promise<string> => (await teamOf(owner)).id,
      'teams_do_not_nest',
    ],
    ['somebody of another organization', async () => (await signUp(service)).userId, 'unknown_member'],
    ['somebody unknown', () => publicId('user', newUuid()), 'unknown_member'],
    ['a person as a service account', () => developer.userId.replace('usr_', 'svc_'), 'unknown_member'],
    ['nonsense', () => "' OR 1=1", 'unknown_member'],
  ])('cannot be %s: 400', async (_what, memberId, code) => {
    const team = await teamOf(owner);
    const reply = await add(owner, team, await memberId());
    expect(detailOf(expectStatus(reply, 400))).toMatchObject({ path: 'memberId', code });
  });

  it('cannot be the team itself', async () => {
    const team = await teamOf(owner);
    expect(detailOf(expectStatus(await add(owner, team, team.id), 400))?.code).toBe('teams_do_not_nest');
  });

  it('of another organization’s team are answered as unknown', async () => {
    const team = await teamOf(owner, [developer]);
    const { client, userId } = await signUp(service);
    const path = `/teams/${team.id}/members`;
    expectStatus(await client.get(path), 404);
    expectStatus(await client.post(path, { memberId: userId }), 404);
    expectStatus(await client.get(`${path}/${developer.userId}`), 404);
    expectStatus(await client.delete(`${path}/${developer.userId}`), 404);
    expect(await membersOf(team)).toHaveLength(1);
  });

  it('who are named wrongly in a path are not found', async () => {
    const team = await teamOf(owner, [developer]);
    for (const id of [developer.userId.replace('usr_', 'svc_'), owner.userId, team.id, 'nonsense', 'a%00b']) {
      const path = `/teams/${team.id}/members/${id}`;
      const undocumented = { undocumented: true } as const;
      expectStatus(await owner.client.delete(path, undocumented), 404);
      expectStatus(await owner.client.get(path, undocumented), 404);
    }
  });
});

describe('nobody hands out by a team what they do not reach', () => {
  let manager: Person;
  beforeEach(async () => {
    const scopes = ['team:manage', 'organization:read', 'vault:read', 'secret:read'] as const;
    manager = await memberWithRole(service, owner, await roleOf(owner, { scopes: [...scopes] }));
  });

  it('not to themselves and not to others', async () => {
    const vault = await vaultOf(owner);
    const team = await teamOf(owner);
    expectStatus(await add(manager, team, developer.userId), 201);
    await grantTo(owner, vault.id, team, 'reader');
    const viewer = await memberOf(service, owner, 'viewer');
    for (const { userId } of [manager, viewer]) {
      expect(detailOf(expectStatus(await add(manager, team, userId), 403))?.path).toBe('vaultIds');
    }
    await grantTo(owner, vault.id, manager, 'reader');
    expectStatus(await add(manager, team, viewer.userId), 201);
    // Taking somebody out is free.
    expectStatus(await manager.client.delete(`/teams/${team.id}/members/${viewer.userId}`), 204);
  });

  it('nor further than they do', async () => {
    const vault = await vaultOf(owner);
    const team = await teamOf(owner);
    await grantTo(owner, vault.id, team, 'editor');
    await grantTo(owner, vault.id, manager, 'reader');
    expectStatus(await add(manager, team, developer.userId), 403);
  });

  it('nor by a key that is narrowed, that ends, or that lacks what the team can do', async () => {
    const [vault, other] = [await vaultOf(owner), await vaultOf(owner)];
    const team = await teamOf(owner);
    await grantTo(owner, vault.id, team, 'editor');
    const ask = async (fields: object): Promise<Reply> =>
      (await apiKeyOf(owner, fields)).client.post(`/teams/${team.id}/members`, {
        memberId: developer.userId,
      });
    expectStatus(await ask({ vaultIds: [other.id] }), 403);
    expectStatus(await ask({ expiresIn: '30d' }), 403);
    expectStatus(await ask({ scopes: ['team:manage', 'vault:read', 'secret:read'] }), 403);
    expectStatus(await ask({ vaultIds: [vault.id] }), 201);
  });
});
