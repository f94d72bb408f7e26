import { randomBytes } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { errorCode, errorMessage } from './error-code.js';

/** The database password of a data folder, or null when none was made yet. Only the service's user may read it. */
export async function readPassword(file: string): Promise<string | null> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return null;
    throw new EmbeddedPostgresError(
      `The database password in ${file} cannot be read (${errorMessage(cause)}). Run this as the user who runs CredVault.`,
      { cause },
    );
  }
}

/** The password of an existing cluster. Without it nobody, the operator included, gets in. */
export async function requirePassword(file: string, cluster: string): Promise<string> {
  const password = await readPassword(file);
  if (password) return password;
  throw new EmbeddedPostgresError(
    `The database in ${cluster} has lost its password file ${file}. Put that file back from a backup, ` +
      `or, if the data may be lost, remove ${cluster} and start again.`,
  );
}

/** Makes a password of 256 random bits and returns only once the file is on disk: the cluster will depend on it. */
export async function makePassword(file: string): Promise<string> {
  const password = randomBytes(32).toString('base64url');
  const unfinished = `${file}.new`;
  const handle = await open(unfinished, 'w', 0o600);
  try {
    await handle.chmod(0o600);
    await handle.writeFile(`${password}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(unfinished, file);
  return password;
}
