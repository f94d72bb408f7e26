import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { createAuditPartitions } from '@credvault/audit-log/audit-partitions.js';
import { Database } from '@credvault/database/database.js';
import { describeError } from '@credvault/http/error-description.js';
import { Idempotency } from '@credvault/http/idempotency.js';
import { DeletedSecretPurge } from '../secrets/deleted-secret-purge.js';
import { DeletedVaultPurge } from '../vaults/deleted-vault-purge.js';

const hour = 60 * 60_000;

/** Rows nobody can need any more. Every statement may run on several processes at once. */
const cleanings = [
  `DELETE FROM sessions WHERE refresh_expires_at < now() OR absolute_expires_at < now()`,
  `DELETE FROM account_links WHERE expires_at < now()`,
  `DELETE FROM mfa_challenges WHERE expires_at < now()`,
  `DELETE FROM single_sign_on_attempts WHERE expires_at < now()`,
  // Shown as expired for a month, so that whoever invited sees that nobody came.
  `DELETE FROM invitations WHERE expires_at < now() - interval '30 days'`,
  `DELETE FROM secret_imports WHERE created_at < now() - interval '25 hours'`,
  `DELETE FROM refused_requests WHERE minute < now() - interval '90 days'`,
  // A late record is asked for in its own month.
  `DELETE FROM late_audit_events WHERE occurred_at < date_trunc('month', now(), 'UTC') - interval '1 day'`,
  `DELETE FROM sign_in_addresses WHERE last_used_at < now() - interval '90 days'`,
  `DELETE FROM instances WHERE seen_at < now() - interval '1 day'`,
];

/**
 * Keeps the tables in order: partitions ahead of time, and what has expired out of the way. Runs once an hour; what should have
 * been destroyed while no service ran, at the start already. What goes wrong is logged and counted, and tried again in an hour.
 */
@Injectable()
export class MaintenanceService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(MaintenanceService.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  /** Steps that failed since the start. */
  failures = 0;

  constructor(
    private readonly database: Database,
    private readonly idempotency: Idempotency,
    private readonly deletedVaults: DeletedVaultPurge,
    private readonly deletedSecrets: DeletedSecretPurge,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.take(this.purges);
    this.timer = setInterval(() => {
      this.running = this.run();
    }, hour).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** Does it once; a step that fails keeps no other from its turn. */
  async run(): Promise<void> {
    await this.take([
      () => createAuditPartitions(this.database),
      () => this.idempotency.deleteExpired(),
      ...cleanings.map((statement) => () => this.database.rows(statement)),
      ...this.purges,
    ]);
  }

  /** Delete for good what can no longer be restored. */
  private readonly purges: Step[] = [() => this.deletedVaults.run(), () => this.deletedSecrets.run()];

  private async take(steps: Step[]): Promise<void> {
    for (const step of steps) {
      await step().catch((error: unknown) => {
        this.failures += 1;
        this.logger.error(`Maintenance failed in part: ${JSON.stringify(describeError(error))}`);
      });
    }
  }
}

type Step = () => Promise<unknown>;
