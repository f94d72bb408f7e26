import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Checks, must } from './checks.ts';
import { firstAccount, makeVault } from './service/api-client.ts';
import { BuiltService, freePort } from './service/built-service.ts';
import { postmasterPid } from './service/postmaster.ts';

/** A second service on the data folder of one that runs must say so and stop, and the first must not notice. */
export async function checkDataFolder(checks: Checks, folder: string): Promise<void> {
  const dataDir = path.join(folder, 'data-folder');
  const first = await BuiltService.start({ dataDir, port: await freePort(), outputFile: `${dataDir}.log` });
  const client = await firstAccount(first.url);
  const vault = await makeVault(client, 'Mine');
  const postmaster = postmasterPid(dataDir);
  await checks.run('a second service on the same data folder says so and stops', async () => {
    const outputFile = `${dataDir}-second.log`;
    const second = BuiltService.spawn({ dataDir, port: await freePort(), outputFile });
    const { code } = await second.end();
    const said = existsSync(outputFile) ? readFileSync(outputFile, 'utf8') : '';
    must(code === 1, `it ended with ${code}`);
    must(said.includes('Another CredVault process is using the data folder'), `it said: ${said}`);
  });
  await checks.run('a second service on the same data folder leaves the first unharmed', async () => {
    must(postmasterPid(dataDir) === postmaster, 'PostgreSQL was stopped or started again');
    await client.call('POST', `/vaults/${vault}/secrets`, { key: 'STILL_HERE', value: 'yes' });
    await first.ready();
    const restarts = first.output.match(/ended unexpectedly/g);
    must(restarts === null, 'PostgreSQL was started again');
  });
  await first.stop();
}
