import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type Account, run } from './child-process.js';
import type { DataFolder } from './data-folder.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { errorCode } from './error-code.js';

/** PostgreSQL programs that are whole and that the account may run. */
export interface Binaries {
  postgres: string;
  initdb: string;
  /** As in "18.4". */
  version: string;
  /** The number on which the format of a data folder depends: 18. */
  major: number;
}

/**
 * Finds the programs: those in `binDir`, else those of the npm package of this platform. The package's are used
 * where they lie if the account reaches them, else copied once into the data folder. Call it with the launch lock
 * held and no postmaster running: it replaces the copy of an earlier version.
 * @throws EmbeddedPostgresError when there are none or they do not run.
 */
export async function findBinaries(
  folder: DataFolder,
  binDir: string | undefined,
  onProgress: (step: string) => void,
): Promise<Binaries> {
  const { account } = folder;
  if (binDir) return probeOrRefuse(binDir, account);
  const packageFolder = platformPackage();
  if (await completeLibraryLinks(packageFolder).catch(() => false)) {
    const { binaries } = await probe(binIn(packageFolder), account);
    if (binaries) return binaries;
  }
  return probeOrRefuse(binIn(await copyOnce(packageFolder, folder, onProgress)), account);
}

/**
 * Makes the symbolic links of shared libraries that npm cannot pack and that the package's install script, which
 * is not run here, would make. `pg-symlinks.json` lists them as `[{ source, target }]`, relative to the package.
 * Safe to run by several processes at once.
 * @returns true when every link is there; rejects when a missing one cannot be written.
 */
export async function completeLibraryLinks(packageFolder: string): Promise<boolean> {
  const list: unknown = JSON.parse(
    await readFile(path.join(packageFolder, 'native/pg-symlinks.json'), 'utf8'),
  );
  for (const { source, target } of list as { source: string; target: string }[]) {
    const link = path.join(packageFolder, target);
    if (await exists(link)) continue;
    await symlink(path.relative(path.dirname(target), source), link).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
  }
  return true;
}

function platformPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return path.dirname(path.dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `No PostgreSQL comes with CredVault for ${process.platform}-${process.arch}, or it was left out at installation ` +
        `(npm --omit=optional). Set DATABASE_URL to a PostgreSQL 15 or later, or run npm ci with optional packages.`,
      { cause },
    );
  }
}

interface Probe {
  binaries: Binaries | null;
  complaint: string;
}

/** Runs both programs: that finds closed folders, noexec mounts and missing libraries alike. */
async function probe(binDir: string, account: Account | null): Promise<Probe> {
  const [postgres, initdb] = [path.join(binDir, 'postgres'), path.join(binDir, 'initdb')];
  const outcomes = await Promise.all([
    run(postgres, ['--version'], account),
    run(initdb, ['--version'], account),
  ]);
  const version = /\(PostgreSQL\) ((\d+)\S*)/.exec(outcomes[0].stdout);
  const complaint = outcomes.map(({ stderr }) => stderr.trim()).join(' ');
  if (!version?.[1] || !version[2] || outcomes.some(({ code }) => code !== 0))
    return { binaries: null, complaint };
  return { binaries: { postgres, initdb, version: version[1], major: Number(version[2]) }, complaint };
}

async function probeOrRefuse(binDir: string, account: Account | null): Promise<Binaries> {
  const { binaries, complaint } = await probe(binDir, account);
  if (binaries) return binaries;
  throw new EmbeddedPostgresError(
    `The PostgreSQL programs in ${binDir} do not run here: ${complaint || 'they gave no version'}. ` +
      `Set DATABASE_URL to use a PostgreSQL of your own.`,
  );
}

/** A copy appears under its final name only when it is whole, so what is there can be used. */
async function copyOnce(
  packageFolder: string,
  folder: DataFolder,
  onProgress: (step: string) => void,
): Promise<string> {
  const copy = path.join(folder.binaries, await packageVersion(packageFolder));
  if (await exists(copy)) return copy;
  onProgress(`Copying the PostgreSQL programs to ${copy}, where PostgreSQL can run them`);
  await rm(folder.binaries, { recursive: true, force: true });
  await mkdir(folder.binaries);
  await chmod(folder.binaries, 0o755);
  const unfinished = await mkdtemp(path.join(folder.binaries, 'copying-'));
  await cp(path.join(packageFolder, 'native'), path.join(unfinished, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (file) => !file.endsWith('.a'),
  });
  await completeLibraryLinks(unfinished);
  await openToAll(unfinished);
  await rename(unfinished, copy);
  return copy;
}

/** npm under a strict umask leaves files only their owner may read, and copies inherit that. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(file);
    else if (entry.isFile()) await chmod(file, (await lstat(file)).mode & 0o100 ? 0o755 : 0o644);
  }
}

async function packageVersion(packageFolder: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(path.join(packageFolder, 'package.json'), 'utf8'));
  return (manifest as { version: string }).version;
}

function binIn(packageFolder: string): string {
  return path.join(packageFolder, 'native/bin');
}

async function exists(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}
