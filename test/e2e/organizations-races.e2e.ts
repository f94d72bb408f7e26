import { uuidOf } from '@credvault/database/typed-id.js';
import { Client, type Reply } from '../support/client.js';
import { vaultOf } from '../support/fixtures.js';
import { untilWaiting } from '../support/locks.js';
import {
  askToSwitch,
  organizationOf,
  switched,
  type OrganizationAnswer,
  type TokensAnswer,
} from '../support/organizations.js';
import { expectStatus, memberOf, password, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { rounds } from '../support/rounds.js';

const patience = 30_000 + rounds * 3_000;

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
  // The administrator of the installation takes no part.
  await signUp(service, 'The administrator');
});
afterAll(() => service.stop());

async function everyRound(work: (round: number) => Promise<void>): Promise<void> {
  for (let round = 0; round < rounds; round++) await work(round);
}

const statuses = (replies: Reply[]): number[] => replies.map(({ status }) => status).sort();
const visitorOf = ({ address }: Person): Client => new Client(service, { address });

/** Whom a token of a session speaks for now: 200 or 401. */
async function worksAs(person: Person, reply: Reply): Promise<boolean> {
  if (reply.status !== 200) return false;
  const { accessToken, refreshToken } = reply.data<TokensAnswer>();
  const used = await visitorOf(person).get('/me', { token: accessToken });
  const refreshed = await visitorOf(person).post('/auth/refresh', { refreshToken });
  // Both tokens of a session live and die together.
  expect(refreshed.status).toBe(used.status);
  return used.status === 200;
}

async function openSessionsOf({ userId }: Person): Promise<number> {
  const rows = await service.database.rows(`SELECT 1 FROM sessions WHERE user_id = $1`, [
    uuidOf('user', userId),
  ]);
  return rows.length;
}

/** The same person with one more session. */
async function signedInAgain(person: Person): Promise<Person> {
  const reply = await visitorOf(person).post('/auth/login', {
    email: person.email,
    password: person.password,
  });
  const { accessToken, refreshToken } = expectStatus(reply, 200).data<TokensAnswer>();
  return { ...person, session: accessToken, refreshToken, sessionClient: person.client.as(accessToken) };
}

/** Somebody with a second organization, and that one. */
async function withSecond(): Promise<{ person: Person; second: OrganizationAnswer }> {
  const person = await signUp(service, 'Racer');
  return { person, second: await organizationOf(person) };
}

describe('race of switching:', () => {
  it(
    'twice: one session is opened',
    async () => {
      await everyRound(async () => {
        const { person, second } = await withSecond();
        const replies = await Promise.all([askToSwitch(person, second.id), askToSwitch(person, second.id)]);
        expect(statuses(replies)).toEqual([200, 401]);
        expect(await openSessionsOf(person)).toBe(1);
      });
    },
    patience,
  );

  it(
    'with a refresh: one session is left, and its tokens are those of one answer',
    async () => {
      await everyRound(async () => {
        const { person, second } = await withSecond();
        const replies = await Promise.all([
          visitorOf(person).post('/auth/refresh', { refreshToken: person.refreshToken }),
          askToSwitch(person, second.id),
        ]);
        for (const { status } of replies) expect([200, 401]).toContain(status);
        const works = [];
        for (const reply of replies) works.push(await worksAs(person, reply));
        expect(works.filter(Boolean)).toHaveLength(1);
        expect(await openSessionsOf(person)).toBe(1);
      });
    },
    patience,
  );

  it(
    'with a change of the password elsewhere: no session is left that the change has not seen',
    async () => {
      await everyRound(async () => {
        const { person, second } = await withSecond();
        const elsewhere = await signedInAgain(person);
        const newPassword = `${password} again`;
        const [changed, reply] = await Promise.all([
          elsewhere.sessionClient.post('/auth/password', { currentPassword: password, newPassword }),
          askToSwitch(person, second.id),
        ]);
        expectStatus(changed, 200);
        expect([200, 401]).toContain(reply.status);
        expect(await worksAs(person, reply)).toBe(false);
        expect(await openSessionsOf(person)).toBe(1);
      });
    },
    patience,
  );

  it(
    'into an organization that is being deleted: no session is left in it',
    async () => {
      await everyRound(async () => {
        const { person, second } = await withSecond();
        const inside = await signedInAgain(person);
        const outside = await switched(person, second.id);
        const [deleted, reply] = await Promise.all([
          inside.sessionClient.delete(`/organizations/${person.organizationId}`),
          askToSwitch(outside, person.organizationId),
        ]);
        expectStatus(deleted, 204);
        expect([200, 404]).toContain(reply.status);
        expect(await worksAs(person, reply)).toBe(false);
        // Whoever came too late stays where they are.
        const stayed = await outside.sessionClient.get('/me');
        expect(stayed.status).toBe(reply.status === 200 ? 401 : 200);
        expect(await openSessionsOf(person)).toBe(reply.status === 200 ? 0 : 1);
      });
    },
    patience,
  );

  it(
    'out of an organization that is being deleted: the session moves or ends',
    async () => {
      await everyRound(async () => {
        const { person, second } = await withSecond();
        const other = await signedInAgain(person);
        const [deleted, reply] = await Promise.all([
          other.sessionClient.delete(`/organizations/${person.organizationId}`),
          askToSwitch(person, second.id),
        ]);
        expectStatus(deleted, 204);
        expect([200, 401]).toContain(reply.status);
        expect(await openSessionsOf(person)).toBe(reply.status === 200 ? 1 : 0);
        expect(await worksAs(person, reply)).toBe(reply.status === 200);
      });
    },
    patience,
  );
});

