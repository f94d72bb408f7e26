import { uuidOf } from '@credvault/database/typed-id.js';
import type { Reply } from '../support/client.js';
import { vaultOf } from '../support/fixtures.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { asMember, serviceAccountOf } from '../support/service-accounts.js';
import { startTestService, type TestService } from '../support/service.js';
import { type GrantAnswer, grantTo, memberWithRole, roleOf } from '../support/teams.js';

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
    'by %s takes also what they grant themselves at the same moment',
    async (_by, prepare) => {
      for (let round = 0; round < 12; round++) {
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

  it('leaves the grants of somebody who reached only those', async () => {
    const developer = await memberOf(service, owner, 'developer');
    const vaultId = (await vaultOf(owner)).id;
    await grantTo(owner, vaultId, developer, 'manager');
    expectStatus(await changeRole(developer, 'viewer'), 200);
    expectStatus(await developer.client.get(`/vaults/${vaultId}`), 200);
  });
});
