import type { Floor } from './floor.ts';
import type { Load, Measurement } from './load.ts';
import { median } from './median.ts';
import { measureLoad } from './run-load.ts';
import { type Scene, unknownToken } from './scene.ts';

/** Runs of each case; the machine may be noisy, so they are interleaved with runs of the floor. */
const rounds = 3;
const connections = 50;

/** What is sent, whatever it is sent to. */
export type Case = Pick<Load, 'paths' | 'method' | 'headers' | 'variety' | 'expectedStatus'>;

/** One line of the result. */
export interface Throughput extends Measurement {
  name: string;
  ratioToFloor: number;
}

/** The loads whose throughput is measured, by name. */
export const throughputCases = new Map<string, (scene: Scene) => Case>([
  ['get secret', (scene) => ({ ...get(scene), paths: [`${secretsOf(scene.vaultOf50)}/${scene.secret.id}`] })],
  ['list vault of 50', (scene) => ({ ...get(scene), paths: [secretsOf(scene.vaultOf50)] })],
  ['create secret', (scene) => ({ ...create(scene), paths: scene.emptyVaults.map(secretsOf) })],
  [
    'create secret, one vault',
    (scene) => ({ ...create(scene), paths: scene.emptyVaults.slice(0, 1).map(secretsOf) }),
  ],
  [
    'refused request',
    ({ vaultOf50 }) => ({
      paths: [secretsOf(vaultOf50)],
      method: 'GET',
      headers: bearer(unknownToken('ck_live_')),
      variety: 'newAddress',
      expectedStatus: 401,
    }),
  ],
]);

function secretsOf(vault: string): string {
  return `/api/v1/vaults/${vault}/secrets`;
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

function get({ client }: Scene): Omit<Case, 'paths'> {
  return { method: 'GET', headers: bearer(client.token), expectedStatus: 200 };
}

function create({ client }: Scene): Omit<Case, 'paths'> {
  const headers = { ...bearer(client.token), 'content-type': 'application/json' };
  return { method: 'POST', headers, variety: 'newSecret', expectedStatus: 201 };
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
    measureLoad({ ...floorCase, url: floor.url, connections, seconds: share });
  await warmUp(url, cases);
  const runs = new Map<string, (Measurement & { ratio: number })[]>();
  const floorRuns = [await measureFloor()];
  for (let round = 1; round <= rounds; round += 1) {
    for (const [name, one] of cases) {
      onProgress(`${name}, run ${round} of ${rounds}`);
      const run = await measureLoad({ ...one, url, connections, seconds: share });
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
  for (const one of cases.values()) await measureLoad({ ...one, url, connections: 4, seconds: 1 });
}
