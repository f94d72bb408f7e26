import type { Actor } from '@credvault/access/actor.js';
import type { AuditLog } from './audit-log.js';
import { auditRow, type AuditEntry } from './audit-record.js';
import { RefusalFold } from './refusal-fold.js';

const refusals: Record<number, string> = {
  401: 'credential expired or paused',
  403: 'insufficient scope',
  429: 'rate limit exceeded',
};

const failures: Record<number, string> = {
  400: 'bad request',
  404: 'not found',
  409: 'conflict',
  412: 'precondition failed',
  413: 'payload too large',
  415: 'unsupported media type',
  422: 'idempotency key reused',
  503: 'unavailable',
};

/**
 * Writes the record of each finished request of a known actor that has none yet: what only looks, what was refused and
 * what failed. Reveals and changes have recorded themselves before they were answered. Nobody waits for these records.
 */
export class RequestRecorder {
  private readonly fold: RefusalFold;

  constructor(private readonly auditLog: AuditLog) {
    this.fold = new RefusalFold((row) => auditLog.noteRow(row));
  }

  /** @param status the status the request was answered with */
  record(actor: Actor, status: number): void {
    if (status < 400) {
      if (!actor.origin.recorded) this.auditLog.note(actor, { type: actor.origin.event, status });
      return;
    }
    const reason = refusals[status];
    if (reason !== undefined)
      this.fold.add(auditRow(actor, { type: 'access.denied', outcome: 'denied', reason, status }));
    else this.auditLog.note(actor, failure(status));
  }

  /** Writes what is being folded; called at shutdown, before the audit log drains. */
  flush(): void {
    this.fold.flush();
  }
}

function failure(status: number): AuditEntry {
  return { type: 'request.failed', outcome: 'failed', reason: failures[status] ?? 'internal error', status };
}
