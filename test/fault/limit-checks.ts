import { Agent, get as httpGet } from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Checks, must } from './checks.ts';
import { makeApiKey, makeAccount } from './service/api-client.ts';
import { BuiltService, freePort, setupToken } from './service/built-service.ts';

const processes = 4;
const limit = 500;
/** More than one process alone would admit, were each to count for itself. */
const requests = processes * limit;
const atOnce = 40;
/** Share of the limit by which all processes together may admit too many. */
const tolerance = 0.01;

/** Four processes on one port count the requests of a key together. */
export async function checkLimits(checks: Checks, folder: string): Promise<void> {
  const dataDir = path.join(folder, 'limits');
  const environment = { CREDVAULT_PROCESSES: String(processes) };
  const service = await BuiltService.start({
    dataDir,
    port: await freePort(),
    outputFile: `${dataDir}.log`,
    environment,
  });
  // Ready is the first process; announced is the service when all of them listen.
  while (!service.output.includes('There is no account yet')) await sleep(50);
  const { client, organizationId } = await makeAccount(service.url, 'operator@example.com', setupToken);
  await client.call('PATCH', `/admin/organizations/${organizationId}`, { apiKeyRequestsPerMinute: limit });
  const { key } = await makeApiKey(client, 'hammered');

  await checks.run(`${processes} processes admit ${limit} requests of a key together, not each`, async () => {
    const answers = await hammer(`${service.url}/api/v1/vaults`, key);
    const admitted = answers.filter(({ status }) => status === 200).length;
    const refused = answers.filter(({ status }) => status === 429);
    must(admitted + refused.length === requests, 'there were other answers than 200 and 429');
    must(admitted >= limit && admitted <= limit * (1 + tolerance), `${admitted} requests were admitted`);
    must(
      refused.every(({ retryAfter }) => retryAfter >= 1 && retryAfter <= 60),
      'a refused request was told to wait for nothing, or for longer than the window',
    );
    const pids = new Set(service.output.split('\n').flatMap(answeringPid));
    must(pids.size === processes, `${pids.size} processes answered`);
  });
  await service.stop();
}

/** The process that a log line of a request to the vaults is from. */
function answeringPid(line: string): string[] {
  const pid = line.includes('"route":"/vaults"') ? /"pid":(\d+)/.exec(line)?.[1] : undefined;
  return pid === undefined ? [] : [pid];
}

interface Answer {
  status: number;
  /** Seconds; 0 without the header. */
  retryAfter: number;
}

/** Sends the requests, each on a connection of its own, so that every process gets some. */
async function hammer(url: string, key: string): Promise<Answer[]> {
  const agent = new Agent({ keepAlive: false, maxSockets: atOnce });
  const ask = (): Promise<Answer> =>
    new Promise((resolve, reject) => {
      httpGet(url, { agent, headers: { 'x-api-key': key } }, (response) => {
        const { statusCode = 0, headers } = response;
        response.resume().once('end', () => {
          resolve({ status: statusCode, retryAfter: Number(headers['retry-after'] ?? 0) });
        });
      }).once('error', reject);
    });
  return Promise.all(Array.from({ length: requests }, ask));
}
