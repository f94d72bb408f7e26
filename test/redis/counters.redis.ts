import { setTimeout as sleep } from 'node:timers/promises';
import { Counters, type CountingStatus } from '@credvault/rate-limit/counters.js';
import type { Window } from '@credvault/rate-limit/window.js';
import { RedisServer } from './redis-server.js';

/** Counters on a Redis, with what they told. */
interface Instance {
  counters: Counters;
  window: Window;
  told: CountingStatus[];
}

let redis: RedisServer;
const instances: Instance[] = [];

beforeEach(async () => {
  redis = await RedisServer.start({ password: 'p@ss/w?rd#1%' });
});
afterEach(async () => {
  redis.goOn();
  for (const { counters } of instances.splice(0)) await counters.close();
  await redis.kill();
});

async function open(redisUrl = redis.url): Promise<Instance> {
  const told: CountingStatus[] = [];
  const counters = await Counters.open({
    redisUrl,
    inCluster: false,
    onChange: (status) => told.push(status),
  });
  const instance = { counters, window: counters.window('requests', 60), told };
  instances.push(instance);
  return instance;
}

async function until(instance: Instance, status: CountingStatus): Promise<void> {
  while (instance.counters.status() !== status) await sleep(20);
}

const countOf = async ({ window }: Instance): Promise<number> => (await window.penalty('key')).consumedPoints;

describe('counters on one Redis', () => {
  it('count together exactly, however many at once', async () => {
    const both = [await open(), await open()];
    expect(both.map(({ counters }) => counters.status())).toEqual(['shared', 'shared']);
    const counts = await Promise.all(both.flatMap((one) => Array.from({ length: 500 }, () => countOf(one))));
    expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: 1_000 }, (_, at) => at + 1));
    expect(both.flatMap(({ told }) => told)).toEqual([]);
  });

  it('look, take back and forget there', async () => {
    const [one, other] = [await open(), await open()];
    await countOf(one);
    await countOf(one);
    await other.window.reward('key');
    expect(await one.window.get('key')).toMatchObject({ consumedPoints: 1 });
    expect((await one.window.get('key'))!.msBeforeNext).toBeGreaterThan(50_000);
    expect(await other.window.delete('key')).toBe(true);
    expect(await one.window.get('key')).toBeNull();
  });

  it('end a window by itself', async () => {
    const { counters } = await open();
    const short = counters.window('short', 1);
    await short.penalty('key');
    await sleep(1_100);
    expect((await short.penalty('key')).consumedPoints).toBe(1);
  });

  it('keep their keys apart from those of others', async () => {
    await countOf(await open());
    const keys = await redis.keys();
    expect(keys).toContain('credvault:requests:key');
    expect(keys.filter((key) => !key.startsWith('credvault:'))).toEqual([]);
  });
});

describe('counters whose Redis', () => {
  it('is not there begin alone, say so, and find it later', async () => {
    await redis.kill();
    const instance = await open();
    expect(instance.told).toEqual(['fallback']);
    expect(await countOf(instance)).toBe(1);
    await redis.start();
    await until(instance, 'shared');
    expect(instance.told).toEqual(['fallback', 'shared']);
    expect(await countOf(instance)).toBe(1);
  });

  it('takes another password begin alone', async () => {
    const instance = await open(redis.url.replace('1%25@', '2@'));
    expect(instance.told).toEqual(['fallback']);
    expect(await countOf(instance)).toBe(1);
  });

  it('crashes count alone at once, and together again after its restart, which loses counts only', async () => {
    const [one, other] = [await open(), await open()];
    for (let round = 0; round < 5; round++) await countOf(one);
    await redis.kill();
    expect([await countOf(one), await countOf(one), await countOf(other)]).toEqual([1, 2, 1]);
    expect([one.told, other.told]).toEqual([['fallback'], ['fallback']]);
    await redis.start();
    await Promise.all([until(one, 'shared'), until(other, 'shared')]);
    expect([await countOf(one), await countOf(other)]).toEqual([1, 2]);
  });

  it('hangs wait for it once, all at the same time, and never again', async () => {
    const instance = await open();
    await countOf(instance);
    redis.hang();
    const counts = await Promise.all(Array.from({ length: 100 }, () => countOf(instance)));
    expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
    expect(instance.told).toEqual(['fallback']);
    // Longer than a probe takes: it connects, because the kernel takes connections, and gets no answer.
    await sleep(2_500);
    expect(instance.counters.status()).toBe('fallback');
    expect(await countOf(instance)).toBe(101);
    redis.goOn();
    await until(instance, 'shared');
    expect(instance.told).toEqual(['fallback', 'shared']);
  });

  it('hangs end without waiting for it', async () => {
    const { counters } = await open();
    redis.hang();
    await counters.close();
    expect(counters.status()).toBe('fallback');
  });
});
