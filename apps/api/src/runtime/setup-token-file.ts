import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Keeps a setup token in a file of the data folder that only its owner reads. A new file each time: one that somebody has
 * put there, or a link, would be theirs to read.
 *
 * @returns its path
 */
export function writeSetupToken(folder: string, token: string): string {
  const path = pathIn(folder);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    rmSync(path, { force: true });
    writeFileSync(path, `${token}\n`, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    throw new Error(
      `The setup token cannot be written to ${path}: ${(cause as Error).message}. Make that folder writable, ` +
        'choose another one with CREDVAULT_DATA_DIR, or set CREDVAULT_SETUP_TOKEN yourself.',
      { cause },
    );
  }
  return path;
}

/**
 * Removes the file once its token is used: it says nothing any more. Where that fails, the next start tries again.
 *
 * @param used removes the file only if it holds this very token: a service on another database may have written it
 */
export function removeSetupToken(folder: string, used?: string): void {
  const path = pathIn(folder);
  try {
    if (used !== undefined && readFileSync(path, 'utf8').trim() !== used) return;
    rmSync(path, { force: true });
  } catch {
    // The token in it is dead in any case, and neither an account nor a start depends on it.
  }
}

function pathIn(folder: string): string {
  return join(folder, 'setup-token');
}
