import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { type Checks, must } from './checks.ts';
import { dumpDatabase } from './dump-database.ts';
import { ApiClient, type ApiSecret, firstAccount, makeVault } from './service/api-client.ts';
import { BuiltService, freePort, type ServiceOptions } from './service/built-service.ts';

/** A wrong root key must stop the start, and nothing may be changed by the attempt. */
export async function checkRootKey(checks: Checks, folder: string): Promise<void> {
  const dataDir = path.join(folder, 'root-key');
  const options: ServiceOptions = { dataDir, port: await freePort(), outputFile: `${dataDir}.log` };
  const service = await BuiltService.start(options);
  const client = await firstAccount(service.url);
  const vault = await makeVault(client, 'Locked');
  const made = await client.call<{ data: ApiSecret }>('POST', `/vaults/${vault}/secrets`, {
    key: 'A',
    value: 'kept',
  });
  const secret = `/vaults/${vault}/secrets/${made.data.id}`;
  // Killed, so that PostgreSQL goes on and can be looked into as the wrong key will find it.
  await service.kill();
  const before = await dumpDatabase(dataDir);
  const keyFile = path.join(dataDir, 'root.key');
  const keyBefore = digest(keyFile);
  await checks.run('a wrong root key refuses to start', async () => {
    const wrong = randomBytes(32).toString('base64');
    await refuses({ ...options, environment: { CREDVAULT_ROOT_KEY: wrong } });
  });
  await checks.run('a missing root key file refuses to start and makes no new key', async () => {
    renameSync(keyFile, `${keyFile}.away`);
    await refuses(options);
    const isMade = existsSync(keyFile);
    renameSync(`${keyFile}.away`, keyFile);
    must(!isMade, 'a new root key was made beside data that it cannot open');
  });
  await checks.run(
    'a wrong root key changes nothing: tables, schema, roles and key file are as before',
    async () => {
      const again = await BuiltService.start(options);
      const after = await dumpDatabase(dataDir);
      must(digest(keyFile) === keyBefore, 'the root key file was changed');
      for (const [part, content] of before) must(after.get(part) === content, `${part} was changed`);
      must(after.size === before.size, 'there are new tables');
      const read = await new ApiClient(again.url, client.token).call<{ data: ApiSecret }>('GET', secret);
      must(read.data.value === 'kept', 'the secret cannot be read with the right key any more');
      await again.stop();
    },
  );
}

async function refuses(options: ServiceOptions): Promise<void> {
  const outputFile = `${options.dataDir}-refused.log`;
  const refused = BuiltService.spawn({ ...options, outputFile });
  const { code } = await refused.end();
  must(code === 1, `it ended with ${code}: ${refused.output}`);
  must(/root key/i.test(refused.output), `it does not speak of the root key: ${refused.output}`);
}

function digest(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
