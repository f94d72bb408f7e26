import type { AuditRow } from './audit-record.js';

/** Repeats of one refusal within this time become one record, in milliseconds. */
const foldFor = 60_000;
/** Most refusals that are being folded at once; beyond it the oldest is written early. */
const capacity = 5_000;

/**
 * Folds repeated refusals of one credential into one record with a count, so that hammering with a bad credential costs
 * the attacker more than the disk. The first refusal is written at once; the rest of its minute follows as one record.
 */
export class RefusalFold {
  private readonly open = new Map<string, { row: AuditRow; timer: NodeJS.Timeout }>();

  constructor(private readonly write: (row: AuditRow) => void) {}

  add(row: AuditRow): void {
    const { credential_id, type, reason, method, route, status, ip } = row;
    // Not by what they named: whoever makes up ids would have a record for each.
    const key = [credential_id, type, reason, method, route, status, ip].join(' ');
    const folded = this.open.get(key);
    if (folded) {
      folded.row = { ...commonOf(folded.row, row), count: folded.row.count + 1 };
      return;
    }
    this.write(row);
    const oldest = this.open.size >= capacity ? this.open.keys().next().value : undefined;
    if (oldest !== undefined) this.close(oldest);
    const timer = setTimeout(() => this.close(key), foldFor).unref();
    this.open.set(key, { row: { ...row, count: 0 }, timer });
  }

  /** Writes what is being folded; called at shutdown. */
  flush(): void {
    for (const key of [...this.open.keys()]) this.close(key);
  }

  private close(key: string): void {
    const folded = this.open.get(key);
    if (!folded) return;
    clearTimeout(folded.timer);
    this.open.delete(key);
    if (folded.row.count > 0) this.write(folded.row);
  }
}

/** The later one of two refusals, without what they named if that differs. */
function commonOf(earlier: AuditRow, later: AuditRow): AuditRow {
  if (earlier.vault_id === later.vault_id && earlier.resource_id === later.resource_id) return later;
  return { ...later, vault_id: undefined, resource_type: undefined, resource_id: undefined };
}
