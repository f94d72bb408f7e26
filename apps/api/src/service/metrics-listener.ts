import { createServer, type Server } from 'node:http';
import type { Settings } from '@credvault/config/settings.js';

/** Where the text of the metrics comes from: a registry, or several processes added up. */
export interface MetricsSource {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/** Serves `/metrics` on its loopback port. */
export class MetricsListener {
  private constructor(
    private readonly server: Server,
    /** Where the metrics are. */
    readonly url: string,
  ) {}

  /**
   * @returns undefined when the settings switch it off, or the default port is taken
   * @throws Error when a port the operator chose is taken
   */
  static async open(
    { metricsPort, metricsPortIsDefault }: Pick<Settings, 'metricsPort' | 'metricsPortIsDefault'>,
    source: MetricsSource,
  ): Promise<MetricsListener | undefined> {
    if (metricsPort === 0) return undefined;
    const server = createServer((request, response) => {
      if (request.method !== 'GET' || request.url !== '/metrics') return response.writeHead(404).end();
      source.metrics().then(
        (text) => response.writeHead(200, { 'content-type': source.contentType }).end(text),
        () => response.writeHead(500).end(),
      );
      return response;
    });
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(metricsPort, '127.0.0.1', resolve);
      });
    } catch (error) {
      // The default port being taken by another service on this machine must not stop this one.
      if (metricsPortIsDefault) return undefined;
      throw new Error(
        `CREDVAULT_METRICS_PORT ${metricsPort} cannot be opened on 127.0.0.1: ${String(error)}`,
        { cause: error },
      );
    }
    return new MetricsListener(server, `http://127.0.0.1:${metricsPort}/metrics`);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
