import { readFile } from 'node:fs/promises';
import { run } from './child-process.js';
import { errorCode } from './error-code.js';

/**
 * The command of a living process, or null when there is none: a zombie has ended and only waits for its parent.
 * On Linux the arguments are separated by NUL (proc_pid_cmdline(5)), elsewhere by spaces, as `ps` prints them.
 */
export async function commandOf(pid: number): Promise<string | null> {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

async function fromProc(pid: number): Promise<string | null> {
  try {
    const [status, command] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    // A process in the middle of its exit has no command any more, and is not yet a zombie.
    if (command === '') return null;
    // The name in parentheses may hold anything, so the state is what follows the last one (proc_pid_stat(5)).
    return hasEnded(status.slice(status.lastIndexOf(')') + 2)) ? null : command;
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(errorCode(error))) return null;
    throw error;
  }
}

async function fromPs(pid: number): Promise<string | null> {
  const { code, stdout } = await run('ps', ['-o', 'state=,command=', '-p', String(pid)]);
  const [, state = 'Z', command = ''] = /^\s*(\S+)\s+(.*)/.exec(stdout) ?? [];
  return code !== 0 || hasEnded(state) ? null : command;
}

function hasEnded(state: string): boolean {
  return /^[ZXx]/.test(state);
}
