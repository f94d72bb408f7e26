/** Most connections of one process, by what they are for. */
export interface Connections {
  transactions: number;
  reads: number;
  /** For the audit log, before whose records no other work may stand. */
  audit: number;
}

/** The invalidation channel's. */
const listening = 1;

/**
 * How many connections each of some processes may open. From two processes on they divide what two would take, because
 * PostgreSQL allows 100 by default; but none goes below what lets organizations pass each other (`Database`).
 */
export function connectionsOf(processes: number): Connections {
  const share = Math.max(1, processes / 2);
  return {
    transactions: Math.max(8, Math.floor(16 / share)),
    reads: Math.max(4, Math.floor(12 / share)),
    audit: 1,
  };
}

/** Most connections of all processes together. */
export function connectionsOfAll(processes: number): number {
  const { transactions, reads, audit } = connectionsOf(processes);
  return processes * (transactions + reads + audit + listening);
}
