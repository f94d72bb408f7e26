import { execFile } from 'node:child_process';

/** The account a child process runs under: numbers for the kernel, the name for messages. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

export interface Outcome {
  /** Exit code; null when the program could not be started or was ended by a signal. */
  code: number | null;
  stdout: string;
  stderr: string;
}

const SYSTEM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The whole environment of a child process. It is an allow list, so that a root key or a database password in
 * the environment of the service never reaches PostgreSQL, its log or `/proc/<pid>/environ` of another account.
 */
export function childEnvironment(): Record<string, string> {
  // macOS does not ship the C.UTF-8 locale everywhere, and there postgres ends itself over an unknown LC_ALL.
  const locale = process.platform === 'darwin' ? 'C' : 'C.UTF-8';
  return {
    PATH: process.env['PATH'] ? `${process.env['PATH']}:${SYSTEM_PATH}` : SYSTEM_PATH,
    LANG: locale,
    LC_ALL: locale,
    TZ: 'UTC',
  };
}

/** `spawn` options that make the child run under `account`; none when it runs as the service's own user. */
export function runUnder(account: Account | null): { uid?: number; gid?: number } {
  return account ? { uid: account.uid, gid: account.gid } : {};
}

/** Runs a program to its end and reports how it went. It never throws: a program that cannot start has code null. */
export function run(program: string, args: string[], account: Account | null = null): Promise<Outcome> {
  return new Promise((resolve) => {
    // The working directory of the service may be closed to the account; the root folder never is.
    const options = { env: childEnvironment(), cwd: '/', maxBuffer: 4 * 1024 * 1024, ...runUnder(account) };
    execFile(program, args, options, (error, stdout, stderr) => {
      const code = !error ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, stdout, stderr: stderr || (code === null ? (error?.message ?? '') : '') });
    });
  });
}
