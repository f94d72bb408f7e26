import { Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
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
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('preClose', () => readWhatHasArrived(app.getHttpServer()));
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

/** How long connections stay open for requests that have arrived and are not read yet, in milliseconds. */
const readWithin = 200;

/**
 * The first step of a stop. A connection between two requests is cut when the server closes, and under load the next
 * request may lie in it already, unread: so the port is given up first, and connections are read for a moment more. From
 * now on every answer says `Connection: close` (RFC 9112, 9.6).
 */
async function readWhatHasArrived(server: Server): Promise<void> {
  // Not the close of the HTTP server, which cuts those connections.
  Server.prototype.close.call(server);
  const connections = await new Promise((resolve) =>
    server.getConnections((_error, count) => resolve(count)),
  );
  if (connections !== 0) await sleep(readWithin);
}

/** Lets the requests under way be answered; connections that take longer, in milliseconds, are cut. */
export async function closeInTime(app: NestFastifyApplication, closeWithin = 10_000): Promise<void> {
  const cut = setTimeout(() => app.getHttpServer().closeAllConnections(), closeWithin);
  await app.close();
  clearTimeout(cut);
}
