import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  writeFile,
} from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import type { Binaries } from './binaries.js';
import { run } from './child-process.js';
import type { DataFolder } from './data-folder.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { makePassword, readPassword } from './password-file.js';
import { errorCode } from './error-code.js';

/** The role that owns the cluster and its database. */
export const ROLE = 'credvault';

/** Since PostgreSQL 17 the collation C.UTF-8 is PostgreSQL's own and does not change with the C library. */
const FIRST_WITH_BUILTIN_LOCALE = 17;
const UNFINISHED = 'postgres-unfinished-';

/**
 * Makes the cluster of a data folder unless it has one. initdb works in a folder of its own, which gets its final
 * name when all is done: a start killed half-way leaves only a folder that the next one sweeps away. Call it with
 * the launch lock held.
 * @returns true when the cluster was made now.
 * @throws EmbeddedPostgresError when the cluster is of another major version, or initdb fails.
 */
export async function ensureCluster(
  folder: DataFolder,
  binaries: Binaries,
  mayCreate: boolean,
  onProgress: (step: string) => void,
): Promise<boolean> {
  await sweepUnfinished(folder);
  if (await checkExisting(folder, binaries)) return false;
  if (!mayCreate)
    throw new EmbeddedPostgresError(`The database cluster in ${folder.cluster} has disappeared.`);
  onProgress(`Creating the database cluster in ${folder.cluster}`);
  requirePasswdEntry(folder);
  const password = (await readPassword(folder.passwordFile)) || (await makePassword(folder.passwordFile));
  const workshop = await mkdtemp(path.join(folder.path, UNFINISHED));
  try {
    await rename(await initialize(workshop, folder, binaries, password), folder.cluster);
    await syncFolder(folder.path);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
  return true;
}

async function initialize(
  workshop: string,
  folder: DataFolder,
  binaries: Binaries,
  password: string,
): Promise<string> {
  const [cluster, passwordFile] = [path.join(workshop, 'cluster'), path.join(workshop, 'password')];
  await chmod(workshop, folder.account ? 0o711 : 0o700);
  await mkdir(cluster, { mode: 0o700 });
  // For the moment of initdb only; the lasting password file stays closed to the account.
  await writeFile(passwordFile, password, { mode: 0o600, flag: 'wx' });
  if (folder.account) {
    const { uid, gid } = folder.account;
    await Promise.all([chown(cluster, uid, gid), chown(passwordFile, uid, gid)]);
  }
  const args = ['-D', cluster, `--username=${ROLE}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  const format = ['--encoding=UTF8', ...localeOptions(binaries), '--data-checksums', '--no-instructions'];
  const outcome = await run(binaries.initdb, [...args, ...format], folder.account);
  if (outcome.code === 0) return cluster;
  const said = (outcome.stderr || outcome.stdout).trim().split('\n').slice(-5).join('\n  ');
  throw new EmbeddedPostgresError(
    `The database cluster could not be created in ${folder.path}; initdb said:\n  ${said || 'nothing: it was ended'}`,
  );
}

function localeOptions({ major }: Binaries): string[] {
  if (major < FIRST_WITH_BUILTIN_LOCALE)
    return [`--locale=${process.platform === 'darwin' ? 'C' : 'C.UTF-8'}`];
  return ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
}

/** True when the folder holds a cluster these programs can serve, false when it holds none. */
async function checkExisting(folder: DataFolder, binaries: Binaries): Promise<boolean> {
  const content = await readdir(folder.cluster).catch(emptyIfMissing);
  if (content === null) return false;
  if (content.length === 0) {
    await rmdir(folder.cluster);
    return false;
  }
  if (!content.includes('PG_VERSION')) {
    throw new EmbeddedPostgresError(
      `${folder.cluster} is not empty and is not a database cluster (it has no PG_VERSION). Move it away and start again.`,
    );
  }
  const made = (await readFile(path.join(folder.cluster, 'PG_VERSION'), 'utf8')).trim();
  if (Number(made) === binaries.major) return true;
  throw new EmbeddedPostgresError(
    `The data in ${folder.cluster} was made by PostgreSQL ${made}, and this CredVault brings PostgreSQL ` +
      `${binaries.major}, which cannot read it. Start the CredVault that made it, or move the data with pg_dump and ` +
      `pg_restore; nothing was changed.`,
  );
}

async function sweepUnfinished(folder: DataFolder): Promise<void> {
  for (const name of await readdir(folder.path)) {
    // An initdb that outlived its start may still be writing there; then a later start sweeps.
    if (name.startsWith(UNFINISHED)) {
      await rm(path.join(folder.path, name), { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

/** initdb asks for the name of its user and gives up without one, as in a container started with a bare user id. */
function requirePasswdEntry(folder: DataFolder): void {
  if (folder.account) return;
  try {
    userInfo();
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `The user id ${process.getuid?.()} has no entry in /etc/passwd, without which PostgreSQL cannot create a ` +
        `cluster. Add one, start CredVault as another user, or set DATABASE_URL.`,
      { cause },
    );
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function emptyIfMissing(error: unknown): null {
  if (errorCode(error) === 'ENOENT') return null;
  throw error;
}
