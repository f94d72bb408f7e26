import { randomUUID } from 'node:crypto';
import { newUuid, publicId } from '@credvault/database/typed-id.js';
import type { Reply } from '../support/client.js';
import { vaultOf, type VaultAnswer } from '../support/fixtures.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { askToGrant, grantTo, teamOf, type GrantAnswer } from '../support/teams.js';
import { trailOf } from './audit-trail.js';

let service: TestService;
let owner: Person;
let developer: Person;
let granted: VaultAnswer;

beforeAll(async () => {
  service = await startTestService();
  owner = await signUp(service, 'Olga Owner');
});
beforeEach(async () => {
  developer = await memberOf(service, owner, 'developer');
  granted = await vaultOf(owner, { name: 'Granted' });
});
afterAll(() => service.stop());

/** `details[0]` of an error answer. */
function detailOf(reply: Reply): { path: string; code: string; message: string } | undefined {
  return reply.json<{ error: { details?: { path: string; code: string; message: string }[] } }>().error
    .details?.[0];
}

describe('a grant', () => {
  it('is made, shown, listed, changed and taken back, each with its record', async () => {
    const made = expectStatus(await askToGrant(owner, granted.id, developer, 'reader'), 201);
    const grant = made.data<GrantAnswer>();
    const path = `/vaults/${granted.id}/grants/${grant.id}`;
    expect(grant).toMatchObject({
      vaultId: granted.id,
      level: 'reader',
      grantee: { id: developer.userId, type: 'user', name: developer.name },
    });
    expect((await owner.client.get(path)).data()).toEqual(grant);
    const team = await teamOf(owner);
    const ofTeam = await grantTo(owner, granted.id, team, 'manager');
    const listed = async (query: Record<string, string>): Promise<string[]> =>
      expectStatus(await owner.client.get(`/vaults/${granted.id}/grants`, { query }), 200)
        .data<GrantAnswer[]>()
        .map(({ id }) => id);
    expect(await listed({})).toEqual([grant.id, ofTeam.id]);
    expect(await listed({ sort: '-level' })).toEqual([ofTeam.id, grant.id]);
    expect(await listed({ level: 'manager' })).toEqual([ofTeam.id]);
    expect(await listed({ search: team.name.toUpperCase() })).toEqual([ofTeam.id]);
    const changed = expectStatus(await owner.client.patch(path, { level: 'editor' }), 200);
    expect(changed.data<GrantAnswer>().level).toBe('editor');
    expect(changed.headers.etag).not.toBe(made.headers.etag);
    const stale = { headers: { 'if-match': made.headers.etag ?? '' } };
    expectStatus(await owner.client.delete(path, stale), 412);
    expectStatus(await owner.client.delete(path), 204);
    expectStatus(await owner.client.delete(path), 404);
    const types = (await trailOf(owner, { resource: grant.id }))
      .filter(({ outcome }) => outcome === 'success')
      .map(({ type }) => type);
    expect(types).toEqual(['grant.created', 'grant.viewed', 'grant.updated', 'grant.deleted']);
  });

  it('walks through its list by cursor, in each order', async () => {
    const people = [developer, ...(await Promise.all([1, 2].map(() => memberOf(service, owner, 'viewer'))))];
    const made: string[] = [];
    for (const person of people) made.push((await grantTo(owner, granted.id, person)).id);
    for (const sort of ['createdAt', '-createdAt', 'name', 'level', 'updatedAt']) {
      const walked: string[] = [];
      let query: Record<string, string> = { limit: '1', sort };
      for (;;) {
        const page = await owner.client.get(`/vaults/${granted.id}/grants`, { query });
        const { data, pagination } = expectStatus(page, 200).json<{
          data: GrantAnswer[];
          pagination: { nextCursor: string | null; total: number };
        }>();
        expect(pagination.total).toBe(people.length);
        walked.push(...data.map(({ id }) => id));
        if (pagination.nextCursor === null) break;
        query = { limit: '1', sort, cursor: pagination.nextCursor };
      }
      expect([...walked].sort()).toEqual([...made].sort());
    }
  });

  it('to the same member or team twice is 409 and names the first one', async () => {
    const team = await teamOf(owner);
    for (const [grantee, path] of [
      [developer, 'memberId'],
      [team, 'teamId'],
    ] as const) {
      const first = await grantTo(owner, granted.id, grantee, 'reader');
      const second = expectStatus(await askToGrant(owner, granted.id, grantee, 'manager'), 409);
      expect(detailOf(second)).toEqual({ path, code: 'granted_already', message: first.id });
    }
  });

  it('asked for twice at once is made once', async () => {
    const asked = await Promise.all(
      Array.from({ length: 8 }, () => askToGrant(owner, granted.id, developer, 'reader')),
    );
    expect(asked.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 7 }, () => 409)]);
  });

  it('is repeated by its Idempotency-Key', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = { memberId: developer.userId, level: 'reader' };
    const ask = (): Promise<Reply> => owner.client.post(`/vaults/${granted.id}/grants`, body, { headers });
    const [first, again] = [await ask(), await ask()];
    expect(again.status).toBe(201);
    expect(again.data()).toEqual(first.data());
  });

  it.each([
    ['nobody', {}, 'memberId', 'exactly_one'],
    ['two at once', { memberId: 'usr_x', teamId: 'tea_x' }, 'teamId', 'exactly_one'],
    ['an unknown member', { memberId: publicId('user', newUuid()) }, 'memberId', 'unknown_member'],
    [
      'an unknown service account',
      { memberId: publicId('serviceAccount', newUuid()) },
      'memberId',
      'unknown_member',
    ],
    ['a team as a member', { memberId: publicId('team', newUuid()) }, 'memberId', 'unknown_member'],
    ['an unknown team', { teamId: publicId('team', newUuid()) }, 'teamId', 'unknown_team'],
    ['a member as a team', { teamId: publicId('user', newUuid()) }, 'teamId', 'unknown_team'],
    ['nonsense', { memberId: "' OR 1=1" }, 'memberId', 'unknown_member'],
  ])('to %s is 400', async (_whom, grantee, path, code) => {
    const reply = await owner.client.post(`/vaults/${granted.id}/grants`, { ...grantee, level: 'reader' });
    expect(detailOf(expectStatus(reply, 400))).toMatchObject({ path, code });
  });

  it('takes no level but the three', async () => {
    for (const level of ['owner', 'READER', '', 3, null]) {
      const body = { memberId: developer.userId, level };
      expectStatus(await owner.client.post(`/vaults/${granted.id}/grants`, body), 400);
    }
  });

  it('of a person named as a service account, or the other way round, is 400', async () => {
    const memberId = developer.userId.replace('usr_', 'svc_');
    const reply = await owner.client.post(`/vaults/${granted.id}/grants`, { memberId, level: 'reader' });
    expect(detailOf(expectStatus(reply, 400))?.code).toBe('unknown_member');
  });

  it('goes with the member, the team and the vault', async () => {
    const team = await teamOf(owner, [developer]);
    await grantTo(owner, granted.id, developer);
    await grantTo(owner, granted.id, team);
    expectStatus(await owner.client.delete(`/teams/${team.id}`), 204);
    const left = await owner.client.get(`/vaults/${granted.id}/grants`);
    expect(left.data<GrantAnswer[]>().map(({ grantee }) => grantee.id)).toEqual([developer.userId]);
    expectStatus(await owner.client.delete(`/vaults/${granted.id}`), 204);
    expect((await developer.client.get('/vaults')).data()).toEqual([]);
    expectStatus(await owner.client.get(`/vaults/${granted.id}/grants`), 404);
  });
});
