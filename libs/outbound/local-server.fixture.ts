import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { testCertificate, testKey } from './test-certificate.fixture.js';

/** A server of a test, on a free port. */
export interface LocalServer {
  port: number;
  /** Connections that were opened to it. */
  connections: () => number;
  /** Resolves when no connection is open. */
  idle: () => Promise<void>;
  stop: () => Promise<void>;
}

/** Serves HTTP. */
export function serveHttp(answer: RequestListener, host = '127.0.0.1'): Promise<LocalServer> {
  return serve(createHttpServer(answer), host);
}

/** Serves HTTPS with the certificate of the tests; `onServerName` hears the name that a client asks for (SNI). */
export function serveHttps(
  answer: RequestListener,
  onServerName?: (name: string) => void,
): Promise<LocalServer> {
  const SNICallback = (name: string, done: (error: Error | null) => void): void => {
    onServerName?.(name);
    done(null);
  };
  return serve(createHttpsServer({ key: testKey, cert: testCertificate, SNICallback }, answer), '127.0.0.1');
}

/** Serves whatever `talk` writes, after the first bytes of a request have come. */
export function serveBytes(talk: (socket: Socket) => void): Promise<LocalServer> {
  const server = createTcpServer((socket) => {
    socket.once('data', () => talk(socket));
  });
  return serve(server, '127.0.0.1');
}

async function serve(server: Server, host: string): Promise<LocalServer> {
  const open = new Set<Socket>();
  let opened = 0;
  server.on('connection', (socket: Socket) => {
    opened += 1;
    open.add(socket);
    socket.on('error', () => socket.destroy()); // clients of these tests leave without a word
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => opened,
    idle: async () => {
      for (const socket of open) await new Promise((resolve) => socket.once('close', resolve));
    },
    stop: () => {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
