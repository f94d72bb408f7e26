import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { LastUsed } from '@credvault/access/last-used.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { RefusedRequests } from '@credvault/audit-log/refused-requests.js';
import { RequestRecorder } from '@credvault/audit-log/request-recorder.js';

/** Writes what the buffers hold, after the last request and before the database is let go. */
@Injectable()
export class ShutdownService implements OnApplicationShutdown {
  constructor(
    private readonly recorder: RequestRecorder,
    private readonly auditLog: AuditLog,
    private readonly refused: RefusedRequests,
    private readonly lastUsed: LastUsed,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    this.recorder.flush();
    await Promise.all([this.auditLog.drain(), this.refused.flush(), this.lastUsed.flush()]);
  }
}
