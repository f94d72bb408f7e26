import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { joinDatabase } from '../runtime/database-location.js';
import { explainFailure } from '../runtime/explain-failure.js';
import { openRuntime } from '../runtime/open-runtime.js';
import { returnStartMemory } from '../runtime/start-memory.js';
import { announce } from '../service/announcement.js';
import { closeInTime, listen } from './listener.js';
import { Primary } from './primary-link.js';
import { untilAborted, type Start } from './start.js';

/** How long the requests under way have when the primary has died, in milliseconds. */
const closeWithinWhenLost = 2_000;

/**
 * Serves HTTP as one of several processes until the signal, or until the primary says so or is gone. What goes wrong is
 * told to the primary, which knows whether it is a failed start; then this process ends with 1.
 */
export async function serveAsWorker(start: Start): Promise<void> {
  const primary = new Primary();
  const signal = AbortSignal.any([start.signal, primary.stops]);
  try {
    await serveUntil(signal, primary, { ...start, signal });
  } catch (error) {
    if (error === signal.reason) return;
    await primary.tell({ credvault: 'failed', explanation: explainFailure(error) });
    process.exitCode = 1;
  }
}

async function serveUntil(signal: AbortSignal, primary: Primary, start: Start): Promise<void> {
  const runtime = await openRuntime({ ...start, location: await joinDatabase(start.settings) });
  let app: NestFastifyApplication | undefined;
  try {
    signal.throwIfAborted();
    app = await listen(runtime);
    returnStartMemory();
    await primary.tell({ credvault: 'listening' });
    const order = await Promise.race([primary.announcement, untilAborted(signal)]);
    if (order) {
      const lines: string[] = [];
      await announce(app, { runtime, say: (line) => lines.push(line), metricsUrl: order.metricsUrl });
      await primary.tell({ credvault: 'announced', lines });
    }
    await untilAborted(signal);
  } finally {
    if (app) await closeInTime(app, primary.isLost ? closeWithinWhenLost : undefined);
    await runtime.close();
  }
}
