import { setTimeout as sleep } from 'node:timers/promises';
import type { Transaction } from '@credvault/database/database.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import type { Reply } from '../support/client.js';
import { vaultOf } from '../support/fixtures.js';
import { untilWaiting } from '../support/locks.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { askToGrantProject, grantProjectTo, projectOf } from '../support/projects.js';
import { startTestService, type TestService } from '../support/service.js';
import { rounds } from '../support/rounds.js';

const patience = 60_000 + rounds * 3_000;

let here: TestService;
let there: TestService;
let owner: Person;
let developer: Person;

beforeAll(async () => {
  here = await startTestService();
  there = await startTestService({ sharing: here });
  owner = await signUp(here);
  developer = await memberOf(here, owner, 'developer');
});
afterAll(async () => {
  await there.stop();
  await here.stop();
});

/** What is taken back on one process may be had on another for at most this long, in milliseconds (DESIGN, promise 8). */
const longest = 1_000;

const sorted = (replies: Reply[]): number[] => replies.map(({ status }) => status).sort();

describe('on every process', () => {
  it('a vault that moves, and a project that is taken back, count for those who had the project', async () => {
    const { id: projectId } = await projectOf(owner);
    const vault = await vaultOf(owner);
    const grant = await grantProjectTo(owner, projectId, developer, 'reader');
    const expectEverywhere = async (status: number): Promise<void> => {
      expectStatus(await developer.client.get(`/vaults/${vault.id}`), status);
      await sleep(longest);
      expectStatus(await developer.client.at(there).get(`/vaults/${vault.id}`), status);
    };
    await expectEverywhere(404);
    expectStatus(await owner.client.patch(`/vaults/${vault.id}`, { projectId }), 200);
    await expectEverywhere(200);
    expectStatus(await owner.client.patch(`/vaults/${vault.id}`, { projectId: null }), 200);
    await expectEverywhere(404);
    expectStatus(await owner.client.patch(`/vaults/${vault.id}`, { projectId }), 200);
    await expectEverywhere(200);
    expectStatus(await owner.client.delete(`/projects/${projectId}/grants/${grant.id}`), 204);
    await expectEverywhere(404);
  });
});

