import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import { Client, type Reply } from '../support/client.js';
import { vaultOf } from '../support/fixtures.js';
import { apiKeyOf } from '../support/keys.js';
import {
  expectStatus,
  invite,
  memberOf,
  newAddress,
  newEmail,
  password,
  type Person,
  signUp,
} from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { grantTo } from '../support/teams.js';
import { rounds } from '../support/rounds.js';

const patience = 30_000 + rounds * 5_000;
/** What is revoked on one process may work on another for at most this long, in milliseconds (DESIGN, promise 8). */
const longest = 1_000;

let here: TestService;
let there: TestService;
let owner: Person;
let path: string;

beforeAll(async () => {
  here = await startTestService();
  there = await startTestService({ sharing: here });
});
beforeEach(async () => {
  owner = await signUp(here, 'Olivia Owner');
  path = `/organizations/${owner.organizationId}/members`;
});
afterAll(async () => {
  await there.stop();
  await here.stop();
});

async function everyRound(work: (round: number) => Promise<void>): Promise<void> {
  for (let round = 0; round < rounds; round++) await work(round);
}

const statuses = (replies: Reply[]): number[] => replies.map(({ status }) => status).sort();

async function ownersOf({ organizationId }: Person): Promise<string[]> {
  const rows = await here.database.rows<{ user_id: string }>(
    `SELECT user_id FROM memberships WHERE organization_id = $1 AND role = 'owner'`,
    [uuidOf('organization', organizationId)],
  );
  return rows.map(({ user_id }) => user_id);
}

/** Written by SQL; both processes know it before the next round. */
async function setRole({ userId, organizationId }: Person, role: string): Promise<void> {
  const id = uuidOf('user', userId) ?? '';
  await here.database.rows(`UPDATE memberships SET role = $3 WHERE organization_id = $1 AND user_id = $2`, [
    uuidOf('organization', organizationId),
    id,
    role,
  ]);
  for (const { app } of [here, there]) {
    app.get(CredentialRegistry, { strict: false }).invalidate({ kind: 'user', id });
  }
}

describe('race of members:', () => {
  it(
    'two owners demote each other, on one process or on two: one succeeds',
    async () => {
      const second = await memberOf(here, owner, 'owner');
      await everyRound(async (round) => {
        const client = round % 2 === 0 ? second.sessionClient : second.sessionClient.at(there);
        const replies = await Promise.all([
          owner.sessionClient.patch(`${path}/${second.userId}`, { role: 'admin' }),
          client.patch(`${path}/${owner.userId}`, { role: 'admin' }),
        ]);
        expect(statuses(replies)).toEqual([200, 403]);
        expect(await ownersOf(owner)).toHaveLength(1);
        for (const person of [owner, second]) await setRole(person, 'owner');
      });
    },
    patience,
  );

  it(
    'two owners step down: one is the last and stays',
    async () => {
      const second = await memberOf(here, owner, 'owner');
      await everyRound(async () => {
        const stepDown = (person: Person): Promise<Reply> =>
          person.sessionClient.patch(`${path}/${person.userId}`, { role: 'admin' });
        expect(statuses(await Promise.all([stepDown(owner), stepDown(second)]))).toEqual([200, 409]);
        expect(await ownersOf(owner)).toHaveLength(1);
        for (const person of [owner, second]) await setRole(person, 'owner');
      });
    },
    patience,
  );

  it(
    'two owners remove each other: one succeeds',
    async () => {
      await everyRound(async () => {
        const one = await signUp(here);
        const place = `/organizations/${one.organizationId}/members`;
        const rival = await memberOf(here, one, 'owner');
        const replies = await Promise.all([
          one.sessionClient.delete(`${place}/${rival.userId}`),
          rival.sessionClient.delete(`${place}/${one.userId}`),
        ]);
        expect([401, 403, 404]).toContain(replies.find(({ status }) => status !== 204)?.status);
        expect(await ownersOf(one)).toHaveLength(1);
      });
    },
    patience,
  );

  it(
    'an invitation is accepted twice by somebody new: one account, one member, the other time it is used',
    async () => {
      await everyRound(async (round) => {
        const { token, email } = await invite(owner);
        const accept = (service: TestService): Promise<Reply> =>
          new Client(service, { address: newAddress() }).post('/invitations/accept', {
            token,
            password,
            name: 'Bob',
          });
        const replies = await Promise.all([accept(here), accept(round % 2 === 0 ? here : there)]);
        expect(statuses(replies)).toEqual([200, 403]);
        const users = await here.database.rows(`SELECT 1 FROM users WHERE email = $1`, [email]);
        expect(users).toHaveLength(1);
      });
    },
    patience,
  );

  it(
    'an invitation is accepted by password and by session: one member, the other time it is used',
    async () => {
      const guest = await signUp(here);
      await everyRound(async () => {
        const { token } = await invite(owner, { email: guest.email });
        const visitor = new Client(here, { address: newAddress() });
        const replies = await Promise.all([
          visitor.post('/invitations/accept', { token, password }),
          guest.sessionClient.post('/me/invitations/accept', { token }),
        ]);
        expect(statuses(replies)).toEqual([200, 403]);
        expectStatus(await owner.sessionClient.delete(`${path}/${guest.userId}`), 204);
      });
    },
    patience,
  );

  it(
    'two invitations go to one address: one stays, and its token works',
    async () => {
      await everyRound(async () => {
        const email = newEmail();
        const both = await Promise.all([invite(owner, { email }), invite(owner, { email })]);
        const accept = (token: string): Promise<Reply> =>
          new Client(here, { address: newAddress() }).post('/invitations/accept', {
            token,
            password,
            name: 'Bob',
          });
        const replies = [await accept(both[0].token), await accept(both[1].token)];
        expect(statuses(replies)).toEqual([200, 403]);
      });
    },
    patience,
  );

  it(
    'a member is removed while reading: after the answer nothing of theirs works, within a second nowhere',
    async () => {
      const vault = await vaultOf(owner);
      await everyRound(async () => {
        const dave = await memberOf(here, owner, 'developer');
        await grantTo(owner, vault.id, dave);
        const key = await apiKeyOf(dave);
        const readers = [dave.client, dave.sessionClient, key.client].flatMap((client) => [
          { client, isHere: true },
          { client: client.at(there), isHere: false },
        ]);
        for (const { client } of readers) expectStatus(await client.get(`/vaults/${vault.id}`), 200);
        const removal: { answered?: number } = {};
        const reading = readers.map(async ({ client, isHere }) => {
          for (;;) {
            const [sent, { answered }] = [performance.now(), removal];
            const { status } = await client.get(`/vaults/${vault.id}`);
            const isLate = answered !== undefined && (isHere || sent - answered > longest);
            if (status !== 200) return status;
            if (isLate) return 'read although removed';
          }
        });
        const query = { keys: 'revoke' };
        expectStatus(await owner.sessionClient.delete(`${path}/${dave.userId}`, { query }), 204);
        removal.answered = performance.now();
        expect(await Promise.all(reading)).toEqual(readers.map(() => 401));
        for (const { client } of readers) expectStatus(await client.get(`/vaults/${vault.id}`), 401);
      });
    },
    patience,
  );
});
