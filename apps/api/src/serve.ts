import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readSettings } from '@credvault/config/settings.js';
import type { CommitDurability } from '@credvault/database/data-source.js';
import { createApp } from './create-app.js';
import { createLogger } from './runtime/logger.js';
import { openRuntime } from './runtime/open-runtime.js';
import type { Runtime } from './runtime/runtime.js';
import { returnStartMemory } from './runtime/start-memory.js';
import { stopSignals } from './runtime/stop-signals.js';
import { announce } from './service/announcement.js';

const closeWithin = 10_000;

export interface ServeOptions {
  environment: NodeJS.ProcessEnv;
  /** For the crash suite alone; no setting reaches it. */
  durability?: CommitDurability;
}

/**
 * Starts the service and serves until SIGINT or SIGTERM, then stops in order: no new requests, those under way answered,
 * buffers written, database closed, embedded PostgreSQL stopped. During the start, it stops after the step under way.
 */
export async function serve({ environment, durability }: ServeOptions): Promise<void> {
  const settings = readSettings(environment);
  const logger = createLogger(settings.logLevel);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const signal = stopSignals();
  say('CredVault is starting');
  try {
    const runtime = await openRuntime({
      settings,
      logger,
      durability,
      signal,
      onProgress: (step) => say(`  ${step}`),
      onLeaseLost: (reason) => {
        process.stderr.write(`${reason}\n`);
        process.exit(1);
      },
    });
    await serveUntil(signal, runtime, say);
  } catch (error) {
    if (error !== signal.reason) throw error;
  } finally {
    logger.flush();
  }
  say('CredVault has stopped');
}

async function serveUntil(signal: AbortSignal, runtime: Runtime, say: (line: string) => void): Promise<void> {
  let app: NestFastifyApplication | undefined;
  try {
    signal.throwIfAborted();
    app = await listen(runtime);
    returnStartMemory();
    signal.throwIfAborted();
    await announce(app, runtime, say);
    await untilAborted(signal);
    say('CredVault is stopping');
  } finally {
    if (app) await closeInTime(app);
    await runtime.close();
  }
}

async function listen(runtime: Runtime): Promise<NestFastifyApplication> {
  const { settings } = runtime;
  const app = await createApp(runtime);
  try {
    await app.listen(settings.port, settings.host);
    return app;
  } catch (error) {
    await app.close();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(
      `Port ${settings.port} on ${settings.host} is in use already. Stop the other program, or choose another port: PORT=3001 npm start`,
      { cause: error },
    );
  }
}

/** Lets the requests under way be answered; connections that take longer than 10 s are cut. */
async function closeInTime(app: NestFastifyApplication): Promise<void> {
  const cut = setTimeout(() => app.getHttpServer().closeAllConnections(), closeWithin);
  await app.close();
  clearTimeout(cut);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
