// A small cluster for counters-cluster.spec.ts: `node --import … cluster.fixture.ts <scene>`.
import cluster from 'node:cluster';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { RateLimiterClusterMaster } from 'rate-limiter-flexible';
import { Counters, type CountingStatus } from './counters.js';

interface Findings {
  counts: number[];
  statuses: CountingStatus[];
}

const scenes: Record<
  string,
  { workers: number; play: (counters: Counters, found: Findings) => Promise<void> }
> = {
  /** Every worker counts a hundred requests of one key, at once. */
  count: {
    workers: 4,
    play: async (counters, { counts }) => {
      const window = counters.window('requests', 60);
      const results = await Promise.all(Array.from({ length: 100 }, () => window.penalty('key')));
      counts.push(...results.map(({ consumedPoints }) => consumedPoints));
    },
  },
  /** The primary does something else for two seconds and a half. */
  busy: {
    workers: 1,
    play: async (counters, found) => {
      const window = counters.window('requests', 60);
      process.send?.('be busy');
      await sleep(100);
      for (let round = 0; round < 3; round++) found.counts.push((await window.penalty('key')).consumedPoints);
      while (counters.status() === 'fallback') await sleep(50);
    },
  },
  /** The channel to the primary is cut. */
  gone: {
    workers: 1,
    play: async (counters, found) => {
      const window = counters.window('requests', 60);
      const disconnected = once(process, 'disconnect');
      cluster.worker?.disconnect();
      await disconnected;
      for (let round = 0; round < 3; round++) found.counts.push((await window.penalty('key')).consumedPoints);
    },
  },
};

const scene = scenes[process.argv[2] ?? ''];
if (scene === undefined) throw new Error('Name a scene.');

if (cluster.isPrimary) {
  new RateLimiterClusterMaster();
  cluster.on('message', (_worker, message) => {
    const until = Date.now() + (message === 'be busy' ? 2_500 : 0);
    while (Date.now() < until);
  });
  for (let at = 0; at < scene.workers; at++) cluster.fork();
} else {
  const found: Findings = { counts: [], statuses: [] };
  const counters = await Counters.open({
    inCluster: true,
    onChange: (status) => found.statuses.push(status),
  });
  found.statuses.unshift(counters.status());
  await scene.play(counters, found);
  await counters.close();
  process.stdout.write(`${JSON.stringify(found)}\n`, () => process.exit(0));
}
