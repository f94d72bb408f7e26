import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Checks, must } from './checks.ts';
import { ApiClient, type ApiSecret, firstAccount, makeVault } from './service/api-client.ts';
import { BuiltService, freePort, type ServiceOptions } from './service/built-service.ts';
import { postmasterPid } from './service/postmaster.ts';

const clients = 16;
/** A request counts as under way at the signal when it was sent this long before, in milliseconds. */
const sentBefore = 10;

/**
 * Ctrl-C and SIGTERM must end the service and its PostgreSQL in order, with nothing lost and everything answered.
 *
 * @param processes with how many processes the service serves
 */
export async function checkStops(checks: Checks, folder: string, processes: number): Promise<void> {
  const dataDir = path.join(folder, `stop-${processes}`);
  const environment = { CREDVAULT_PROCESSES: String(processes) };
  const options: ServiceOptions = {
    dataDir,
    port: await freePort(),
    outputFile: `${dataDir}.log`,
    environment,
  };
  const among = processes === 1 ? '' : ` (${processes} processes)`;
  let service = await BuiltService.start(options);
  const client = await firstAccount(service.url);
  const vault = await makeVault(client, 'Kept');
  const made = await client.call<{ data: ApiSecret }>('POST', `/vaults/${vault}/secrets`, {
    key: 'A',
    value: 'kept',
  });
  const secret = `/vaults/${vault}/secrets/${made.data.id}`;
  await checks.run(`Ctrl-C stops the service and PostgreSQL cleanly${among}`, async () => {
    const { code, signal } = await service.stop('SIGINT');
    must(code === 0, `the service ended with ${code ?? signal}`);
    mustBeStopped(dataDir);
  });
  await checks.run(`a second start keeps the data${among}`, async () => {
    service = await BuiltService.start(options);
    const read = await new ApiClient(service.url, client.token).call<{ data: ApiSecret }>('GET', secret);
    must(read.data.value === 'kept', 'the secret has another value');
    const log = readFileSync(path.join(dataDir, 'postgres.log'), 'utf8');
    must(!log.includes('not properly shut down'), 'PostgreSQL had to recover: it was not shut down properly');
  });
  await checks.run(
    `SIGTERM under load answers every request under way, and keeps what it acknowledged${among}`,
    async () => {
      const load = new Load(client, vault, secret);
      await sleep(700);
      const signalled = performance.now();
      const ending = service.stop('SIGTERM');
      await sleep(300);
      await load.stop();
      const { code, signal } = await ending;
      must(code === 0, `the service ended with ${code ?? signal}`);
      mustBeStopped(dataDir);
      const cutOff = load.broken.filter((sentAt) => sentAt < signalled - sentBefore);
      must(cutOff.length === 0, `${cutOff.length} requests under way got no answer`);
      must(load.created.length >= clients, `only ${load.created.length} secrets were made: no load`);
      must(load.strange.length === 0, `answers nobody should get: ${[...new Set(load.strange)].join(', ')}`);
      await mustHold(options, client.token, vault, load.created);
    },
  );
}

function mustBeStopped(dataDir: string): void {
  must(postmasterPid(dataDir) === undefined, 'PostgreSQL still runs');
  must(
    !existsSync(path.join(dataDir, 'postgres', 'postmaster.pid')),
    'PostgreSQL was not shut down in order',
  );
}

async function mustHold(
  options: ServiceOptions,
  token: string,
  vault: string,
  keys: string[],
): Promise<void> {
  const service = await BuiltService.start(options);
  const client = new ApiClient(service.url, token);
  const stored = new Set<string>();
  for (let cursor = ''; ;) {
    const page = await client.call<{ data: ApiSecret[]; pagination: { nextCursor: string | null } }>(
      'GET',
      `/vaults/${vault}/secrets?reveal=false&limit=1000${cursor}`,
    );
    for (const { key } of page.data) stored.add(key);
    if (page.pagination.nextCursor === null) break;
    cursor = `&cursor=${encodeURIComponent(page.pagination.nextCursor)}`;
  }
  await service.stop();
  const lost = keys.filter((key) => !stored.has(key));
  must(lost.length === 0, `acknowledged and lost: ${lost.join(', ')}`);
}

/** Clients that create and read as fast as they can until the service no longer answers. */
class Load {
  readonly created: string[] = [];
  /** When those requests were sent that got no answer. */
  readonly broken: number[] = [];
  readonly strange: number[] = [];
  #isStopping = false;
  readonly #running: Promise<void>[];

  constructor(client: ApiClient, vault: string, secret: string) {
    this.#running = Array.from({ length: clients }, async (_, i) => {
      for (let n = 0; !this.#isStopping; n += 1) {
        const key = `LOAD_${i}_${n}`;
        await this.#send(
          async () => (await client.send('POST', `/vaults/${vault}/secrets`, { key, value: 'v' })).status,
          key,
        );
        await this.#send(async () => (await client.send('GET', secret)).status);
      }
    });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#running);
  }

  async #send(request: () => Promise<number>, key?: string): Promise<void> {
    const sentAt = performance.now();
    try {
      const status = await request();
      if (status === 201 && key !== undefined) this.created.push(key);
      if (status !== 200 && status !== 201) this.strange.push(status);
    } catch {
      this.broken.push(sentAt);
      await sleep(5);
    }
  }
}
