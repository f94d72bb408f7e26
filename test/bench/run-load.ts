import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { killProcess, onEnd } from '../fault/service/processes.ts';
import type { Load, Measurement } from './load.ts';

/** A load that runs until it is stopped. */
export interface RunningLoad {
  /** @returns what it came to @throws Error when an answer was not the expected one */
  stop(): Promise<Measurement>;
}

/** Runs a load for as long as it says. @throws Error when an answer was not the expected one */
export function measureLoad(load: Load): Promise<Measurement> {
  return resultOf(spawnLoad(load));
}

/** Starts a load that ends when it is told to. */
export function startLoad(load: Omit<Load, 'seconds'>): RunningLoad {
  const anHour = 3_600;
  const child = spawnLoad({ ...load, seconds: anHour });
  const result = resultOf(child);
  // Whoever stops it hears of the error.
  result.catch(() => undefined);
  return {
    stop: () => {
      child.kill('SIGTERM');
      return result;
    },
  };
}

function spawnLoad(load: Load): ChildProcess {
  const program = path.join(import.meta.dirname, 'load.ts');
  return spawn(process.execPath, [program, JSON.stringify(load)], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function resultOf(child: ChildProcess): Promise<Measurement> {
  const leaveAlone = onEnd(() => killProcess(child.pid ?? 0));
  const output = child.stdout ? await text(child.stdout) : '';
  leaveAlone();
  if (output === '') throw new Error('the load did not run to its end');
  return JSON.parse(output) as Measurement;
}
