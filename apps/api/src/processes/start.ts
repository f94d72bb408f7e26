import type { Logger } from 'pino';
import type { Settings } from '@credvault/config/settings.js';
import type { CommitDurability } from '@credvault/database/data-source.js';

/** What every process of the service begins with. */
export interface Start {
  settings: Settings;
  logger: Logger;
  /** Aborted when the process must stop. */
  signal: AbortSignal;
  /** Writes a line for people to standard output. */
  say: (line: string) => void;
  /** Told when another service took over the data folder. */
  onLeaseLost: (reason: string) => void;
  /** For the crash suite alone. */
  durability?: CommitDurability;
}

/** Resolves once the signal is aborted. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
