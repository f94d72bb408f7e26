import { AggregatorRegistry } from 'prom-client';
import { RateLimiterClusterMaster } from 'rate-limiter-flexible';
import { locateDatabase, type DatabaseLocation } from '../runtime/database-location.js';
import { openRuntime } from '../runtime/open-runtime.js';
import { returnStartMemory } from '../runtime/start-memory.js';
import { MetricsListener } from '../service/metrics-listener.js';
import { untilAborted, type Start } from './start.js';
import { Workers } from './workers.js';

/**
 * Serves with several processes that share the port (node:cluster), until the signal. This one, the primary, holds what
 * there must be one of: the embedded PostgreSQL and its data folder, the counters of limits, the metrics of all, and the
 * workers. It answers no request of the API itself.
 */
export async function serveWithWorkers(start: Start): Promise<void> {
  const { settings, signal, say, onLeaseLost } = start;
  const onProgress = (step: string): void => say(`  ${step}`);
  const location = await locateDatabase(settings, { onProgress, onLeaseLost });
  try {
    signal.throwIfAborted();
    await prepareDatabase(start, location, onProgress);
    signal.throwIfAborted();
    await runWorkers(start);
  } finally {
    await location.release();
  }
}

/** Checks and migrates what the workers will open, so that what is wrong is said once, and lets go of it again. */
async function prepareDatabase(
  start: Start,
  location: DatabaseLocation,
  onProgress: (step: string) => void,
): Promise<void> {
  const runtime = await openRuntime({ ...start, location, onProgress });
  await runtime.close();
}

async function runWorkers({ settings, logger, signal, say }: Start): Promise<void> {
  // Listens to the workers from now on: their limits are counted here.
  new RateLimiterClusterMaster();
  const ofAllWorkers = new AggregatorRegistry();
  const metrics = await MetricsListener.open(settings, {
    contentType: ofAllWorkers.contentType,
    metrics: () => ofAllWorkers.clusterMetrics(),
  });
  const workers = new Workers(settings.processes, logger, signal);
  try {
    const announcement = await workers.start(metrics?.url);
    returnStartMemory();
    for (const line of announcement) say(line);
    await untilAborted(signal);
    say('CredVault is stopping');
  } finally {
    await workers.stop();
    metrics?.close();
  }
}
