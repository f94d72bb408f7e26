import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const root = join(import.meta.dirname, '../..');

describe('Counters of a cluster', () => {
  /** Runs the cluster of the fixture and returns what its workers say of themselves, one object a line. */
  async function runCluster(scene: string): Promise<{ counts: number[]; statuses: string[] }[]> {
    const loader = join(root, 'test/support/typescript-loader.mjs');
    const child = spawn(
      process.execPath,
      ['--import', loader, join(import.meta.dirname, 'cluster.fixture.ts'), scene],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const ended = once(child, 'exit');
    const lines = (await text(child.stdout)).trim().split('\n');
    expect(await ended).toEqual([0, null]);
    return lines.map((line) => JSON.parse(line) as { counts: number[]; statuses: string[] });
  }

  it('count together exactly', async () => {
    const workers = await runCluster('count');
    expect(workers.map(({ statuses }) => statuses)).toEqual(Array(4).fill(['cluster']));
    const counts = workers.flatMap((worker) => worker.counts).sort((a, b) => a - b);
    expect(counts).toEqual(Array.from({ length: 400 }, (_, at) => at + 1));
  });

  it('count in the process while the primary is busy, and together again afterwards', async () => {
    for (const { counts, statuses } of await runCluster('busy')) {
      expect(statuses).toEqual(['cluster', 'fallback', 'cluster']);
      expect(counts.slice(0, 3)).toEqual([1, 2, 3]);
    }
  });

  it('count in the process when the primary is gone', async () => {
    for (const { counts, statuses } of await runCluster('gone')) {
      expect(statuses).toEqual(['cluster', 'fallback']);
      expect(counts).toEqual([1, 2, 3]);
    }
  });
});
