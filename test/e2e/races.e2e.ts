import { uuidOf } from '@credvault/database/typed-id.js';
import { AccountLinksService } from '../../apps/api/src/auth/account-links.service.js';
import type { SessionTokensDto } from '../../apps/api/src/auth/session.dto.js';
import { Client, type Reply } from '../support/client.js';
import { expectStatus, newAddress, password, type Person, signUp } from '../support/people.js';
import { type SecretAnswer, secretOf, vaultOf, type VaultAnswer } from '../support/fixtures.js';
import { startTestService, type TestService } from '../support/service.js';
import { rounds } from '../support/rounds.js';

const patience = 30_000 + rounds * 1_500;

let service: TestService;
let person: Person;

beforeAll(async () => {
  service = await startTestService();
  person = await signUp(service);
});
afterAll(() => service.stop());

async function everyRound(work: (round: number) => Promise<void>, times = rounds): Promise<void> {
  for (let round = 0; round < times; round++) await work(round);
}

const statuses = (replies: Reply[]): number[] => replies.map(({ status }) => status).sort();
const countOf = async (vaultId: string): Promise<number> =>
  (await person.client.get(`/vaults/${vaultId}`)).data<VaultAnswer>().secretCount;

async function rowsOf(vaultId: string): Promise<number> {
  const rows = await service.database.rows(`SELECT 1 FROM secrets WHERE vault_id = $1`, [
    uuidOf('vault', vaultId),
  ]);
  return rows.length;
}

