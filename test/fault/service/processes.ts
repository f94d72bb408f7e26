import { execFileSync } from 'node:child_process';

type Work = () => void;

const works: Work[] = [];
let isInstalled = false;

/**
 * Does something when this program ends: at its end, on an error, on Ctrl-C and on SIGTERM. Last registered, first done;
 * the work must be synchronous.
 *
 * @returns a function that does the work now and not again
 */
export function onEnd(work: Work): Work {
  install();
  works.push(work);
  return () => {
    const index = works.indexOf(work);
    if (index === -1) return;
    works.splice(index, 1);
    work();
  };
}

/** Sends SIGKILL; a process that has ended already is left in peace. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** One line of the process table. */
export interface ListedProcess {
  pid: number;
  parent: number;
  command: string;
}

/** All processes of this machine; one that has ended and was not waited for has no command line. */
export function processTable(): ListedProcess[] {
  const table = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' });
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s(.*)$/.exec(line) ?? [];
      return { pid: Number(pid), parent: Number(parent), command: `${command ?? ''} ` };
    });
}

function install(): void {
  if (isInstalled) return;
  isInstalled = true;
  process.on('exit', () => {
    for (const work of works.splice(0).reverse()) attempt(work);
  });
  process.on('SIGINT', () => process.exit(130));
  process.on('SIGTERM', () => process.exit(143));
}

/** One clean-up that fails must not keep the others from running. */
function attempt(work: Work): void {
  try {
    work();
  } catch (error) {
    process.stderr.write(`clean-up failed: ${String(error)}\n`);
  }
}
