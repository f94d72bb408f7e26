/** A secret that is there, as its owner last wrote it; or one that is not. */
export type SecretState = { version: number; value: string } | 'absent';

/** One key of a vault: what state it is in. Two states: the outcome of the last write is unknown, and either is right. */
export interface LedgerEntry {
  key: string;
  /** Public id; undefined while its creation was never acknowledged. */
  id: string | undefined;
  states: [SecretState] | [before: SecretState, after: SecretState];
}

/** A change the service acknowledged, whose audit record must exist. */
export interface AcknowledgedChange {
  requestId: string;
  type: 'secret.created' | 'secret.updated' | 'secret.deleted';
  secretId: string;
}

/** An answer with values that a client received whole, whose audit record must exist and name all of these secrets. */
export interface ReceivedReveal {
  requestId: string;
  secretIds: string[];
}

/** What the one writer of a vault knows of it. */
export class VaultLedger {
  readonly vaultId: string;
  readonly entries = new Map<string, LedgerEntry>();
  readonly changes: AcknowledgedChange[] = [];

  constructor(vaultId: string) {
    this.vaultId = vaultId;
  }

  /** A random secret whose state is certain and present. */
  anyPresent(): (LedgerEntry & { id: string }) | undefined {
    const present = [...this.entries.values()].filter(
      (entry): entry is LedgerEntry & { id: string } =>
        entry.id !== undefined && entry.states.length === 1 && entry.states[0] !== 'absent',
    );
    return present[Math.floor(Math.random() * present.length)];
  }

  get unknownOutcomes(): number {
    return [...this.entries.values()].filter(({ states }) => states.length === 2).length;
  }
}

export function isSameState(a: SecretState, b: SecretState): boolean {
  if (a === 'absent' || b === 'absent') return a === b;
  return a.version === b.version && a.value === b.value;
}
