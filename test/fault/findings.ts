/** What a look at the data after a crash brought to light; each list is empty when all is well. */
export interface Findings {
  /** An acknowledged write is gone, or a state that nobody wrote is there. */
  lost: string[];
  /** Rows that do not fit each other. */
  half: string[];
  /** A change without its audit record, or a record without its change. */
  unrecorded: string[];
  /** A value that a client received, without a record that says so. */
  secretlyRevealed: string[];
  /** What cannot be read although it is there. */
  unreadable: string[];
}

export function noFindings(): Findings {
  return { lost: [], half: [], unrecorded: [], secretlyRevealed: [], unreadable: [] };
}

/** Adds what one round found to what the rounds before it found. */
export function addFindings(sum: Findings, more: Findings): void {
  for (const kind of Object.keys(sum) as (keyof Findings)[]) sum[kind].push(...more[kind]);
}
