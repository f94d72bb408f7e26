import cluster from 'node:cluster';
import { readSettings } from '@credvault/config/settings.js';
import type { CommitDurability } from '@credvault/database/data-source.js';
import type { Start } from './processes/start.js';
import { createLogger } from './runtime/logger.js';
import { stopSignals } from './runtime/stop-signals.js';

export interface ServeOptions {
  environment: NodeJS.ProcessEnv;
  /** For the crash suite alone; no setting reaches it. */
  durability?: CommitDurability;
}

/**
 * Starts the service and serves until SIGINT or SIGTERM, then stops in order: no new requests, those under way answered,
 * buffers written, database closed, embedded PostgreSQL stopped. During the start, it stops after the step under way.
 *
 * With `CREDVAULT_PROCESSES` above 1 this process is the primary, which runs this very program once more for each worker.
 */
export async function serve({ environment, durability }: ServeOptions): Promise<void> {
  const settings = readSettings(environment);
  const start: Start = {
    settings,
    logger: createLogger(settings.logLevel),
    signal: stopSignals(),
    say: (line) => void process.stdout.write(`${line}\n`),
    onLeaseLost: (reason) => {
      process.stderr.write(`${reason}\n`);
      process.exit(1);
    },
    durability,
  };
  // Each kind of process loads what it needs: the primary does without the whole HTTP side.
  if (cluster.isWorker) {
    const { serveAsWorker } = await import('./processes/worker.js');
    return flushing(start, serveAsWorker);
  }
  start.say('CredVault is starting');
  if (settings.processes > 1) {
    const { serveWithWorkers } = await import('./processes/primary.js');
    await flushing(start, serveWithWorkers);
  } else {
    const { serveAlone } = await import('./processes/sole-process.js');
    await flushing(start, serveAlone);
  }
  start.say('CredVault has stopped');
}

/** A start that was told to stop has not failed. */
async function flushing(start: Start, work: (start: Start) => Promise<void>): Promise<void> {
  try {
    await work(start);
  } catch (error) {
    if (error !== start.signal.reason) throw error;
  } finally {
    start.logger.flush();
  }
}
