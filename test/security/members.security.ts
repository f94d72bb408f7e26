import {
  codeOf,
  enrol,
  type EnrolledPerson,
  forgetUsedCodes,
  refusalOf,
  wrongCode,
} from '../e2e/mfa-people.js';
import { trailOf } from '../e2e/audit-trail.js';
import { Client, type Reply } from '../support/client.js';
import { vaultOf } from '../support/fixtures.js';
import { apiKeyOf } from '../support/keys.js';
import {
  expectStatus,
  invite,
  memberOf,
  newAddress,
  newEmail,
  type Person,
  signUp,
} from '../support/people.js';
import { rounds } from '../support/rounds.js';
import { asMember, serviceAccountOf } from '../support/service-accounts.js';
import { startTestService, type TestService } from '../support/service.js';
import { grantTo, memberWithRole, roleOf } from '../support/teams.js';

let service: TestService;
let owner: Person;
let place: string;

beforeAll(async () => {
  service = await startTestService();
});
beforeEach(async () => {
  owner = await signUp(service, 'Olivia Owner');
  place = `/organizations/${owner.organizationId}`;
});
afterAll(() => service.stop());

const changeRole = (
  by: Pick<Person, 'client'>,
  { userId }: Pick<Person, 'userId'>,
  role: string,
): Promise<Reply> => by.client.patch(`${place}/members/${userId}`, { role });

function accept(token: string, fields: Record<string, string>): Promise<Reply> {
  return new Client(service, { address: newAddress() }).post('/invitations/accept', { token, ...fields });
}

describe('whoever leaves', () => {
  it('does not decide alone that a key whose secret they know goes on', async () => {
    const robot = await serviceAccountOf(owner);
    const vaultId = (await vaultOf(owner)).id;
    const leaver = await memberOf(service, owner, 'developer');
    await grantTo(owner, vaultId, leaver);
    await grantTo(owner, vaultId, asMember(robot));
    const key = await apiKeyOf(leaver, { scopes: ['vault:read'], vaultIds: [vaultId] });
    const leave = (query: Record<string, string>): Promise<Reply> =>
      leaver.sessionClient.delete(`${place}/members/${leaver.userId}`, { query });
    const refused = expectStatus(await leave({ keys: 'transfer', to: robot.id }), 403);
    expect(refused.text).toContain('team:manage');
    expectStatus(await key.client.get(`/vaults/${vaultId}`), 200);
    expectStatus(await leave({ keys: 'revoke' }), 204);
    expectStatus(await key.client.get(`/vaults/${vaultId}`), 401);
  });
});

describe('an owner is made by an owner, in person', () => {
  let deputy: Person;

  beforeEach(async () => {
    const everything = await roleOf(owner, { scopes: ['*'], reachesAllVaults: true });
    deputy = await memberWithRole(service, owner, everything);
  });

  it('not by whoever has every scope by a custom role', async () => {
    const body = { email: newEmail(), role: 'owner' };
    expect(refusalOf(expectStatus(await changeRole(deputy, deputy, 'owner'), 403))).toBe('owner_needed');
    expect(refusalOf(expectStatus(await deputy.client.post(`${place}/invitations`, body), 403))).toBe(
      'owner_needed',
    );
    expectStatus(await changeRole(owner, deputy, 'owner'), 200);
  });

  it('not by an API key of an owner, which a program has', async () => {
    const key = await apiKeyOf(owner, { scopes: ['*'] });
    const body = { email: newEmail(), role: 'owner' };
    expectStatus(await changeRole(key, deputy, 'owner'), 403);
    expectStatus(await key.client.post(`${place}/invitations`, body), 403);
    expectStatus(await key.client.post(`${place}/invitations`, { ...body, role: 'admin' }), 201);
  });

  it('not by an invitation of somebody who owned the organization once', async () => {
    const former = await memberOf(service, owner, 'owner');
    const [first, second] = [
      await invite(former, { role: 'owner' }),
      await invite(former, { role: 'owner' }),
    ];
    const fields = { password: owner.password, name: 'Eve' };
    expectStatus(await accept(first.token, fields), 200);
    const everything = await roleOf(owner, { scopes: ['*'], reachesAllVaults: true });
    expectStatus(await changeRole(owner, former, everything.id), 200);
    expectStatus(await accept(second.token, fields), 403);
  });
});

