import { uuidOf } from '@credvault/database/typed-id.js';
import type { ApiKeyDto } from '../../apps/api/src/api-keys/api-key.dto.js';
import type { Reply } from '../support/client.js';
import { apiKeyOf, type MintedKeyAnswer, type TestKey } from '../support/keys.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';
import { rounds } from '../support/rounds.js';

type Key = Wire<ApiKeyDto>;

const patience = 60_000 + rounds * 3_000;
/** What is revoked may work on another process for at most this long, in milliseconds (DESIGN, promise 8). */
const longest = 1_000;

let here: TestService;
let there: TestService;
let jane: Person;

beforeAll(async () => {
  here = await startTestService();
  there = await startTestService({ sharing: here });
  jane = await signUp(here);
});
afterAll(async () => {
  await there.stop();
  await here.stop();
});

async function everyRound(work: (round: number) => Promise<void>): Promise<void> {
  for (let round = 0; round < rounds; round++) await work(round);
}

const statuses = (replies: Reply[]): number[] => replies.map(({ status }) => status).sort();
const use = (key: string, service = here): Promise<Reply> =>
  jane.client.at(service).get('/scopes', { token: key });
const act = ({ id }: TestKey, verb: string, body?: object, service = here): Promise<Reply> =>
  jane.client.at(service).post(`/api-keys/${id}/${verb}`, body);
const presentSecrets = ({ id }: TestKey): Promise<object[]> =>
  here.database.rows(`SELECT 1 FROM api_key_secrets WHERE api_key_id = $1 AND ends_at IS NULL`, [
    uuidOf('apiKey', id),
  ]);

/** Paused; or told to wait, after several hundred refusals in a minute. */
function isRefused(status: number): boolean {
  return status === 401 || status === 429;
}

