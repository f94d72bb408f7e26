import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import readTypeScript from './read-typescript.mjs';

const here = import.meta.dirname;

/** Starts the one PostgreSQL of this run (`cluster-process.ts`) and tells the suites where it is. */
export default async function startCluster() {
  const loader = join(here, 'typescript-loader.mjs');
  const child = spawn(process.execPath, ['--import', loader, join(here, 'cluster-process.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // A session of its own: Ctrl-C ends the run, and the end of the run ends the cluster in order.
    detached: true,
  });
  const ended = once(child, 'exit');
  globalThis.stopTestCluster = async () => {
    child.stdin.end();
    await ended;
  };
  const failed = ended.then(([code]) => {
    throw new Error(
      `The PostgreSQL of the tests did not start (exit code ${code}); the reason stands above.`,
    );
  });
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), failed]);
  failed.catch(() => undefined);
  process.env.CREDVAULT_TEST_CLUSTER = line;
  readTypeScript();
}
