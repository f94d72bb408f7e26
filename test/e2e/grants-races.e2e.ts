import type { Reply } from '../support/client.js';
import { secretOf, vaultOf, type VaultAnswer } from '../support/fixtures.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { askToGrant, grantTo, join, roleOf, teamOf } from '../support/teams.js';
import { rounds } from '../support/rounds.js';

const patience = 60_000 + rounds * 3_000;
/** What is taken back may be had on another process for at most this long, in milliseconds (DESIGN, promise 8). */
const longest = 1_000;

let here: TestService;
let there: TestService;
let owner: Person;
let developer: Person;
let vault: VaultAnswer;
let secret: string;

beforeAll(async () => {
  here = await startTestService();
  there = await startTestService({ sharing: here });
  owner = await signUp(here);
  developer = await memberOf(here, owner, 'developer');
  vault = await vaultOf(owner);
  secret = `/vaults/${vault.id}/secrets/${(await secretOf(owner, vault.id)).id}`;
});
afterAll(async () => {
  await there.stop();
  await here.stop();
});

const read = (service: TestService): Promise<Reply> => developer.client.at(service).get(secret);

/**
 * Reads on both processes while `takeBack` runs: this process accepts nothing that begins after its answer, the other one
 * nothing that begins a second after it.
 */
async function expectTakenBack(takeBack: () => Promise<Reply>): Promise<number> {
  for (const service of [here, there]) while ((await read(service)).status !== 200);
  let takenAt = Infinity;
  let accepted = 0;
  let late = 0;
  const hammer = async (service: TestService): Promise<void> => {
    while (takenAt === Infinity || performance.now() - takenAt < longest) {
      const wasTaken = takenAt !== Infinity;
      const { status } = await read(service);
      if (status === 404) return;
      expect(status).toBe(200);
      accepted += 1;
      if (wasTaken && service === here) late += 1;
    }
  };
  const readers = [here, here, there, there].map(hammer);
  const reply = await takeBack();
  takenAt = performance.now();
  await Promise.all(readers);
  expectStatus(reply, 204);
  expect(late).toBe(0);
  for (const service of [here, there]) expect((await read(service)).status).toBe(404);
  return accepted;
}

describe('race of grants:', () => {
  it(
    'one that is taken back while its vault is read',
    async () => {
      let accepted = 0;
      for (let round = 0; round < rounds; round++) {
        const { id } = await grantTo(owner, vault.id, developer);
        accepted += await expectTakenBack(() => owner.client.delete(`/vaults/${vault.id}/grants/${id}`));
      }
      expect(accepted).toBeGreaterThan(rounds);
    },
    patience,
  );

  it(
    'a member who is taken out of a team while they read by it',
    async () => {
      const team = await teamOf(owner);
      await grantTo(owner, vault.id, team);
      for (let round = 0; round < rounds; round++) {
        await join(owner, team, developer.userId);
        await expectTakenBack(() => owner.client.delete(`/teams/${team.id}/members/${developer.userId}`));
      }
      expectStatus(await owner.client.delete(`/teams/${team.id}`), 204);
    },
    patience,
  );

  it(
    'a team that is deleted while a vault is granted to it and somebody joins it: no trace is left',
    async () => {
      for (let round = 0; round < rounds; round++) {
        const team = await teamOf(owner);
        const [granted, joined, deleted] = await Promise.all([
          askToGrant({ client: owner.client.at(there) }, vault.id, team, 'reader'),
          owner.client.post(`/teams/${team.id}/members`, { memberId: developer.userId }),
          owner.client.at(round % 2 ? here : there).delete(`/teams/${team.id}`),
        ]);
        expectStatus(deleted, 204);
        expect([201, 400]).toContain(granted.status);
        expect([201, 404]).toContain(joined.status);
        expectStatus(await read(here), 404);
        expect((await owner.client.get(`/vaults/${vault.id}/grants`)).data()).toEqual([]);
      }
    },
    patience,
  );

  it(
    'a role that is deleted twice while it is changed: it is gone once',
    async () => {
      for (let round = 0; round < rounds; round++) {
        const { id } = await roleOf(owner, {});
        const deletion = (service: TestService): Promise<Reply> =>
          owner.client.at(service).delete(`/roles/${id}`);
        const [first, second, changed] = await Promise.all([
          deletion(here),
          deletion(there),
          owner.client.patch(`/roles/${id}`, { description: 'changed' }),
        ]);
        expect([first, second].map(({ status }) => status).sort()).toEqual([204, 404]);
        expect([200, 404]).toContain(changed.status);
        expectStatus(await owner.client.get(`/roles/${id}`), 404);
      }
    },
    patience,
  );

  it(
    'a vault that is deleted while it is granted',
    async () => {
      for (let round = 0; round < rounds; round++) {
        const doomed = await vaultOf(owner);
        const [granted, deleted] = await Promise.all([
          askToGrant(owner, doomed.id, developer, 'reader'),
          owner.client.at(there).delete(`/vaults/${doomed.id}`),
        ]);
        expectStatus(deleted, 204);
        expect([201, 404]).toContain(granted.status);
        expectStatus(await developer.client.get(`/vaults/${doomed.id}`), 404);
      }
    },
    patience,
  );
});
