import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../create-app.js';
import type { Runtime } from '../runtime/runtime.js';

/**
 * Makes the application and lets it listen.
 *
 * @throws Error in words for the operator when the port is taken
 */
export async function listen(runtime: Runtime): Promise<NestFastifyApplication> {
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

/** Lets the requests under way be answered; connections that take longer, in milliseconds, are cut. */
export async function closeInTime(app: NestFastifyApplication, closeWithin = 10_000): Promise<void> {
  const cut = setTimeout(() => app.getHttpServer().closeAllConnections(), closeWithin);
  await app.close();
  clearTimeout(cut);
}
