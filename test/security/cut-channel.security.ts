import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Reply } from '../support/client.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';

/** What is revoked may work for at most this long while the channel is cut (SECURITY, Revocation), in milliseconds. */
const longest = 1_000;

let here: TestService;
let there: TestService;
let person: Person;

beforeAll(async () => {
  here = await startTestService();
  there = await startTestService({ sharing: here });
});
beforeEach(async () => {
  person = await signUp(here);
  for (let count = 0; count < 2; count++)
    for (const service of [here, there]) expectStatus(await use(service), 200);
});
afterAll(async () => {
  await there.stop();
  await here.stop();
});

const use = (service: TestService): Promise<Reply> =>
  new Client(service, { address: person.address, token: person.token }).get('/me');

const pause = async (): Promise<Reply> =>
  expectStatus(await person.sessionClient.post(`/api-tokens/${person.tokenId}/pause`), 200);

/** The part of a channel that hears; a test makes it deaf as a half-open connection is. */
function hearing({ runtime }: TestService): { hear: (payload: string) => void } {
  return runtime.channel as unknown as { hear: (payload: string) => void };
}

async function healthy(service: TestService): Promise<void> {
  while (!service.runtime.channel.isHealthy()) await sleep(20);
}

/** Ends the connections that listen, as a network that breaks does. */
async function endListeners(): Promise<number> {
  const ended = await here.database.rows(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
     AND query ILIKE '%credvault_invalidation%' AND pid <> pg_backend_pid()`,
  );
  return ended.length;
}

describe('while the channel is cut', () => {
  it('a paused token is refused within a second when the listening connections end', async () => {
    expect(await endListeners()).toBe(2);
    await pause();
    await sleep(longest);
    for (const service of [here, there]) expectStatus(await use(service), 401);
    for (const service of [here, there]) await healthy(service);
  });

  it('and also when they end again and again', async () => {
    const until = performance.now() + longest + 200;
    await endListeners();
    await pause();
    while (performance.now() < until) {
      await endListeners();
      await sleep(50);
    }
    for (const service of [here, there]) expectStatus(await use(service), 401);
    for (const service of [here, there]) await healthy(service);
  });

  it('and also when the connection is half open: alive, and silent', async () => {
    const channel = hearing(there);
    const hear = channel.hear;
    channel.hear = () => undefined;
    try {
      await pause();
      await sleep(longest);
      expect(there.runtime.channel.isHealthy()).toBe(false);
      expectStatus(await use(there), 401);
      expectStatus(await person.sessionClient.post(`/api-tokens/${person.tokenId}/resume`), 200);
      expectStatus(await use(there), 200);
    } finally {
      channel.hear = hear;
      await healthy(there);
    }
  });

  it('the service goes on working, by asking the database', async () => {
    const channel = hearing(there);
    const hear = channel.hear;
    channel.hear = () => undefined;
    try {
      await sleep(longest + 50);
      expectStatus(await use(there), 200);
      expectStatus(await new Client(there).get('/health/ready'), 200);
    } finally {
      channel.hear = hear;
      await healthy(there);
    }
  });
});

describe('these checks', () => {
  it('would notice a cache that trusts a deaf channel', async () => {
    const channel = hearing(there);
    const hear = channel.hear;
    const isHealthy = jest.spyOn(there.runtime.channel, 'isHealthy').mockReturnValue(true);
    channel.hear = () => undefined;
    try {
      await pause();
      await sleep(longest);
      expectStatus(await use(here), 401);
      expectStatus(await use(there), 200);
    } finally {
      channel.hear = hear;
      isHealthy.mockRestore();
    }
  });
});