describe('race of organizations:', () => {
  it(
    'two made by somebody who may own one more: one is made',
    async () => {
      const person = await signUp(service, 'Collector');
      for (let owned = 1; owned < 19; owned++) await organizationOf(person, `Number ${owned}`);
      await everyRound(async () => {
        const make = (): Promise<Reply> => person.client.post('/organizations', { name: 'The last' });
        expect(statuses(await Promise.all([make(), make()]))).toEqual([201, 409]);
        await service.database.rows(`DELETE FROM organizations WHERE name = 'The last'`);
      });
    },
    patience,
  );

  it(
    'the only two of a person deleted: one is left',
    async () => {
      await everyRound(async () => {
        const { person, second } = await withSecond();
        const elsewhere = await signedInAgain(person);
        const { accessToken } = expectStatus(
          await askToSwitch(elsewhere, second.id),
          200,
        ).data<TokensAnswer>();
        const visitor = visitorOf(person);
        expectStatus(await visitor.post('/auth/step-up', { password }, { token: accessToken }), 200);
        const replies = await Promise.all([
          person.sessionClient.delete(`/organizations/${person.organizationId}`),
          visitor.delete(`/organizations/${second.id}`, { token: accessToken }),
        ]);
        expect(statuses(replies)).toEqual([204, 409]);
        expectStatus(await visitor.post('/auth/login', { email: person.email, password }), 200);
      });
    },
    patience,
  );

  it('one deleted while somebody who waits for it has a vault that was just made: both come to their end', async () => {
    const { person } = await withSecond();
    const organizationId = uuidOf('organization', person.organizationId);
    const query = { force: true, name: 'Racer (personal)' };
    const holdOrganization = `SELECT 1 FROM organizations WHERE id = $1 FOR KEY SHARE`;
    const [locked, goOn] = [Promise.withResolvers<null>(), Promise.withResolvers<null>()];
    let deletion: Promise<Reply> | undefined;
    let other: Promise<void> | undefined;
    await service.database.transaction(async (transaction) => {
      await transaction.rows(holdOrganization, [organizationId]);
      deletion = person.sessionClient.delete(`/organizations/${person.organizationId}`, { query });
      await untilWaiting(service, '^SELECT "Organization"');
      const { id } = await vaultOf(person);
      other = service.database.transaction(async (another) => {
        await another.rows(`SELECT 1 FROM vaults WHERE id = $1 FOR NO KEY UPDATE`, [uuidOf('vault', id)]);
        locked.resolve(null);
        await goOn.promise;
        await untilWaiting(service, 'DELETE FROM "organizations"|FROM vaults');
        await another.rows(holdOrganization, [organizationId]);
      });
      await locked.promise;
    });
    goOn.resolve(null);
    await expect(other).resolves.toBeUndefined();
    expectStatus((await deletion) as Reply, 204);
  });

  it(
    'one deleted while things are made, changed and deleted in it: nothing of it is left, and nothing fails',
    async () => {
      await everyRound(async () => {
        const { person } = await withSecond();
        const id = person.organizationId;
        const admin = await memberOf(service, person, 'admin');
        const [kept, gone, renamed] = [await vaultOf(person), await vaultOf(person), await vaultOf(person)];
        const query = { force: true, name: 'Racer (personal)' };
        const make = (at: number): Promise<Reply> => admin.client.post('/vaults', { name: `Vault ${at}` });
        const [deleted, ...others] = await Promise.all([
          person.sessionClient.delete(`/organizations/${id}`, { query }),
          ...[1, 2, 3, 4].map(make),
          admin.client.delete(`/vaults/${gone.id}`),
          admin.client.patch(`/vaults/${renamed.id}`, { name: 'Other' }),
          admin.client.post(`/vaults/${kept.id}/secrets`, { key: 'KEY', value: 'value' }),
          admin.client.post('/api-keys', { name: 'Key', scopes: ['vault:read'] }),
          admin.sessionClient.post('/api-tokens', { name: 'Token' }),
        ]);
        expectStatus(deleted, 204);
        for (const reply of others) expect([200, 201, 204, 401, 404, 503]).toContain(reply.status);
        for (const table of ['vaults', 'secrets', 'data_keys', 'api_keys', 'api_tokens', 'memberships']) {
          const left = await service.database.rows(`SELECT 1 FROM ${table} WHERE organization_id = $1`, [
            uuidOf('organization', id),
          ]);
          expect({ table, left }).toEqual({ table, left: [] });
        }
      });
    },
    patience,
  );
});
