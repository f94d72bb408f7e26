import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { killPostgres, postmasterPid } from './postmaster.ts';
import { onEnd } from './processes.ts';

/**
 * Makes a folder for data folders. Everybody may pass through it, because as root PostgreSQL runs under another account.
 * When this program ends, however it ends, every PostgreSQL in it is ended and the folder is removed.
 */
export function makeTemporaryFolder(name: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), `credvault-${name}-`));
  chmodSync(folder, 0o711);
  onEnd(() => {
    for (const entry of readdirSync(folder)) removeDataFolder(path.join(folder, entry));
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Ends the PostgreSQL of one data folder, if one runs, and removes the folder. */
export function removeDataFolder(dataDir: string): void {
  if (existsSync(dataDir) && postmasterPid(dataDir) !== undefined) killPostgres(dataDir);
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}
