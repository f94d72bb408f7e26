import { setTimeout as sleep } from 'node:timers/promises';
import { type Account, run } from './child-process.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';

/** The system account made for embedded PostgreSQL when the service runs as root. */
export const DEDICATED_ACCOUNT = 'credvault-postgres';

/** True when the service runs as root, under which PostgreSQL refuses to work. */
export function serviceIsRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * The unprivileged account that runs PostgreSQL when the service is root: the dedicated one, made if it can be,
 * else `nobody`. Both have a passwd entry, without which initdb does not work.
 * @throws EmbeddedPostgresError when the machine has neither.
 */
export async function unprivilegedAccount(onProgress: (step: string) => void): Promise<Account> {
  const account =
    (await lookUp(DEDICATED_ACCOUNT)) ?? (await makeAccount(onProgress)) ?? (await lookUp('nobody'));
  if (account) return account;
  throw new EmbeddedPostgresError(
    `PostgreSQL does not run as root, and this machine has no account it could run under. ` +
      `Make one named ${DEDICATED_ACCOUNT}, start CredVault as a normal user, or set DATABASE_URL.`,
  );
}

/** True when `account` may enter `directory`; asked of the kernel, since mode bits do not tell of ACLs and mounts. */
export async function canEnter(account: Account | null, directory: string): Promise<boolean> {
  return (await run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], account)).code === 0;
}

async function makeAccount(onProgress: (step: string) => void): Promise<Account | null> {
  if (process.platform !== 'linux') return null;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (await addAccount()) onProgress(`Made the system account ${DEDICATED_ACCOUNT}, which runs PostgreSQL`);
    const account = await lookUp(DEDICATED_ACCOUNT);
    if (account) return account;
    // Another useradd can hold the lock of /etc/passwd for a moment.
    await sleep(100);
  }
  return null;
}

async function addAccount(): Promise<boolean> {
  const home = '/nonexistent';
  const shell = '/usr/sbin/nologin';
  const made = await run('useradd', [
    ...['--system', '--user-group', '--no-create-home', '--home-dir', home, '--shell', shell],
    DEDICATED_ACCOUNT,
  ]);
  if (made.code !== null) return made.code === 0;
  const debian = [
    '--system',
    '--group',
    '--no-create-home',
    '--home',
    home,
    '--shell',
    shell,
    DEDICATED_ACCOUNT,
  ];
  return (await run('adduser', debian)).code === 0;
}

async function lookUp(name: string): Promise<Account | null> {
  const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
  if (uid.code !== 0 || gid.code !== 0) return null;
  // `nobody` of macOS is printed as -2: the kernel's number is the same 32 bits, unsigned.
  const account = { name, uid: Number(uid.stdout) >>> 0, gid: Number(gid.stdout) >>> 0 };
  return account.uid === 0 ? null : account;
}
