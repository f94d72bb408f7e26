import { createServer, type Server } from 'node:http';
import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { settingsToken, type Settings } from '@credvault/config/settings.js';

/** Seconds; from a warm read to a slow import. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Prometheus metrics, on a loopback port of their own: numbers only, never a name, an id or a value. */
@Injectable()
export class MetricsService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly registry = new Registry();
  private server: Server | undefined;
  private readonly requests = new Histogram({
    name: 'credvault_http_request_duration_seconds',
    help: 'Time from a request to its answer, by method, route template and status.',
    labelNames: ['method', 'route', 'status'],
    buckets,
    registers: [this.registry],
  });

  constructor(
    auditLog: AuditLog,
    @Inject(settingsToken) private readonly settings: Settings,
  ) {
    const registers = [this.registry];
    new Gauge({
      name: 'credvault_audit_pending_records',
      help: 'Audit records that wait for the database.',
      registers,
      collect() {
        this.set(auditLog.pending);
      },
    });
    new Counter({
      name: 'credvault_audit_dropped_records_total',
      help: 'Audit records of requests that neither revealed nor changed anything and that could not be written.',
      registers,
      collect() {
        this.reset();
        this.inc(auditLog.dropped);
      },
    });
  }

  /** @throws Error when a port the operator chose is taken */
  async onApplicationBootstrap(): Promise<void> {
    const { metricsPort, metricsPortIsDefault } = this.settings;
    if (metricsPort === 0) return;
    collectDefaultMetrics({ register: this.registry });
    const server = createServer((request, response) => {
      if (request.method !== 'GET' || request.url !== '/metrics') return response.writeHead(404).end();
      this.registry.metrics().then(
        (text) => response.writeHead(200, { 'content-type': this.registry.contentType }).end(text),
        () => response.writeHead(500).end(),
      );
      return response;
    });
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(metricsPort, '127.0.0.1', resolve);
      });
      this.server = server;
    } catch (error) {
      // The default port being taken by another service on this machine must not stop this one.
      if (!metricsPortIsDefault) {
        throw new Error(
          `CREDVAULT_METRICS_PORT ${metricsPort} cannot be opened on 127.0.0.1: ${String(error)}`,
          { cause: error },
        );
      }
    }
  }

  beforeApplicationShutdown(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  /** Where the metrics are served, or undefined when they are not. */
  get url(): string | undefined {
    return this.server && `http://127.0.0.1:${this.settings.metricsPort}/metrics`;
  }

  /** Counts one finished request. */
  observe(method: string, route: string, status: number, seconds: number): void {
    this.requests.observe({ method, route, status }, seconds);
  }
}
