import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Checks, must } from './checks.ts';
import { type ApiClient, firstAccount } from './service/api-client.ts';
import { BuiltService, freePort, type ServiceOptions } from './service/built-service.ts';
import { beginPost, get } from './service/lone-request.ts';
import { postmasterPid } from './service/postmaster.ts';
import { killProcess, processTable } from './service/processes.ts';

const patience = 20_000;
/** A worker whose primary has died is gone after this, in milliseconds. */
const orphansEndWithin = 5_000;
/** The rest of a request arrives so long after the death of the primary, in milliseconds. */
const lateBy = 300;

/** A service of two processes: they share the port and the work, and the death of one or of their primary costs little. */
export async function checkProcesses(checks: Checks, folder: string): Promise<void> {
  const dataDir = path.join(folder, 'processes');
  const metricsPort = await freePort();
  const environment = { CREDVAULT_PROCESSES: '2', CREDVAULT_METRICS_PORT: String(metricsPort) };
  const options: ServiceOptions = {
    dataDir,
    port: await freePort(),
    outputFile: `${dataDir}.log`,
    environment,
  };
  let service = await BuiltService.start(options);
  await until(() => service.output.includes('There is no account yet'), 'nothing was announced');
  const client = await firstAccount(service.url);

  await checks.run(
    'two processes: the service is announced once, and a taken port stops a start with words',
    async () => {
      must(count(service.output, 'CredVault is ready at') === 1, 'it was not announced exactly once');
      must(
        count(service.output, 'There is no account yet') === 1,
        'the first account was not asked for exactly once',
      );
      await refusesTakenPort(folder, options.port);
    },
  );
  await checks.run('two processes: both answer, and the metrics add them up', () =>
    answerBoth(service, metricsPort),
  );
  await checks.run(
    'two processes: kill -9 of one under load; the other serves on, and a new one joins it',
    () => replaceKilled(service),
  );
  await checks.run(
    'two processes: kill -9 of the primary; the others answer what is under way, leave the port and end, and the next start works',
    async () => {
      service = await outliveOnlyShortly(service, client, options);
    },
  );
  await checks.run('two processes: SIGTERM to the primary alone stops everything in order', async () => {
    const workers = workersOf(service);
    process.kill(service.pid, 'SIGTERM');
    const { code, signal } = await service.end();
    must(code === 0, `the service ended with ${code ?? signal}`);
    must(alive(workers).length === 0, 'a worker outlived its primary');
    must(postmasterPid(dataDir) === undefined, 'PostgreSQL still runs');
    must(
      service.output.trimEnd().endsWith('CredVault has stopped'),
      `its last words: ${service.output.slice(-500)}`,
    );
  });
}

async function refusesTakenPort(folder: string, port: number): Promise<void> {
  const dataDir = path.join(folder, 'processes-port');
  const second = BuiltService.spawn({
    dataDir,
    port,
    outputFile: `${dataDir}.log`,
    environment: { CREDVAULT_PROCESSES: '2' },
  });
  const { code } = await second.end();
  must(code === 1, `with a taken port it ended with ${code}`);
  must(count(second.output, 'is in use already') === 1, `with a taken port it said: ${second.output}`);
  must(postmasterPid(dataDir) === undefined, 'with a taken port its PostgreSQL was left behind');
}

async function answerBoth(service: BuiltService, metricsPort: number): Promise<void> {
  const requests = 40;
  for (let i = 0; i < requests; i += 1) must((await get(`${service.url}/health/live`)) === 200, 'not alive');
  await until(() => logged(service, 'health/live').length === requests, 'not every request was logged');
  const answering = new Set(logged(service, 'health/live').map(({ pid }) => pid));
  const workers = workersOf(service);
  must(
    answering.size === 2 && workers.every((worker) => answering.has(worker)),
    `${[...answering].join(', ')} answered, not the workers ${workers.join(', ')}`,
  );
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  const counted = /^credvault_http_request_duration_seconds_count\{[^}]*health\/live[^}]*\} (\d+)$/m.exec(
    text,
  )?.[1];
  must(Number(counted) === requests, `the metrics count ${counted} of ${requests} requests`);
  for (const name of ['credvault_audit_pending_records', 'credvault_audit_dropped_records_total']) {
    must(text.match(new RegExp(`^${name} \\d+$`, 'gm'))?.length === 1, `${name} is not there once`);
  }
}

async function replaceKilled(service: BuiltService): Promise<void> {
  const [victim = 0, survivor = 0] = workersOf(service);
  const outcomes: { sentAt: number; succeeded: boolean }[] = [];
  let isOver = false;
  const load = Array.from({ length: 8 }, async () => {
    while (!isOver) {
      const sentAt = performance.now();
      const status = await get(`${service.url}/health/ready`).catch(() => 0);
      outcomes.push({ sentAt, succeeded: status === 200 });
    }
  });
  await until(() => outcomes.length > 50, 'there was no load');
  killProcess(victim);
  const newcomer = (): number => workersOf(service).find((pid) => pid !== victim && pid !== survivor) ?? 0;
  const hasAnswered = (pid: number): boolean =>
    logged(service, 'health/ready').some((line) => line.pid === pid);
  await until(() => newcomer() > 0 && hasAnswered(newcomer()), 'the killed process was not replaced');
  const settledAt = performance.now();
  const afterwards = (): typeof outcomes => outcomes.filter(({ sentAt }) => sentAt > settledAt);
  await until(() => afterwards().length > 100, 'it no longer answers');
  isOver = true;
  await Promise.all(load);
  must(alive([survivor]).length === 1, 'the other process died too');
  must(
    afterwards().every(({ succeeded }) => succeeded),
    'requests fail after the replacement',
  );
  // Requests of the killed process break; they are no more than the clients that were waiting then.
  const broken = outcomes.filter(({ succeeded }) => !succeeded).length;
  must(broken <= load.length, `${broken} requests failed`);
  must(service.output.includes('was ended by SIGKILL'), 'the death is not in the log');
}

/** @returns the service, started again on the same port */
async function outliveOnlyShortly(
  service: BuiltService,
  client: ApiClient,
  options: ServiceOptions,
): Promise<BuiltService> {
  const workers = workersOf(service);
  const finish = await beginPost(`${service.url}/api/v1/vaults`, client.token, { name: 'Under way' });
  await service.kill();
  await sleep(lateBy);
  const status = await finish().catch((error: unknown) => String(error));
  must(status === 201, `a request under way was answered with ${status}`);
  await until(() => alive(workers).length === 0, 'workers outlived their primary', orphansEndWithin);
  return BuiltService.start(options);
}

/** The HTTP processes of a service, by process id. */
function workersOf(service: BuiltService): number[] {
  return processTable()
    .filter(({ parent, command }) => parent === service.pid && command.includes('main.js'))
    .map(({ pid }) => pid);
}

function alive(pids: number[]): number[] {
  const living = processTable().filter(({ command }) => command.includes('main.js'));
  return pids.filter((pid) => living.some((process) => process.pid === pid));
}

/** The log lines of requests whose route ends in this. */
function logged(service: BuiltService, route: string): { pid: number; route: string }[] {
  const lines = service.output.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
  return lines
    .map((line) => JSON.parse(line) as { pid: number; route?: string })
    .flatMap((line) => (line.route?.endsWith(route) ? [{ pid: line.pid, route: line.route }] : []));
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

async function until(hasComeAbout: () => boolean, otherwise: string, within = patience): Promise<void> {
  for (const deadline = Date.now() + within; !hasComeAbout(); await sleep(20))
    must(Date.now() < deadline, otherwise);
}
