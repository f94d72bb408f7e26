import type { SecretPage } from '../fault/service/api-client.ts';
import { median } from './median.ts';
import type { Scene } from './scene.ts';

/** Requests of each kind to each vault; small and large take turns, so that noise meets both alike. */
const requests = 120;

/** How much longer the large vault takes than the small one: a ratio of median latencies, in milliseconds. */
export interface SizeRatio {
  name: string;
  smallMs: number;
  largeMs: number;
  ratio: number;
  rps: number;
  p99Ms: number;
}

/** Compares a vault of 100,000 secrets with one of 100. Names only: revealing 50 values costs both the same and would hide a difference. */
export async function measureVaultSize(scene: Scene): Promise<SizeRatio[]> {
  const small = `/vaults/${scene.smallVault}/secrets?reveal=false`;
  const large = `/vaults/${scene.largeVault}/secrets?reveal=false`;
  const pairs: [name: string, small: string, large: string][] = [
    ['first page', `${small}&limit=50`, `${large}&limit=50`],
    ['cursor page', await secondHalf(scene, small, 50), await secondHalf(scene, large, 1_000)],
    ['search, 10 matches', `${small}&limit=50&search=needle`, `${large}&limit=50&search=needle`],
    ['search, all match', `${small}&limit=50&search=setting`, `${large}&limit=50&search=setting`],
  ];
  const ratios: SizeRatio[] = [];
  for (const [name, smallPath, largePath] of pairs)
    ratios.push(await compare(scene, name, smallPath, largePath));
  return ratios;
}

async function compare(scene: Scene, name: string, small: string, large: string): Promise<SizeRatio> {
  const [smallTimes, largeTimes]: [number[], number[]] = [[], []];
  for (let i = -10; i < requests; i += 1) {
    const smallMs = await timeOf(scene, small);
    const largeMs = await timeOf(scene, large);
    // The first few warm both vaults up.
    if (i < 0) continue;
    smallTimes.push(smallMs);
    largeTimes.push(largeMs);
  }
  const [smallMs, largeMs] = [median(smallTimes), median(largeTimes)];
  const p99Ms = largeTimes.toSorted((a, b) => a - b)[Math.floor(requests * 0.99)] ?? NaN;
  return { name, smallMs, largeMs, ratio: largeMs / smallMs, rps: 1_000 / largeMs, p99Ms };
}

async function timeOf({ client }: Scene, path: string): Promise<number> {
  const begin = performance.now();
  await client.call('GET', path);
  return performance.now() - begin;
}

/** The page of 50 that begins in the middle of a vault, reached by cursor in strides. */
async function secondHalf({ client }: Scene, list: string, stride: number): Promise<string> {
  let cursor = '';
  let seen = 0;
  for (;;) {
    const page = await client.call<SecretPage>('GET', `${list}&limit=${stride}${cursor}`);
    seen += page.data.length;
    if (page.pagination.nextCursor === null) throw new Error('the cursor ended before the middle');
    cursor = `&cursor=${encodeURIComponent(page.pagination.nextCursor)}`;
    if (seen >= page.pagination.total / 2) return `${list}&limit=50${cursor}`;
  }
}
