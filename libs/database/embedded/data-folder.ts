import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { canEnter, serviceIsRoot, unprivilegedAccount } from './account.js';
import type { Account } from './child-process.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { errorCode } from './error-code.js';

/** What the user chose, or did not choose, about the place of the data. */
export interface DataFolderChoice {
  /** Absolute path. */
  dataDir: string;
  dataDirIsDefault: boolean;
}

/** The folder that holds the cluster and all that belongs to it, every path absolute and without symbolic links. */
export interface DataFolder {
  path: string;
  /** The account PostgreSQL runs under; null when that is the service's own user. */
  account: Account | null;
  cluster: string;
  log: string;
  passwordFile: string;
  launchLock: string;
  sockets: string;
  binaries: string;
}

const SHARED_DATA = '/var/lib/credvault';
const ENTER_ONLY = 0o711;
const PRIVATE = 0o700;

/** The data folder that already holds a cluster, or null. Changes nothing. */
export async function existingDataFolder(choice: DataFolderChoice): Promise<DataFolder | null> {
  if (!path.isAbsolute(choice.dataDir)) {
    throw new EmbeddedPostgresError(`The data folder must be an absolute path, not "${choice.dataDir}".`);
  }
  for (const folder of candidates(choice)) {
    const cluster = await ownerOf(path.join(folder, 'postgres'));
    if (cluster) return describe(await realpath(folder), clusterAccount(folder, cluster));
  }
  return null;
}

/**
 * The data folder to use: the one that holds a cluster, else a new one, made here. As root a new one is opened to
 * the unprivileged account that will run PostgreSQL (to pass through, not to list), and where the default folder
 * lies behind a closed one, such as root's home, it is `/var/lib/credvault/<hash of the checkout>`.
 * @throws EmbeddedPostgresError when the account cannot reach the folder that the user chose.
 */
export async function settleDataFolder(
  choice: DataFolderChoice,
  onProgress: (step: string) => void,
): Promise<DataFolder> {
  const existing = await existingDataFolder(choice);
  if (existing) {
    if (await canEnter(existing.account, existing.cluster)) return existing;
    return refuseClosed(existing.account, existing.cluster);
  }
  if (!serviceIsRoot()) return describe(await makeFolder(choice.dataDir, PRIVATE), null);
  const account = await unprivilegedAccount(onProgress);
  return describe(await makeReachable(choice, account, onProgress), account);
}

async function makeReachable(
  choice: DataFolderChoice,
  account: Account,
  onProgress: (step: string) => void,
): Promise<string> {
  if (await parentIsOpenTo(account, choice.dataDir)) {
    const folder = await makeFolder(choice.dataDir, ENTER_ONLY);
    if (await canEnter(account, folder)) return folder;
    // The default folder is the service's own to open; a chosen one is the user's.
    if (!choice.dataDirIsDefault) return refuseClosed(account, folder);
    await chmod(folder, ENTER_ONLY);
    return folder;
  }
  if (!choice.dataDirIsDefault) return refuseClosed(account, choice.dataDir);
  const folder = sharedFolder(choice.dataDir);
  onProgress(
    `The account ${account.name}, which runs PostgreSQL, cannot reach ${choice.dataDir}: the data goes to ${folder}`,
  );
  await makeFolder(SHARED_DATA, 0o755);
  return makeFolder(folder, ENTER_ONLY);
}

async function makeFolder(folder: string, mode: number): Promise<string> {
  try {
    const isNew = await mkdir(folder, { recursive: true });
    // Set apart from mkdir, whose mode is narrowed by the umask. A folder that was there keeps its own.
    if (isNew) await chmod(folder, mode);
    // Parents made on the way: a strict umask of root must not close them to the account.
    for (const parent of serviceIsRoot() && isNew ? ancestors(folder) : []) {
      if (!path.relative(isNew ?? '/', parent).startsWith('..')) await chmod(parent, 0o755);
    }
    return await realpath(folder);
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `The data folder ${folder} cannot be made or written (${errorCode(cause)}). ` +
        `Give it to the user who starts CredVault, or choose another one with CREDVAULT_DATA_DIR.`,
      { cause },
    );
  }
}

async function refuseClosed(account: Account | null, folder: string): Promise<never> {
  if (!account) {
    throw new EmbeddedPostgresError(
      `The database in ${folder} cannot be entered by this user. Start CredVault as the user who made it, ` +
        `or choose another folder with CREDVAULT_DATA_DIR.`,
    );
  }
  const closed = (await firstClosed(account, folder)) ?? folder;
  throw new EmbeddedPostgresError(
    `PostgreSQL does not run as root, so it runs under the account ${account.name}, which cannot enter ${closed}. ` +
      `Open that folder with "chmod o+x ${closed}", or set CREDVAULT_DATA_DIR to a folder that account can reach, ` +
      `such as ${SHARED_DATA}/data.`,
  );
}

async function firstClosed(account: Account, folder: string): Promise<string | null> {
  for (const ancestor of [...ancestors(folder).reverse(), folder]) {
    if (!(await canEnter(account, ancestor))) return ancestor;
  }
  return null;
}

async function parentIsOpenTo(account: Account, folder: string): Promise<boolean> {
  for (const ancestor of ancestors(folder)) {
    if (await ownerOf(ancestor)) return canEnter(account, ancestor);
  }
  return false;
}

/** All parents of a folder, the nearest first. */
function ancestors(folder: string): string[] {
  const parent = path.dirname(folder);
  return parent === folder ? [] : [parent, ...ancestors(parent)];
}

function candidates(choice: DataFolderChoice): string[] {
  const mayBeShared = choice.dataDirIsDefault && serviceIsRoot();
  return mayBeShared ? [choice.dataDir, sharedFolder(choice.dataDir)] : [choice.dataDir];
}

/** The default data folder stands in its checkout, so the path of its parent names the checkout. */
function sharedFolder(dataDir: string): string {
  const hash = createHash('sha256').update(path.dirname(dataDir)).digest('hex').slice(0, 16);
  return path.join(SHARED_DATA, hash);
}

/** As root, an existing cluster goes on under the account that owns it: a normal user's stays that user's. */
function clusterAccount(folder: string, owner: { uid: number; gid: number }): Account | null {
  if (!serviceIsRoot()) return null;
  if (owner.uid !== 0) return { name: `with user id ${owner.uid}`, ...owner };
  throw new EmbeddedPostgresError(
    `The cluster in ${path.join(folder, 'postgres')} belongs to root, under which PostgreSQL does not run. ` +
      `Give it to an unprivileged account with chown -R.`,
  );
}

async function ownerOf(file: string): Promise<{ uid: number; gid: number } | null> {
  try {
    const { uid, gid } = await lstat(file);
    return { uid, gid };
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return null;
    throw new EmbeddedPostgresError(
      `The data folder cannot be looked at: ${file} (${errorCode(cause)}). Start CredVault as the user who made it, ` +
        `or choose another folder with CREDVAULT_DATA_DIR.`,
      { cause },
    );
  }
}

function describe(folder: string, account: Account | null): DataFolder {
  const inside = (name: string) => path.join(folder, name);
  return {
    path: folder,
    account,
    cluster: inside('postgres'),
    log: inside('postgres.log'),
    passwordFile: inside('postgres.password'),
    launchLock: inside('postgres.lock'),
    sockets: inside('postgres-socket'),
    binaries: inside('postgres-binaries'),
  };
}
