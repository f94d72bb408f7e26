import { readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { killProcess, processTable } from './processes.ts';

/** Lines of `postmaster.pid`: pid, data folder, start time, port, socket folder (PostgreSQL: utils/pidfile.h). */
function pidFileLines(dataDir: string): string[] {
  try {
    return readFileSync(path.join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** Process id of the PostgreSQL that serves a data folder; undefined when none runs, whatever a stale file says. */
export function postmasterPid(dataDir: string): number | undefined {
  const pid = Number(pidFileLines(dataDir)[0]);
  if (!(pid > 0)) return undefined;
  const cluster = path.join(realpathSync(dataDir), 'postgres');
  const command = processTable().find((process) => process.pid === pid)?.command ?? '';
  return command.includes(`-D ${cluster} `) ? pid : undefined;
}

/** Kills the postmaster of a data folder and all its children with SIGKILL, as near to one moment as it can be had. */
export function killPostgres(dataDir: string): void {
  const pid = postmasterPid(dataDir);
  if (pid === undefined) throw new Error(`no PostgreSQL serves ${dataDir}`);
  // A stopped postmaster makes no further children while they are being listed.
  process.kill(pid, 'SIGSTOP');
  const children = processTable().filter(({ parent }) => parent === pid);
  for (const child of [...children.map((process) => process.pid), pid]) killProcess(child);
}

/** A superuser connection to the PostgreSQL of a data folder, to look inside past the service. The caller ends it. */
export async function connectTo(dataDir: string): Promise<pg.Client> {
  const client = new pg.Client(databaseAddress(dataDir));
  // It may die with a PostgreSQL that is killed on purpose.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Where the PostgreSQL of a data folder listens, as `pg` takes it. */
export function databaseAddress(dataDir: string): pg.ClientConfig {
  const [, , , port, host] = pidFileLines(dataDir);
  return {
    host,
    port: Number(port),
    user: 'credvault',
    password: readFileSync(path.join(dataDir, 'postgres.password'), 'utf8').trim(),
    database: 'credvault',
  };
}
