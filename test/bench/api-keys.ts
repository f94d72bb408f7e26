import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ApiClient,
  firstAccount,
  makeAccount,
  makeApiKey,
  makeVault,
} from '../fault/service/api-client.ts';
import { BuiltService, freePort } from '../fault/service/built-service.ts';
import { startFloor } from './floor.ts';
import { type Case, measureThroughput, type Throughput } from './throughput.ts';

export const apiKeyCase = 'api key: get vault';
const processCounts = [1, 2];
/** More than can be asked in a minute, so that every request is counted and none refused. */
const highLimit = 10_000_000;

/**
 * GET of a vault with an API key: one whose plan has no limit, so that nothing is counted, and one whose requests are
 * counted, which shows what counting costs; with one process and with two, which count in their primary.
 */
export async function measureApiKeys(
  folder: string,
  seconds: number,
  onProgress: (text: string) => void,
): Promise<Throughput[]> {
  const dataDir = path.join(folder, 'api-keys');
  const results: Throughput[] = [];
  let cases: Map<string, Case> | undefined;
  for (const processes of processCounts) {
    const service = await startWith(processes, dataDir);
    cases ??= await makeCases(service.url);
    const floor = await startFloor(dataDir);
    const among = processes === 1 ? '1 process' : `${processes} processes`;
    onProgress(`API keys, ${among}`);
    const measured = await measureThroughput(service.url, floor, cases, seconds, onProgress);
    floor.stop();
    await service.stop();
    results.push(...measured.map((one) => ({ ...one, name: `${one.name}, ${among}` })));
  }
  return results;
}

async function startWith(processes: number, dataDir: string): Promise<BuiltService> {
  const service = await BuiltService.start({
    dataDir,
    port: await freePort(),
    outputFile: `${dataDir}-${processes}.log`,
    environment: { CREDVAULT_PROCESSES: String(processes) },
  });
  // One of several processes answers before all of them listen.
  while (!service.output.includes('CredVault is ready at')) await sleep(20);
  return service;
}

async function makeCases(url: string): Promise<Map<string, Case>> {
  const administrator = await firstAccount(url);
  const { client, organizationId } = await makeAccount(url, 'counted@example.com');
  await administrator.call('PATCH', `/admin/organizations/${organizationId}`, {
    apiKeyRequestsPerMinute: highLimit,
  });
  return new Map([
    [apiKeyCase, await getVault(administrator)],
    [`${apiKeyCase}, counted`, await getVault(client)],
  ]);
}

async function getVault(client: ApiClient): Promise<Case> {
  const vault = await makeVault(client, 'Looked at');
  // The floor reads the row of a secret.
  await client.call('POST', `/vaults/${vault}/secrets`, { key: 'A', value: 'a' });
  const { key } = await makeApiKey(client, 'Bench');
  const headers = { authorization: `Bearer ${key}` };
  return { paths: [`/api/v1/vaults/${vault}`], method: 'GET', headers, expectedStatus: 200 };
}
