import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiClient } from '../fault/service/api-client.ts';
import { BuiltService, freePort } from '../fault/service/built-service.ts';
import { median } from './median.ts';
import type { Scene } from './scene.ts';

const starts = 3;
const idleMs = 10_000;

/** What a process costs that has little to do. */
export interface Resources {
  /** From the spawn of the program to the first 200 of `/health/ready`, on existing data. */
  warmStartMs: number;
  /** Resident memory of the API process after its start, a few requests and 10 s without any. */
  idleBytes: number;
}

/** Starts the stopped service a few times and looks at the last one. */
export async function measureResources(dataDir: string, scene: Scene): Promise<Resources> {
  const times: number[] = [];
  let idleBytes = NaN;
  for (let i = 1; i <= starts; i += 1) {
    const port = await freePort();
    const begin = performance.now();
    const service = await BuiltService.start({ dataDir, port });
    times.push(performance.now() - begin);
    if (i === starts) idleBytes = await memoryWhenIdle(service, scene);
    await service.stop();
  }
  return { warmStartMs: median(times), idleBytes };
}

async function memoryWhenIdle(service: BuiltService, scene: Scene): Promise<number> {
  const client = new ApiClient(service.url, scene.client.token);
  for (let i = 0; i < 20; i += 1) {
    await client.call('GET', `/vaults/${scene.vaultOf50}/secrets/${scene.secret.id}`);
    await client.call('GET', `/vaults/${scene.vaultOf50}/secrets`);
    await client.call('GET', '/vaults');
  }
  await sleep(idleMs);
  return 1_024 * Number(execFileSync('ps', ['-o', 'rss=', '-p', String(service.pid)], { encoding: 'utf8' }));
}
