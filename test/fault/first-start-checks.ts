import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Checks, must } from './checks.ts';
import { firstAccount, makeVault } from './service/api-client.ts';
import { BuiltService, freePort, type ServiceOptions } from './service/built-service.ts';
import { removeDataFolder } from './service/temporary-folder.ts';

/** kill -9 at random moments of a first start (initdb, start of PostgreSQL, migration); the next start must just work. */
export async function checkFirstStarts(checks: Checks, folder: string, times: number): Promise<void> {
  const whole = await firstStartMs(path.join(folder, 'first-start'));
  const moments: string[] = [];
  await checks.run(`kill -9 during the first start, ${times} times: the next start works`, async () => {
    for (let i = 0; i < times; i += 1) {
      // One moment in each part of the start, so that few rounds still meet all of its steps.
      const moment = ((i + Math.random()) / times) * whole;
      moments.push(moment.toFixed(0));
      await killAt(moment, path.join(folder, `first-start-${i}`));
    }
  });
  process.stdout.write(`     (killed after ${moments.join(', ')} of about ${whole.toFixed(0)} ms)\n`);
}

async function firstStartMs(dataDir: string): Promise<number> {
  const begin = performance.now();
  const service = await BuiltService.start({ dataDir, port: await freePort() });
  const whole = performance.now() - begin;
  await service.stop();
  removeDataFolder(dataDir);
  return whole;
}

async function killAt(moment: number, dataDir: string): Promise<void> {
  const options: ServiceOptions = { dataDir, port: await freePort(), outputFile: `${dataDir}.log` };
  const killed = BuiltService.spawn(options);
  await sleep(moment);
  await killed.kill();
  const service = await BuiltService.start(options).catch((error: unknown) => {
    throw new Error(`killed after ${moment.toFixed(0)} ms, it did not start again: ${String(error)}`);
  });
  const client = await firstAccount(service.url);
  const vault = await makeVault(client, 'After the crash');
  const made = await client.call<{ data: { id: string } }>('POST', `/vaults/${vault}/secrets`, {
    key: 'A',
    value: 'b',
  });
  const read = await client.call<{ data: { value: string } }>(
    'GET',
    `/vaults/${vault}/secrets/${made.data.id}`,
  );
  must(read.data.value === 'b', `killed after ${moment.toFixed(0)} ms, it does not keep secrets`);
  await service.stop();
  removeDataFolder(dataDir);
}