describe('a weak manager of the team', () => {
  let weak: Person;

  beforeEach(async () => {
    const role = await roleOf(owner, { scopes: ['team:manage', 'organization:read'] });
    weak = await memberWithRole(service, owner, role);
  });

  it('neither deletes nor demotes a service account that can do more', async () => {
    const robot = await serviceAccountOf(owner, { role: 'admin' });
    const key = await apiKeyOf(owner, { ownerId: robot.id });
    const at = `/service-accounts/${robot.id}`;
    const { role } = await memberRole(weak);
    const removed = await weak.client.delete(at, { query: { keys: 'revoke' } });
    expect(refusalOf(expectStatus(removed, 403))).toBe('outranks');
    const idle = await serviceAccountOf(owner, { role: 'developer' });
    expect(refusalOf(expectStatus(await weak.client.delete(`/service-accounts/${idle.id}`), 403))).toBe(
      'outranks',
    );
    const demoted = await weak.client.patch(`/service-accounts/${idle.id}`, { role });
    expect(refusalOf(expectStatus(demoted, 403))).toBe('outranks');
    expectStatus(await key.client.get('/vaults'), 200);
    const equal = await serviceAccountOf(weak, { role });
    expectStatus(await weak.client.delete(`/service-accounts/${equal.id}`), 204);
  });

  it('takes nothing from a custom role whose members can do more', async () => {
    const strong = await roleOf(owner, {
      scopes: ['organization:read', 'secret:read'],
      reachesAllVaults: true,
    });
    const far = await roleOf(owner, { reachesAllVaults: true });
    for (const role of [strong, far]) {
      await memberWithRole(service, owner, role);
      const narrow = { scopes: ['organization:read'], reachesAllVaults: false };
      const refused = expectStatus(await weak.client.patch(`/roles/${role.id}`, narrow), 403);
      expect(refusalOf(refused)).toBe('outranks');
      expectStatus(await owner.client.patch(`/roles/${role.id}`, narrow), 200);
    }
  });

  it('narrows a role that nobody has', async () => {
    const idle = await roleOf(owner, {
      scopes: ['organization:read', 'secret:read'],
      reachesAllVaults: true,
    });
    const narrow = { scopes: ['organization:read'], reachesAllVaults: false };
    expectStatus(await weak.client.patch(`/roles/${idle.id}`, narrow), 200);
    expectStatus(await weak.client.delete(`/roles/${idle.id}`), 204);
  });

  async function memberRole({ userId }: Person): Promise<{ role: string }> {
    return (await owner.client.get(`${place}/members/${userId}`)).data<{ role: string }>();
  }
});

describe('somebody with a second factor whom their only organization removed', () => {
  let guest: EnrolledPerson;
  let token: string;

  beforeEach(async () => {
    guest = await enrol(await memberOf(service, owner, 'developer'));
    expectStatus(await owner.client.delete(`${place}/members/${guest.userId}`), 204);
    token = (await invite(owner, { email: guest.email })).token;
    await forgetUsedCodes(guest);
  });

  it('comes back with their password and a code, and not with less', async () => {
    const { password } = guest;
    const refused = expectStatus(await accept(token, { password }), 403);
    expect(refusalOf(refused)).toBe('code_required');
    expect(refused.text).toContain('recoveryCode');
    expectStatus(await accept(token, { password, code: wrongCode(guest) }), 403);
    expectStatus(await accept(token, { password: `${password}!`, code: codeOf(guest) }), 403);
    const both = { code: codeOf(guest), recoveryCode: guest.recoveryCodes[0] ?? '' };
    expectStatus(await accept(token, { password, ...both }), 400);
    expectStatus(await accept(token, { password, code: codeOf(guest) }), 200);
  });

  it('uses their proof up: neither kind works twice', async () => {
    const { password, recoveryCodes } = guest;
    const other = await signUp(service);
    const again = (await invite(other, { email: guest.email })).token;
    const third = (await invite(await signUp(service), { email: guest.email })).token;
    const recoveryCode = recoveryCodes[0] ?? '';
    expectStatus(await accept(token, { password, recoveryCode }), 200);
    expectStatus(await accept(again, { password, recoveryCode }), 403);
    const code = codeOf(guest);
    expectStatus(await accept(again, { password, code }), 200);
    expectStatus(await accept(third, { password, code }), 403);
    expect(await trailOf(owner, { type: 'mfa.recovery_code_used' })).toHaveLength(1);
  });

  it('is guessed no longer than at a sign-in', async () => {
    const thief = new Client(service, { address: newAddress() });
    const body = { token, password: guest.password, code: wrongCode(guest) };
    const statuses: number[] = [];
    for (let tries = 0; tries < 11; tries++) {
      statuses.push((await thief.post('/invitations/accept', body)).status);
    }
    expect(statuses).toEqual([...Array<number>(10).fill(403), 429]);
  });
});

describe('an invitation without a name', () => {
  it('does not tell whoever has its token whether the address has an account', async () => {
    const guest = await signUp(service);
    const known = await invite(owner, { email: guest.email });
    const unknown = await invite(owner);
    const thieves = [known, unknown].map(({ token }) => ({
      token,
      client: new Client(service, { address: newAddress() }),
    }));
    const told: Reply[][] = [];
    for (let tries = 0; tries < 11; tries++) {
      const body = { password: `wrong password ${tries}`, ...(tries === 0 ? { code: '123456' } : {}) };
      told.push(
        await Promise.all(
          thieves.map(({ token, client }) => client.post('/invitations/accept', { token, ...body })),
        ),
      );
    }
    for (const replies of told) {
      expect(
        new Set(replies.map(({ status, text }) => status + text.replace(/req_\w+|\d+ seconds/g, ''))).size,
      ).toBe(1);
    }
    expect(told.map(([{ status } = { status: 0 }]) => status)).toEqual([...Array<number>(10).fill(403), 429]);
  });
});

it('race: two service accounts that are deleted at once, each in favour of the other, do not wait for each other', async () => {
  const refused: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const [one, other] = [await serviceAccountOf(owner), await serviceAccountOf(owner)];
    const handOn = ([from, to]: [string, string]): Promise<Reply> =>
      owner.client.delete(`/service-accounts/${from}`, { query: { keys: 'transfer', to } });
    const pairs: [string, string][] = [
      [one.id, other.id],
      [other.id, one.id],
    ];
    const statuses = (await Promise.all(pairs.map(handOn))).map(({ status }) => status);
    refused.push(...statuses.filter((status) => status !== 204));
    expect(statuses).toContain(204);
  }
  expect(refused).toEqual(Array<number>(rounds).fill(400));
});
