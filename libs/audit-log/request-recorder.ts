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
  405: 'method not allowed',
  409: 'conflict',
  412: 'precondition failed',
  413: 'payload too large',
  415: 'unsupported media type',
  422: 'idempotency key reused',
  499: 'client went away',
  503: 'unavailable',
};

/** What the path of a request named, as UUIDs. */
export type NamedInPath = Pick<AuditEntry, 'vaultId' | 'resourceType' | 'resourceId'>;

/**
 * Writes the record of each finished request of a known actor that has none yet: what only looks, what was refused and
 * what failed. Reveals and changes have recorded themselves before they were answered. Nobody waits for these records.
 */
export class RequestRecorder {
  private readonly fold: RefusalFold;

  constructor(private readonly auditLog: AuditLog) {
    this.fold = new RefusalFold((row) => auditLog.noteRow(row));
  }

  /**
   * @param status the status the request was answered with
   * @param named what it asked for, so that a refusal says what somebody reached for
   */
  record(actor: Actor, status: number, named: NamedInPath = {}): void {
    const { origin } = actor;
    const about = { status, ...named };
    if (status < 400) {
      // Where no route was, such as OPTIONS, there is no event.
      const type = origin.event === '' ? 'request.answered' : origin.event;
      if (!origin.recorded) this.auditLog.note(actor, { type, ...about });
      return;
    }
    const refusal = refusals[status];
    if (refusal !== undefined) {
      const reason = origin.remark ?? refusal;
      this.fold.add(auditRow(actor, { type: 'access.denied', outcome: 'denied', reason, ...about }));
    } else {
      const reason = origin.remark ?? failures[status] ?? 'internal error';
      this.auditLog.note(actor, { type: 'request.failed', outcome: 'failed', reason, ...about });
    }
  }

  /** Writes what is being folded; called at shutdown, before the audit log drains. */
  flush(): void {
    this.fold.flush();
  }
}
