import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Floor } from './floor.ts';
import type { Load, Measurement } from './load.ts';
import { median } from './median.ts';
import { type Scene, unknownToken } from './scene.ts';

const runProgram = promisify(execFile);

/** Runs of each case; the machine may be noisy, so they are interleaved with runs of the floor. */
const rounds = 3;
const connections = 50;

type Case = Pick<Load, 'paths' | 'method' | 'headers' | 'variety' | 'expectedStatus'>;

/** One line of the result. */
export interface Throughput extends Measurement {
  name: string;
  ratioToFloor: number;
}

/** The loads whose throughput is measured, by name. */
export function throughputCases(scene: Scene): Map<string, Case> {
  const secrets = `/api/v1/vaults/${scene.vaultOf50}/secrets`;
  const headers = { authorization: `Bearer ${scene.client.token}` };
  const get = { method: 'GET', headers, expectedStatus: 200 } as const;
  const post = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' } } as const;
  const create = { ...post, variety: 'newSecret', expectedStatus: 201 } as const;
  const vaults = scene.emptyVaults.map((id) => `/api/v1/vaults/${id}/secrets`);
  return new Map<string, Case>([
    ['get secret', { ...get, paths: [`${secrets}/${scene.secret.id}`] }],
    ['list vault of 50', { ...get, paths: [secrets] }],
    ['create secret', { ...create, paths: vaults }],
    ['create secret, one vault', { ...create, paths: vaults.slice(0, 1) }],
    [
      'refused request',
      {
        ...get,
        paths: [secrets],
        headers: { authorization: `Bearer ${unknownToken()}` },
        variety: 'newAddress',
        expectedStatus: 401,
      },
    ],
  ]);
}

/** Measures the cases and the floor in turns; each case counts relative to the floor just before and after it. */
export async function measureThroughput(
  url: string,
  floor: Floor,
  cases: Map<string, Case>,
  seconds: number,
  onProgress: (text: string) => void,
): Promise<Throughput[]> {
  const share = seconds / rounds;
  const floorCase: Case = { paths: ['/'], method: 'GET', headers: {}, expectedStatus: 200 };
  const measureFloor = (): Promise<Measurement> =>
    measure({ ...floorCase, url: floor.url, connections, seconds: share });
  await warmUp(url, cases);
  const runs = new Map<string, (Measurement & { ratio: number })[]>();
  const floorRuns = [await measureFloor()];
  for (let round = 1; round <= rounds; round += 1) {
    for (const [name, one] of cases) {
      onProgress(`${name}, run ${round} of ${rounds}`);
      const run = await measure({ ...one, url, connections, seconds: share });
      const before = floorRuns.at(-1)?.rps ?? NaN;
      const after = await measureFloor();
      floorRuns.push(after);
      runs.set(name, [...(runs.get(name) ?? []), { ...run, ratio: (2 * run.rps) / (before + after.rps) }]);
    }
  }
  const results = [...runs].map(([name, of]) => ({
    name,
    ...medianRun(of),
    ratioToFloor: median(of.map(({ ratio }) => ratio)),
  }));
  return [{ name: 'floor', ...medianRun(floorRuns), ratioToFloor: 1 }, ...results];
}

function medianRun(runs: Measurement[]): Measurement {
  return {
    rps: median(runs.map(({ rps }) => rps)),
    p50Ms: median(runs.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(runs.map(({ p99Ms }) => p99Ms)),
  };
}

/** Lets caches fill and the compiler see the code before anything counts. */
async function warmUp(url: string, cases: Map<string, Case>): Promise<void> {
  for (const one of cases.values()) await measure({ ...one, url, connections: 4, seconds: 1 });
}

async function measure(load: Load): Promise<Measurement> {
  const program = path.join(import.meta.dirname, 'load.ts');
  const { stdout } = await runProgram(process.execPath, [program, JSON.stringify(load)]);
  return JSON.parse(stdout) as Measurement;
}