describe('race of secrets and vaults:', () => {
  it(
    'two secrets of one name: one is made, one is refused',
    async () => {
      const { id } = await vaultOf(person);
      await everyRound(async (round) => {
        const make = (value: string): Promise<Reply> =>
          person.client.post(`/vaults/${id}/secrets`, { key: `K${round}`, value });
        const replies = await Promise.all([make('a'), make('b')]);
        expect(statuses(replies)).toEqual([201, 409]);
        const made = replies.find(({ status }) => status === 201)?.data<SecretAnswer>();
        expect(
          (await person.client.get(`/vaults/${id}/secrets/${made?.id}`)).data<SecretAnswer>().value,
        ).toBe(made?.value);
      });
      expect(await countOf(id)).toBe(rounds);
    },
    patience,
  );

  it(
    'two changes of one state: one is done, one is refused',
    async () => {
      const { id } = await vaultOf(person);
      const secret = await secretOf(person, id);
      const path = `/vaults/${id}/secrets/${secret.id}`;
      await everyRound(async () => {
        const { etag = '' } = (await person.client.get(path)).headers;
        const change = (value: string): Promise<Reply> =>
          person.client.patch(path, { value }, { headers: { 'if-match': etag } });
        const replies = await Promise.all([change('a'), change('b')]);
        expect(statuses(replies)).toEqual([200, 412]);
        const done = replies.find(({ status }) => status === 200)?.data<SecretAnswer>();
        expect((await person.client.get(path)).data()).toEqual(done);
      });
      expect((await person.client.get(path)).data<SecretAnswer>().version).toBe(rounds + 1);
    },
    patience,
  );

  it(
    'eight changes without a condition: every one makes its own version',
    async () => {
      const { id } = await vaultOf(person, { maxVersions: 1_000 });
      const secret = await secretOf(person, id);
      const path = `/vaults/${id}/secrets/${secret.id}`;
      await everyRound(async (round) => {
        const replies = await Promise.all(
          Array.from({ length: 8 }, (_, at) => person.client.patch(path, { value: `${round}.${at}` })),
        );
        expect(statuses(replies)).toEqual(Array.from({ length: 8 }, () => 200));
        const versions = replies.map((reply) => reply.data<SecretAnswer>().version);
        expect(versions.sort((a, b) => a - b)).toEqual(
          Array.from({ length: 8 }, (_, at) => round * 8 + at + 2),
        );
      });
    },
    patience,
  );

  it(
    'two requests with one Idempotency-Key: one vault is made',
    async () => {
      await everyRound(async (round) => {
        const send = (): Promise<Reply> =>
          person.client.post(
            '/vaults',
            { name: `Once ${round}.` },
            { headers: { 'idempotency-key': `race-${round}` } },
          );
        const replies = await Promise.all([send(), send(), send()]);
        const made = replies.filter(({ status }) => status === 201);
        expect(made.filter(({ headers }) => headers['idempotency-replayed'] === undefined)).toHaveLength(1);
        expect(new Set(made.map((reply) => reply.data<VaultAnswer>().id)).size).toBe(1);
        for (const { status } of replies) expect([201, 409]).toContain(status);
        const found = await person.client.get('/vaults', { query: { search: `Once ${round}.` } });
        expect(found.data<VaultAnswer[]>()).toHaveLength(1);
      });
    },
    patience,
  );

  it(
    'two refreshes of one token: one is answered with tokens, one with 409, and the session lives',
    async () => {
      let { refreshToken } = person;
      await everyRound(async () => {
        const visitor = new Client(service, { address: person.address });
        const send = (): Promise<Reply> => visitor.post('/auth/refresh', { refreshToken });
        const replies = await Promise.all([send(), send()]);
        expect(statuses(replies)).toEqual([200, 409]);
        const tokens = replies.find(({ status }) => status === 200)?.data<SessionTokensDto>();
        refreshToken = String(tokens?.refreshToken);
        expectStatus(await visitor.get('/me', { token: String(tokens?.accessToken) }), 200);
      });
    },
    patience,
  );

  it(
    'creating secrets while their vault is deleted: nothing is left of it',
    async () => {
      await everyRound(async () => {
        const { id } = await vaultOf(person);
        const path = `/vaults/${id}`;
        const creates = Array.from({ length: 8 }, (_, at) =>
          person.client.post(`${path}/secrets`, { key: `K${at}`, value: 'v' }),
        );
        const [deleted, ...made] = await Promise.all([person.client.delete(path), ...creates]);
        expectStatus(deleted, 204);
        for (const { status } of made) expect([201, 404]).toContain(status);
        expectStatus(await person.client.get(path), 404);
        expect(await rowsOf(id)).toBe(0);
        expect(
          await service.database.rows(`SELECT 1 FROM data_keys WHERE owner_id = $1`, [uuidOf('vault', id)]),
        ).toEqual([]);
      });
      const vaults = await person.client.get('/vaults', { query: { limit: 1_000 } });
      const { data, pagination } = vaults.json<{ data: unknown[]; pagination: { total: number } }>();
      expect(pagination.total).toBe(data.length);
    },
    patience,
  );

  it(
    'reading secrets while their vault is deleted: they are shown or not there, never an error',
    async () => {
      await everyRound(async () => {
        const { id } = await vaultOf(person);
        const secret = await secretOf(person, id, { value: 'here' });
        const paths = ['', '/secrets', `/secrets/${secret.id}`, `/secrets/${secret.id}/versions/1`];
        const reads = paths.map((path) => person.client.get(`/vaults/${id}${path}`));
        const replies = await Promise.all([...reads, person.client.delete(`/vaults/${id}`)]);
        for (const { status } of replies) expect([200, 204, 404]).toContain(status);
      });
    },
    patience,
  );

  it(
    'fifty secrets made and deleted: the count is right at once',
    async () => {
      const { id } = await vaultOf(person);
      await everyRound(async (round) => {
        const made = await Promise.all(
          Array.from({ length: 50 }, (_, at) => secretOf(person, id, { key: `K${round}.${at}` })),
        );
        expect(await countOf(id)).toBe(50);
        const deletes = made.map((secret) => person.client.delete(`/vaults/${id}/secrets/${secret.id}`));
        const more = Array.from({ length: 5 }, (_, at) => secretOf(person, id, { key: `M${round}.${at}` }));
        await Promise.all([...deletes, ...more]);
        expect(await countOf(id)).toBe(5);
        expect(await rowsOf(id)).toBe(5);
        await Promise.all(
          (await Promise.all(more)).map((secret) =>
            person.client.delete(`/vaults/${id}/secrets/${secret.id}`),
          ),
        );
        // Each round is a hundred changes.
      }, rounds / 4);
      expect(await countOf(id)).toBe(0);
    },
    patience,
  );

  it(
    'imports, changes and deletes of one vault: no deadlock, and the count is right',
    async () => {
      const { id } = await vaultOf(person);
      await everyRound(async (round) => {
        // One of its own for each round: of a thousand versions the first would be gone.
        const kept = await secretOf(person, id, { key: `KEPT_${round}` });
        const gone = await secretOf(person, id, { key: `GONE_${round}` });
        const content = JSON.stringify({ [kept.key]: `import ${round}`, [`NEW_${round}`]: 'x' });
        const replies = await Promise.all([
          person.client.post(`/vaults/${id}/import`, { format: 'json', content, onConflict: 'overwrite' }),
          person.client.patch(`/vaults/${id}/secrets/${kept.id}`, { value: `change ${round}` }),
          person.client.post(`/vaults/${id}/secrets/${kept.id}/rollback`, { version: 1 }),
          person.client.delete(`/vaults/${id}/secrets/${gone.id}`),
          person.client.patch(`/vaults/${id}`, { description: `round ${round}` }),
        ]);
        expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 204, 200]);
      });
      expect(await countOf(id)).toBe(2 * rounds);
      expect(await rowsOf(id)).toBe(2 * rounds);
    },
    patience,
  );

  it(
    'a sign-in with the old password while it is changed: no session of the old password is left',
    async () => {
      const target = await signUp(service);
      let current = password;
      await everyRound(async (round) => {
        const next = `${password} ${round}`;
        const visitor = new Client(service, { address: newAddress() });
        const login = (): Promise<Reply> =>
          visitor.post('/auth/login', { email: target.email, password: current });
        const change = target.sessionClient.post('/auth/password', {
          currentPassword: current,
          newPassword: next,
        });
        const [changed, ...logins] = await Promise.all([change, login(), login(), login()]);
        expectStatus(changed, 200);
        for (const reply of logins.filter(({ status }) => status === 200)) {
          expectStatus(await visitor.get('/me', { token: reply.data<SessionTokensDto>().accessToken }), 401);
        }
        current = next;
      });
    },
    patience,
  );
});

describe('race on a service without accounts:', () => {
  it(
    'two first registrations with the setup token: one account is made',
    async () => {
      const fresh = await startTestService({ environment: { CREDVAULT_REGISTRATION: 'closed' } });
      try {
        await everyRound(async () => {
          await fresh.database.rows(`TRUNCATE users, organizations CASCADE`);
          const { token } = await fresh.app.get(AccountLinksService, { strict: false }).issueSetup(undefined);
          const register = (email: string): Promise<Reply> =>
            new Client(fresh, { address: newAddress() }).post('/auth/register', {
              email,
              password,
              name: 'First',
              setupToken: token,
            });
          const replies = await Promise.all([register('a@example.com'), register('b@example.com')]);
          expect(statuses(replies)).toEqual([201, 403]);
          const people = await fresh.database.rows<{ is_superuser: boolean }>(
            `SELECT is_superuser FROM users`,
          );
          expect(people).toEqual([{ is_superuser: true }]);
        });
      } finally {
        await fresh.stop();
      }
    },
    patience,
  );
});