describe('race of projects:', () => {
  it(
    'two vaults that are put into one environment at once: one is there, the other is where it was',
    async () => {
      const { id: projectId } = await projectOf(owner, { environments: ['live'] });
      const [one, two] = [await vaultOf(owner), await vaultOf(owner)];
      const place = { projectId, environment: 'live' };
      for (let round = 0; round < rounds; round++) {
        const replies = await Promise.all([
          owner.client.patch(`/vaults/${one.id}`, place),
          owner.client.at(there).patch(`/vaults/${two.id}`, place),
        ]);
        expect(sorted(replies)).toEqual([200, 409]);
        const shown = (await owner.client.get(`/projects/${projectId}/environments/live`)).data<object>();
        const [winner, loser] = replies[0].status === 200 ? [one, two] : [two, one];
        expect(shown).toMatchObject({ vaultId: winner.id });
        expect((await owner.client.get(`/vaults/${loser.id}`)).data<object>()).toMatchObject({
          projectId: null,
        });
        expectStatus(await owner.client.patch(`/vaults/${winner.id}`, { projectId: null }), 200);
      }
    },
    patience,
  );

  it(
    'a project that is deleted while a vault is put into it and it is granted: never a vault of none',
    async () => {
      const vault = await vaultOf(owner);
      for (let round = 0; round < rounds; round++) {
        const { id: projectId } = await projectOf(owner);
        const [moved, granted, deleted] = await Promise.all([
          owner.client.patch(`/vaults/${vault.id}`, { projectId, environment: 'staging' }),
          askToGrantProject(owner, projectId, developer, 'reader'),
          owner.client.at(there).delete(`/projects/${projectId}`),
        ]);
        const isThere = (await owner.client.get(`/projects/${projectId}`)).status === 200;
        expect([moved.status, deleted.status]).toEqual(isThere ? [200, 409] : [400, 204]);
        expect(isThere ? [201] : [201, 404]).toContain(granted.status);
        const place = (await owner.client.get(`/vaults/${vault.id}`)).data<object>();
        expect(place).toMatchObject({ projectId: isThere ? projectId : null });
        expectStatus(await owner.client.patch(`/vaults/${vault.id}`, { projectId: null }), 200);
      }
    },
    patience,
  );

  it(
    'an environment that is deleted or renamed while it gets a vault: the vault is in one that there is',
    async () => {
      const { id: projectId } = await projectOf(owner, { environments: ['kept'] });
      const vault = await vaultOf(owner, { projectId });
      const environments = `/projects/${projectId}/environments`;
      for (let round = 0; round < rounds; round++) {
        expectStatus(await owner.client.post(environments, { name: 'old' }), 201);
        const [moved, changed] = await Promise.all([
          owner.client.patch(`/vaults/${vault.id}`, { environment: 'old' }),
          round % 2
            ? owner.client.at(there).delete(`${environments}/old`)
            : owner.client.at(there).patch(`${environments}/old`, { name: 'new' }),
        ]);
        expect([200, 400]).toContain(moved.status);
        expect(round % 2 ? [204, 409] : [200]).toContain(changed.status);
        const { environment } = (await owner.client.get(`/vaults/${vault.id}`)).data<{
          environment: string | null;
        }>();
        const present = (await owner.client.get(environments)).data<
          { name: string; vaultId: string | null }[]
        >();
        expect(present.filter(({ vaultId }) => vaultId !== null).map(({ name }) => name)).toEqual(
          environment === null ? [] : [environment],
        );
        expectStatus(await owner.client.patch(`/vaults/${vault.id}`, { environment: null }), 200);
        for (const { name } of present.filter((one) => one.name !== 'kept'))
          expectStatus(await owner.client.delete(`${environments}/${name}`), 204);
      }
    },
    patience,
  );

  it('an environment that is renamed while somebody has its new vault and wants the environment: both go on', async () => {
    const { id: projectId } = await projectOf(owner, { environments: ['old'] });
    const vault = await vaultOf(owner, { projectId });
    const holdEnvironment = (transaction: Transaction): Promise<object[]> =>
      transaction.rows(
        `SELECT 1 FROM project_environments WHERE project_id = $1 AND name = 'old' FOR KEY SHARE`,
        [uuidOf('project', projectId)],
      );
    let renamed: Promise<Reply> | undefined;
    let other: Promise<object[]> | undefined;
    await here.database.transaction(async (transaction) => {
      await holdEnvironment(transaction);
      renamed = owner.client.patch(`/projects/${projectId}/environments/old`, { name: 'new' });
      await untilWaiting(here, 'FROM project_environments');
      expectStatus(await owner.client.patch(`/vaults/${vault.id}`, { environment: 'old' }), 200);
      const locked = Promise.withResolvers<null>();
      other = here.database.transaction(async (another) => {
        await another.rows(`SELECT 1 FROM vaults WHERE id = $1 FOR NO KEY UPDATE`, [
          uuidOf('vault', vault.id),
        ]);
        locked.resolve(null);
        await untilWaiting(here, 'vaults|UPDATE "project_environments"');
        return holdEnvironment(another);
      });
      await locked.promise;
    });
    await expect(other).resolves.toHaveLength(1);
    expectStatus((await renamed) as Reply, 200);
    expect((await owner.client.get(`/vaults/${vault.id}`)).data()).toMatchObject({ environment: 'new' });
  });

  it(
    'a vault that is taken out while a member reads it: nothing that begins after the answer is accepted here',
    async () => {
      const { id: projectId } = await projectOf(owner);
      const vault = await vaultOf(owner, { projectId });
      await grantProjectTo(owner, projectId, developer, 'reader');
      for (let round = 0; round < rounds; round++) {
        while ((await developer.client.get(`/vaults/${vault.id}`)).status !== 200);
        const reading = Promise.all(
          Array.from({ length: 8 }, () => developer.client.get(`/vaults/${vault.id}`)),
        );
        expectStatus(await owner.client.patch(`/vaults/${vault.id}`, { projectId: null }), 200);
        expectStatus(await developer.client.get(`/vaults/${vault.id}`), 404);
        expect([200, 404]).toEqual(expect.arrayContaining(sorted(await reading)));
        expectStatus(await owner.client.patch(`/vaults/${vault.id}`, { projectId }), 200);
      }
    },
    patience,
  );
});
