import { uuidOf } from '@credvault/database/typed-id.js';
import type { Reply } from '../support/client.js';
import { vaultOf } from '../support/fixtures.js';
import { untilWaiting } from '../support/locks.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { keepFor, withdraw } from '../support/recovery.js';
import { rounds } from '../support/rounds.js';
import { asMember, serviceAccountOf } from '../support/service-accounts.js';
import { startTestService, type TestService } from '../support/service.js';
import { type GrantAnswer, grantTo, memberWithRole, roleOf, teamOf } from '../support/teams.js';

let service: TestService;
let owner: Person;

beforeAll(async () => {
  service = await startTestService();
});
beforeEach(async () => {
  owner = await signUp(service, 'Olivia Owner');
});
afterAll(() => service.stop());

const changeRole = ({ userId }: Person, role: string): Promise<Reply> =>
  owner.client.patch(`/organizations/${owner.organizationId}/members/${userId}`, { role });

describe('a demotion', () => {
  it('takes the vaults that somebody who reached all of them had granted themselves', async () => {
    const admin = await memberOf(service, owner, 'admin');
    const vaultId = (await vaultOf(owner)).id;
    await grantTo(admin, vaultId, admin, 'manager');
    expectStatus(await changeRole(admin, 'developer'), 200);
    expectStatus(await admin.client.get(`/vaults/${vaultId}`), 404);
    const rows = await service.database.rows<{ details: unknown }>(
      `SELECT details FROM audit_events WHERE type = 'member.updated' AND resource_id = $1`,
      [uuidOf('user', admin.userId)],
    );
    expect(rows).toEqual([{ details: { from: 'admin', to: 'developer', grants: 1 } }]);
  });

  it('takes those of a custom role that is narrowed to what is granted, and of a service account', async () => {
    const far = await roleOf(owner, { scopes: ['vault:read'], reachesAllVaults: true });
    const member = await memberWithRole(service, owner, far);
    const robot = await serviceAccountOf(owner, { role: 'admin' });
    const vaultId = (await vaultOf(owner)).id;
    const other = await memberOf(service, owner, 'developer');
    for (const grantee of [member, asMember(robot), other]) await grantTo(owner, vaultId, grantee);
    expectStatus(await owner.client.patch(`/roles/${far.id}`, { reachesAllVaults: false }), 200);
    expectStatus(await owner.client.patch(`/service-accounts/${robot.id}`, { role: 'developer' }), 200);
    expectStatus(await member.client.get(`/vaults/${vaultId}`), 404);
    const left = expectStatus(await owner.client.get(`/vaults/${vaultId}/grants`), 200);
    expect(left.data<GrantAnswer[]>().map(({ grantee }) => grantee.id)).toEqual([other.userId]);
    const rows = await service.database.rows<{ details: unknown }>(
      `SELECT details FROM audit_events WHERE resource_id = ANY($1) AND type LIKE '%.updated' ORDER BY occurred_at`,
      [[uuidOf('role', far.id), uuidOf('serviceAccount', robot.id)]],
    );
    expect(rows.map(({ details }) => details)).toEqual([
      { fields: ['reachesAllVaults'], grants: 1 },
      { fields: ['role'], grants: 1 },
    ]);
  });

  it('takes also what would come back with a vault that is deleted at that moment', async () => {
    const far = await roleOf(owner, { scopes: ['*'], reachesAllVaults: true });
    const admin = await memberOf(service, owner, 'admin');
    const member = await memberWithRole(service, owner, far);
    const robot = await serviceAccountOf(owner, { role: 'admin' });
    await keepFor(owner, 30);
    const vaultIds: string[] = [];
    for (const person of [admin, member]) {
      const vaultId = (await vaultOf(owner)).id;
      for (const grantee of [person, asMember(robot)]) await grantTo(person, vaultId, grantee, 'manager');
      expectStatus(await person.client.delete(`/vaults/${vaultId}`), 204);
      vaultIds.push(vaultId);
    }
    expectStatus(await changeRole(admin, 'developer'), 200);
    expectStatus(await owner.client.patch(`/roles/${far.id}`, { reachesAllVaults: false }), 200);
    expectStatus(await owner.client.patch(`/service-accounts/${robot.id}`, { role: 'developer' }), 200);
    for (const person of [admin, member]) {
      for (const id of vaultIds) expectStatus(await person.client.post(`/deleted-vaults/${id}/restore`), 404);
      expect(expectStatus(await person.client.get('/deleted-vaults'), 200).data()).toEqual([]);
    }
    for (const id of vaultIds) {
      expectStatus(await owner.client.post(`/deleted-vaults/${id}/restore`), 200);
      expect(expectStatus(await owner.client.get(`/vaults/${id}/grants`), 200).data()).toEqual([]);
    }
  });

  /** Ways to take the far reach from somebody who may do everything. */
  const demotions: [string, () => Promise<{ person: Person; demote: () => Promise<Reply> }>][] = [
    [
      'a role of their own',
      async () => {
        const person = await memberOf(service, owner, 'admin');
        return { person, demote: () => changeRole(person, 'developer') };
      },
    ],
    [
      'a narrower custom role',
      async () => {
        const { id } = await roleOf(owner, { scopes: ['*'], reachesAllVaults: true });
        const person = await memberWithRole(service, owner, { id });
        return { person, demote: () => owner.client.patch(`/roles/${id}`, { reachesAllVaults: false }) };
      },
    ],
  ];

  it.each(demotions)(
    'by %s takes also what they grant themselves at the same moment: a race',
    async (_by, prepare) => {
      for (let round = 0; round < rounds; round++) {
        const { person, demote } = await prepare();
        const vaultIds = [(await vaultOf(owner)).id, (await vaultOf(owner)).id];
        const body = { memberId: person.userId, level: 'manager' };
        const [demoted] = await Promise.all([
          demote(),
          ...vaultIds.map((id) => person.client.post(`/vaults/${id}/grants`, body)),
        ]);
        expectStatus(demoted, 200);
        for (const id of vaultIds) expectStatus(await person.client.get(`/vaults/${id}`), 404);
      }
    },
  );

  /**
   * What a request is answered that waits for a row while something else happens.
   *
   * @param hold the statement that locks the row, and the id in it
   * @param waits part of the statement that waits for it
   */
  async function answerAfter(
    [hold, id]: [string, string | undefined],
    { ask, waits, meanwhile }: { ask: () => Promise<Reply>; waits: string; meanwhile: () => Promise<Reply> },
  ): Promise<Reply | undefined> {
    let answer: Promise<Reply> | undefined;
    await service.database.transaction(async (transaction) => {
      await transaction.rows(hold, [id]);
      answer = ask();
      await untilWaiting(service, waits);
      expectStatus(await meanwhile(), 200);
    });
    return answer;
  }

  it('counts for a grant that is raised and for a place in a team that is given at the same moment', async () => {
    const other = await memberOf(service, owner, 'viewer');
    const vaultId = (await vaultOf(owner)).id;
    const grant = await grantTo(owner, vaultId, other);
    const raiser = await memberOf(service, owner, 'admin');
    const raised = await answerAfter(
      ['SELECT 1 FROM grants WHERE id = $1 FOR UPDATE', uuidOf('grant', grant.id)],
      {
        ask: () => raiser.client.patch(`/vaults/${vaultId}/grants/${grant.id}`, { level: 'manager' }),
        waits: 'FROM grants',
        meanwhile: () => changeRole(raiser, 'developer'),
      },
    );
    expect(raised?.status).toBe(404);
    const team = await teamOf(owner);
    const adder = await memberOf(service, owner, 'admin');
    const added = await answerAfter(
      ['SELECT 1 FROM memberships WHERE user_id = $1 FOR UPDATE', uuidOf('user', other.userId)],
      {
        ask: () => adder.client.post(`/teams/${team.id}/members`, { memberId: other.userId }),
        waits: 'FROM memberships',
        meanwhile: () => changeRole(adder, 'developer'),
      },
    );
    expect(added?.status).toBe(403);
  });

  it('that is under way while a vault is restored takes what comes back', async () => {
    const admin = await memberOf(service, owner, 'admin');
    const vaultId = (await vaultOf(owner)).id;
    await grantTo(owner, vaultId, admin, 'manager');
    await withdraw(owner, `/vaults/${vaultId}`);
    const adminId = uuidOf('user', admin.userId);
    let restored: Promise<Reply> | undefined;
    await service.database.transaction(async (transaction) => {
      await transaction.rows('SELECT 1 FROM memberships WHERE user_id = $1 FOR UPDATE', [adminId]);
      restored = owner.client.post(`/deleted-vaults/${vaultId}/restore`);
      await untilWaiting(service, 'deleted_vault_grants');
      await transaction.rows('DELETE FROM deleted_vault_grants WHERE user_id = $1', [adminId]);
    });
    expectStatus((await restored) as Reply, 200);
    expect(expectStatus(await owner.client.get(`/vaults/${vaultId}/grants`), 200).data()).toEqual([]);
  });

  it('that is a removal takes what would come back, too', async () => {
    const developer = await memberOf(service, owner, 'developer');
    const vaultId = (await vaultOf(owner)).id;
    await grantTo(owner, vaultId, developer, 'manager');
    await withdraw(owner, `/vaults/${vaultId}`);
    const member = `/organizations/${owner.organizationId}/members/${developer.userId}`;
    expectStatus(await owner.client.delete(member), 204);
    const left = await service.database.rows(`SELECT 1 FROM deleted_vault_grants WHERE vault_id = $1`, [
      uuidOf('vault', vaultId),
    ]);
    expect(left).toEqual([]);
  });

  it('leaves the grants of somebody who reached only those', async () => {
    const developer = await memberOf(service, owner, 'developer');
    const vaultId = (await vaultOf(owner)).id;
    await grantTo(owner, vaultId, developer, 'manager');
    expectStatus(await changeRole(developer, 'viewer'), 200);
    expectStatus(await developer.client.get(`/vaults/${vaultId}`), 200);
  });
});
