import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { Door } from '@credvault/access/door.js';
import { createFastifyAdapter, installHttp } from '@credvault/http/fastify-adapter.js';
import { cloudPrefix } from '@credvault/http/request-target.js';
import { AppModule } from './app.module.js';
import { NestLogger } from './runtime/nest-logger.js';
import type { Runtime } from './runtime/runtime.js';
import { registerRequestFinish } from './service/request-finish.js';

/** Where every endpoint is but those of the cloud-style API, whose controllers say their whole path. */
export const globalPrefix = 'api/v1';

const importBytes = 16 * 1024 * 1024 + 65_536;

/** Makes the application on what the runtime opened; it does not listen yet. */
export async function createApp(runtime: Runtime): Promise<NestFastifyApplication> {
  const { settings, logger } = runtime;
  // The adapter comes before the application whose door it calls.
  const door: { current?: Door } = {};
  const adapter = createFastifyAdapter({
    admit: async (request, reply) => door.current?.admit(request, reply),
    trustedProxies: settings.trustedProxies,
    publicUrl: settings.publicUrl,
    corsOrigins: settings.corsOrigins,
    // The content of an import may have 8 MiB, and JSON writes each line end and quote of it as two characters.
    bodyLimits: [{ method: 'POST', url: `/${globalPrefix}/vaults/:vaultId/import`, bytes: importBytes }],
    logger: quiet(logger),
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRuntime(runtime), adapter, {
    bodyParser: false,
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  door.current = app.get(Door);
  app.setGlobalPrefix(globalPrefix, {
    exclude: ['openapi.json', 'openapi/:file', 'docs', 'docs/:file', `${cloudPrefix.slice(1)}/*rest`],
  });
  installHttp(app);
  registerRequestFinish(adapter.getInstance(), app, logger);
  return app;
}

/** Fastify's own messages from warnings up: that it listens, the start says in words. */
function quiet(logger: Logger): Logger {
  return logger.child({}, { level: logger.isLevelEnabled('warn') ? 'warn' : logger.level });
}
