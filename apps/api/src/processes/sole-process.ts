import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { openRuntime } from '../runtime/open-runtime.js';
import { returnStartMemory } from '../runtime/start-memory.js';
import { announce } from '../service/announcement.js';
import { MetricsService } from '../service/metrics.service.js';
import { closeInTime, listen } from './listener.js';
import { untilAborted, type Start } from './start.js';

/** Serves in this one process until the signal, then stops in order. */
export async function serveAlone(start: Start): Promise<void> {
  const { signal, say } = start;
  const runtime = await openRuntime({ ...start, onProgress: (step) => say(`  ${step}`) });
  let app: NestFastifyApplication | undefined;
  try {
    signal.throwIfAborted();
    app = await listen(runtime);
    returnStartMemory();
    signal.throwIfAborted();
    await announce(app, { runtime, say, metricsUrl: app.get(MetricsService).url });
    await untilAborted(signal);
    say('CredVault is stopping');
  } finally {
    if (app) await closeInTime(app);
    await runtime.close();
  }
}
