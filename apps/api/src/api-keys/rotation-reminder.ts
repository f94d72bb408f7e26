import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { serviceRow } from '@credvault/audit-log/audit-record.js';
import { Database } from '@credvault/database/database.js';
import { ApiKeysRepository } from './api-keys.repository.js';

const hour = 60 * 60_000;
/** Keys of one transaction. */
const batchSize = 200;

/** Writes the event `api_key.rotation_due` once for each key whose rotation has become due. Looks once an hour. */
@Injectable()
export class RotationReminder implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
  ) {}

  onApplicationBootstrap(): void {
    const look = (): void => {
      // The next look finds what this one has missed.
      this.running = this.run().catch(() => undefined);
    };
    look();
    this.timer = setInterval(look, hour).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** Notes every key whose rotation is due by now. */
  async run(): Promise<void> {
    let noted = batchSize;
    while (noted === batchSize) {
      noted = await this.database.transaction(async (transaction) => {
        const due = await this.keys.takeRotationsDue(transaction, batchSize);
        for (const { organizationId, id, rotationDueAt } of due) {
          const entry = { type: 'api_key.rotation_due', resourceType: 'apiKey' as const, resourceId: id };
          const details = { rotationDueAt: rotationDueAt.toISOString() };
          await this.auditLog.appendRow(transaction, serviceRow(organizationId, { ...entry, details }));
        }
        return due.length;
      });
    }
  }
}
