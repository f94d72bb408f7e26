import { setTimeout as sleep } from 'node:timers/promises';
import { signUp, type Person } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { RedisServer } from './redis-server.js';

/** Requests a minute of one session; over-admission of at most 1 % would be two of them. */
const limit = 200;
/** After so long a request counts as held up for ever. */
const patienceMs = 10_000;
let redis: RedisServer;
let services: [TestService, TestService];

beforeAll(async () => {
  redis = await RedisServer.start();
  const environment = { REDIS_URL: redis.url, CREDVAULT_SESSION_LIMIT: String(limit) };
  const first = await startTestService({ environment });
  services = [first, await startTestService({ environment, sharing: first })];
});
afterAll(async () => {
  redis.goOn();
  await services[1].stop();
  await services[0].stop();
  await redis.kill();
});

interface Answer {
  status: number;
  retryAfter: string | null;
  /** Requests left in the window. */
  remaining: number;
}

async function ask(service: TestService, { session }: Person): Promise<Answer> {
  const response = await fetch(`${service.url}/api/v1/me`, {
    headers: { authorization: `Bearer ${session}` },
    signal: AbortSignal.timeout(patienceMs),
  });
  await response.text();
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    remaining: Number(/;r=(\d+)/.exec(response.headers.get('ratelimit') ?? '')?.[1]),
  };
}

/** Sends that many requests to each service, 40 at once. */
async function flood(person: Person, each: number, at = services.slice()): Promise<Answer[]> {
  const answers: Answer[] = [];
  const send = async (service: TestService, count: number): Promise<void> => {
    for (let round = 0; round < count; round++) answers.push(await ask(service, person));
  };
  await Promise.all(at.flatMap((service) => Array.from({ length: 20 }, () => send(service, each / 20))));
  return answers;
}

const countOf = (answers: Answer[], status: number): number =>
  answers.filter((answer) => answer.status === status).length;

async function limitsOf(service: TestService): Promise<{ ready: number; limits: string }> {
  const response = await fetch(`${service.url}/health/ready`);
  const { data } = (await response.json()) as { data: { checks: { limits: string } } };
  return { ready: response.status, limits: data.checks.limits };
}

async function until(limits: string): Promise<void> {
  for (const service of services) while ((await limitsOf(service)).limits !== limits) await sleep(50);
}

const linesOf = ({ logs }: TestService, words: string): string[] =>
  logs.filter((line) => line.includes(words));

describe('two services with one Redis', () => {
  it('admit together exactly the limit', async () => {
    const person = await signUp(services[0]);
    await until('shared');
    const { remaining } = await ask(services[1], person);
    const answers = await flood(person, 300);
    expect(countOf(answers, 200)).toBeGreaterThanOrEqual(remaining);
    expect(countOf(answers, 200)).toBeLessThanOrEqual(remaining + limit * 0.01);
    expect(countOf(answers, 429)).toBe(600 - countOf(answers, 200));
    for (const { status, retryAfter } of answers)
      expect(retryAfter).toEqual(status === 429 ? expect.stringMatching(/^([1-9]|[1-5]\d|60)$/) : null);
  });

  it('keep no token and no e-mail address in it', async () => {
    const person = await signUp(services[0]);
    await fetch(`${services[0].url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': person.address },
      body: JSON.stringify({ email: 'somebody.unknown@example.com', password: 'wrong' }),
    });
    await ask(services[1], person);
    const keys = await redis.keys();
    expect(keys.filter((key) => key.startsWith('credvault:requests:session:'))).not.toEqual([]);
    expect(keys.filter((key) => key.startsWith('credvault:sign-in:'))).not.toEqual([]);
    for (const key of keys) expect(key).not.toMatch(/@|cvs_|cvr_|ck_live_|somebody/);
  });

  it('answer, count for themselves and say so while it is away, and count together again when it is back', async () => {
    const person = await signUp(services[0]);
    const before = services.map((service) => linesOf(service, 'counted').length);
    await redis.kill();
    const answers = await flood(person, 300);
    expect(countOf(answers, 200)).toBe(2 * limit);
    expect(countOf(answers, 429)).toBe(600 - 2 * limit);
    for (const service of services)
      expect(await limitsOf(service)).toEqual({ ready: 200, limits: 'fallback' });
    await redis.start();
    await until('shared');
    expect(countOf(await flood(person, 300), 200)).toBe(limit);
    services.forEach((service, at) => {
      const told = linesOf(service, 'counted').slice(before[at]);
      expect(told).toHaveLength(2);
      expect(told[0]).toContain('limits are counted by this process alone');
      expect(told[1]).toContain('limits are counted together again');
    });
  });

  it('answer while it hangs, and are held up by it once at most', async () => {
    const person = await signUp(services[0]);
    redis.hang();
    try {
      const held = await flood(person, 20);
      expect(countOf(held, 200)).toBe(40);
      const later = await flood(person, 180);
      expect(countOf(later, 200)).toBe(360);
      for (const service of services)
        expect(await limitsOf(service)).toEqual({ ready: 200, limits: 'fallback' });
    } finally {
      redis.goOn();
    }
    await until('shared');
    expect((await ask(services[0], person)).status).toBe(200);
  });
});