describe('race of API keys:', () => {
  it(
    'fifty rotations: one winner per old secret, and one of the new secrets opens the key',
    async () => {
      const key = await apiKeyOf(jane);
      let opening = key.hint;
      await everyRound(async (round) => {
        // In every other round both processes rotate; in the rest an overlap keeps the replaced secret alive.
        const services = round % 2 === 0 ? [here, there] : [here];
        const overlapSeconds = round % 4 === 1 ? 600 : 0;
        const rotations = Array.from({ length: 50 }, (_, at) =>
          act(key, 'rotate', { overlapSeconds }, services[at % services.length]),
        );
        const replies = await Promise.all(rotations);
        for (const { status } of replies) expect([200, 409]).toContain(status);
        const winners = replies
          .filter(({ status }) => status === 200)
          .map((reply) => reply.data<MintedKeyAnswer>());
        expect(winners.length).toBeGreaterThan(0);
        // Each winner replaced a secret that nobody else replaced: together they are one chain from the old one on.
        const replaced = winners.map(({ previousSecret }) => previousSecret?.hint);
        expect(new Set(replaced).size).toBe(winners.length);
        const chain = new Set([opening, ...winners.map(({ hint }) => hint)]);
        const [last] = [...chain].filter((hint) => !replaced.includes(hint));
        expect(chain.size).toBe(winners.length + 1);
        const shown = (await jane.client.get(`/api-keys/${key.id}`)).data<Key>();
        expect(shown.hint).toBe(last);
        opening = shown.hint;
        expect(await presentSecrets(key)).toHaveLength(1);
        const uses = await Promise.all(
          winners.map(async (winner) => [winner.hint, (await use(winner.key)).status]),
        );
        const working = uses.filter(([, status]) => status === 200).map(([hint]) => hint);
        const expected = overlapSeconds === 0 ? [last] : [last, shown.previousSecret?.hint];
        expect(expected).toEqual(expect.arrayContaining(working));
        expect(working).toContain(last);
      });
    },
    patience,
  );

  it(
    'pausing a key in use: no request that begins after the answer is accepted',
    async () => {
      const key = await apiKeyOf(jane);
      let accepted = 0;
      await everyRound(async () => {
        for (const service of [here, there]) expectStatus(await use(key.key, service), 200);
        let pausedAt = Infinity;
        let late = 0;
        /** Until the process refuses the key, or its time to hear of the pause is over. */
        const hammer = async (service: TestService): Promise<void> => {
          while (performance.now() - pausedAt < longest || pausedAt === Infinity) {
            const wasPaused = pausedAt !== Infinity;
            const { status } = await use(key.key, service);
            if (isRefused(status)) return;
            expect(status).toBe(200);
            accepted += 1;
            if (wasPaused && service === here) late += 1;
          }
        };
        const users = [here, here, there, there].map(hammer);
        const paused = await act(key, 'pause');
        pausedAt = performance.now();
        await Promise.all(users);
        expectStatus(paused, 200);
        // The process that paused it refuses it from its answer on, the other one within the second it is given.
        expect(late).toBe(0);
        for (const service of [here, there, here, there]) {
          expect(isRefused((await use(key.key, service)).status)).toBe(true);
        }
        expectStatus(await act(key, 'resume'), 200);
        while ((await use(key.key, there)).status !== 200);
      });
      expect(accepted).toBeGreaterThan(rounds);
    },
    patience,
  );

  it(
    'rotating a key while it is deleted: nothing is left that opens it',
    async () => {
      await everyRound(async (round) => {
        const key = await apiKeyOf(jane);
        const deletion = (): Promise<Reply> => jane.client.at(there).delete(`/api-keys/${key.id}`);
        const [first, second, third] =
          round % 2 === 0
            ? [act(key, 'rotate', {}), deletion(), act(key, 'rotate', {})]
            : [deletion(), act(key, 'rotate', {}), act(key, 'rotate', {})];
        const replies = await Promise.all([first, second, third]);
        for (const { status } of replies) expect([200, 204, 404, 409]).toContain(status);
        expect(replies.filter(({ status }) => status === 204)).toHaveLength(1);
        const secrets = await here.database.rows(`SELECT 1 FROM api_key_secrets WHERE api_key_id = $1`, [
          uuidOf('apiKey', key.id),
        ]);
        expect(secrets).toEqual([]);
        expectStatus(await jane.client.get(`/api-keys/${key.id}`), 404);
      });
    },
    patience,
  );

  it(
    'resuming a key while it is paused: it is what it is shown as, and each change was one',
    async () => {
      const key = await apiKeyOf(jane);
      await everyRound(async () => {
        const verbs = ['pause', 'resume', 'pause', 'resume', 'pause', 'resume'];
        const replies = await Promise.all(
          verbs.map((verb, at) => act(key, verb, undefined, at % 2 ? here : there)),
        );
        expect(statuses(replies)).toEqual(verbs.map(() => 200));
        verbs.forEach((verb, at) => {
          expect(replies[at]?.data<Key>().status).toBe(verb === 'pause' ? 'paused' : 'active');
        });
        const { status } = (await jane.client.get(`/api-keys/${key.id}`)).data<Key>();
        expectStatus(await use((await freshSecretOf(key)).key), status === 'paused' ? 401 : 200);
      });
    },
    patience,
  );

  /** Rotates, so that no cache knows the secret. */
  async function freshSecretOf(key: TestKey): Promise<MintedKeyAnswer> {
    return expectStatus(await act(key, 'rotate', {}), 200).data<MintedKeyAnswer>();
  }

  it(
    'two changes of one state: one is done, one is refused',
    async () => {
      const { id } = await apiKeyOf(jane);
      const path = `/api-keys/${id}`;
      await everyRound(async (round) => {
        const { etag = '' } = (await jane.client.get(path)).headers;
        const change = (name: string, service: TestService): Promise<Reply> =>
          jane.client.at(service).patch(path, { name }, { headers: { 'if-match': etag } });
        const replies = await Promise.all([change(`a${round}`, here), change(`b${round}`, there)]);
        expect(statuses(replies)).toEqual([200, 412]);
        const done = replies.find(({ status }) => status === 200)?.data<Key>();
        expect((await jane.client.get(path)).data()).toEqual(done);
      });
    },
    patience,
  );
});
