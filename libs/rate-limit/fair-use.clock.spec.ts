import { jest } from '@jest/globals';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '@credvault/http/domain-error.js';
import { Counters } from './counters.js';
import { FairUse, RateLimited, type Allowance } from './fair-use.js';

/** One request: the headers it got, and what refused it. */
interface Outcome {
  headers: Record<string, string>;
  refusal?: RateLimited;
}

const apiKey = (limit: number | undefined, key = 'key 1'): Allowance => ({ policy: 'api-key', key, limit });

describe('FairUse', () => {
  let fairUse: FairUse;

  beforeEach(async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    fairUse = new FairUse(Counters.inProcess());
    await fairUse.onModuleInit();
  });
  afterEach(() => jest.useRealTimers());

  async function send(allowance: Allowance): Promise<Outcome> {
    const outcome: Outcome = { headers: {} };
    const reply = { headers: (headers: Record<string, string>) => Object.assign(outcome.headers, headers) };
    await fairUse
      .admit({} as FastifyRequest, reply as unknown as FastifyReply, allowance)
      .catch((error: unknown) => {
        if (!(error instanceof RateLimited)) throw error;
        outcome.refusal = error;
      });
    return outcome;
  }

  it('admits exactly the limit, and tells what is left and when the window ends', async () => {
    expect((await send(apiKey(3))).headers).toEqual({
      'RateLimit-Policy': '"api-key";q=3;w=60',
      RateLimit: '"api-key";r=2;t=60',
    });
    jest.advanceTimersByTime(20_100);
    expect((await send(apiKey(3))).headers.RateLimit).toBe('"api-key";r=1;t=40');
    expect((await send(apiKey(3))).headers.RateLimit).toBe('"api-key";r=0;t=40');
    expect((await send(apiKey(3))).refusal).toBeInstanceOf(DomainError);
  });

  it('refuses in the words of the product document, with the exact wait', async () => {
    await send(apiKey(1));
    jest.advanceTimersByTime(18_600);
    const { refusal } = await send(apiKey(1));
    expect(refusal).toMatchObject({
      code: 'RATE_LIMITED',
      message: 'Rate limit exceeded',
      details: [{ path: '', code: 'rate_limited', message: 'Wait 42 seconds before retrying.' }],
      headers: {
        'RateLimit-Policy': '"api-key";q=1;w=60',
        RateLimit: '"api-key";r=0;t=42',
        'Retry-After': '42',
      },
    });
  });

  it('tells a wait after which a request is admitted, and before which none is', async () => {
    await send(apiKey(1));
    jest.advanceTimersByTime(300);
    const wait = Number((await send(apiKey(1))).refusal?.headers?.['Retry-After']);
    jest.advanceTimersByTime((wait - 1) * 1_000);
    expect((await send(apiKey(1))).refusal?.headers?.['Retry-After']).toBe('1');
    jest.advanceTimersByTime(1_000);
    expect((await send(apiKey(1))).refusal).toBeUndefined();
  });

  it('does not prolong the wait of whoever keeps sending', async () => {
    for (let second = 0; second < 60; second++) {
      await send(apiKey(1));
      jest.advanceTimersByTime(1_000);
    }
    expect((await send(apiKey(1))).refusal).toBeUndefined();
  });

  it('holds a new plan at once, within the window', async () => {
    for (let request = 0; request < 3; request++) await send(apiKey(2));
    expect((await send(apiKey(2))).refusal).toBeDefined();
    expect((await send(apiKey(10))).headers.RateLimit).toBe('"api-key";r=5;t=60');
    expect((await send(apiKey(6))).refusal).toBeUndefined();
    expect((await send(apiKey(6))).refusal).toBeDefined();
    expect((await send(apiKey(undefined))).headers).toEqual({});
  });

  it('counts and says nothing where there is no limit', async () => {
    for (let request = 0; request < 5; request++)
      expect(await send(apiKey(undefined))).toEqual({ headers: {} });
    expect(await fairUse.peek(apiKey(undefined))).toEqual({ used: 0, remaining: undefined, resetSeconds: 0 });
  });

  it('admits nothing with a limit of none', async () => {
    expect((await send(apiKey(0))).refusal).toBeDefined();
  });

  it('counts every policy and every key by itself', async () => {
    await send(apiKey(1));
    expect((await send(apiKey(1, 'key 2'))).refusal).toBeUndefined();
    expect((await send({ ...apiKey(1), policy: 'test' })).refusal).toBeUndefined();
    expect((await send(apiKey(1))).refusal).toBeDefined();
  });

  it('admits exactly the limit of requests that come at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => send(apiKey(20))));
    expect(outcomes.filter(({ refusal }) => refusal === undefined)).toHaveLength(20);
  });

  it('looks at an allowance without counting', async () => {
    expect(await fairUse.peek(apiKey(3))).toEqual({ used: 0, remaining: 3, resetSeconds: 0 });
    await send(apiKey(3));
    jest.advanceTimersByTime(9_500);
    for (let look = 0; look < 3; look++)
      expect(await fairUse.peek(apiKey(3))).toEqual({ used: 1, remaining: 2, resetSeconds: 51 });
    for (let request = 0; request < 4; request++) await send(apiKey(3));
    expect(await fairUse.peek(apiKey(3))).toEqual({ used: 5, remaining: 0, resetSeconds: 51 });
  });
});
