import cluster from 'node:cluster';
import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { settingsToken, type Settings } from '@credvault/config/settings.js';
import { MaintenanceService } from './maintenance.service.js';
import { MetricsListener } from './metrics-listener.js';

/** Seconds; from a warm read to a slow import. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Prometheus metrics, on a loopback port of their own: numbers only, never a name, an id or a value. */
@Injectable()
export class MetricsService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly registry = new Registry();
  private listener: MetricsListener | undefined;
  private readonly requests = new Histogram({
    name: 'credvault_http_request_duration_seconds',
    help: 'Time from a request to its answer, by method, route template and status.',
    labelNames: ['method', 'route', 'status'],
    buckets,
    registers: [this.registry],
  });

  constructor(
    auditLog: AuditLog,
    maintenance: MaintenanceService,
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
    new Counter({
      name: 'credvault_maintenance_failures_total',
      help: 'Steps of the hourly maintenance that failed: partitions, expired rows, purges of what was deleted.',
      registers,
      collect() {
        this.reset();
        this.inc(maintenance.failures);
      },
    });
  }

  /**
   * Serves the metrics; as one of several processes, leaves that to the primary, which asks all of them.
   *
   * @throws Error when a port the operator chose is taken
   */
  async onApplicationBootstrap(): Promise<void> {
    if (this.settings.metricsPort === 0) return;
    collectDefaultMetrics({ register: this.registry });
    if (cluster.isWorker) answerPrimary(this.registry);
    else this.listener = await MetricsListener.open(this.settings, this.registry);
  }

  beforeApplicationShutdown(): void {
    this.listener?.close();
  }

  /** Where the metrics are served, or undefined when they are not, or not by this process. */
  get url(): string | undefined {
    return this.listener?.url;
  }

  /** Counts one finished request. */
  observe(method: string, route: string, status: number, seconds: number): void {
    this.requests.observe({ method, route, status }, seconds);
  }
}

/** From now on answers the `AggregatorRegistry` of the primary; making one here is what begins to listen to it. */
function answerPrimary(registry: Registry): void {
  AggregatorRegistry.setRegistries(registry);
  new AggregatorRegistry();
}
