import { spawn } from 'node:child_process';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { connectTo, databaseAddress } from '../fault/service/postmaster.ts';
import { killProcess, onEnd } from '../fault/service/processes.ts';
import type { FloorPlan } from './floor-server.ts';

/** The floor at work. */
export interface Floor {
  url: string;
  stop(): void;
}

/** Starts the floor on the PostgreSQL of a data folder. It reads one secret's row by its primary key, again and again. */
export async function startFloor(dataDir: string): Promise<Floor> {
  const plan: FloorPlan = { database: databaseAddress(dataDir), primaryKey: await anySecret(dataDir) };
  const program = path.join(import.meta.dirname, 'floor-server.ts');
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  const stop = onEnd(() => killProcess(child.pid ?? 0));
  child.stdin.end(JSON.stringify(plan));
  return { url: `http://127.0.0.1:${await firstLine(child.stdout)}`, stop };
}

async function anySecret(dataDir: string): Promise<FloorPlan['primaryKey']> {
  const client = await connectTo(dataDir);
  const { rows } = await client.query<{ primaryKey: FloorPlan['primaryKey'] }>(
    `SELECT ARRAY[organization_id, vault_id, id]::text[] AS "primaryKey" FROM secrets LIMIT 1`,
  );
  await client.end();
  const [row] = rows;
  if (!row) throw new Error('there is no secret');
  return row.primaryKey;
}

async function firstLine(output: Readable): Promise<string> {
  for await (const chunk of output) return String(chunk).trim();
  throw new Error('the floor did not start');
}
