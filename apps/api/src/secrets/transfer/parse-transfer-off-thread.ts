import { Worker } from 'node:worker_threads';
import pLimit from 'p-limit';
import { DomainError, type ErrorDetail } from '@credvault/http/domain-error.js';
import { parseTransfer } from './parse-transfer.js';
import { type TransferEntry, type TransferFormat } from './transfer-entry.js';
import { TransferError } from './transfer-error.js';

/** What the parsing thread is given. */
export interface ParseTask {
  format: TransferFormat;
  content: string;
}

/** What the parsing thread answers: the entries, what to mend, or the kind of an error that nobody foresaw. */
export type ParseOutcome =
  | { entries: TransferEntry[] }
  | { refused: { message: string; details: ErrorDetail[] } }
  | { failed: string };

/** Bounds of one parse in a thread of its own. */
export interface ThreadLimits {
  timeoutMs: number;
  /** Megabytes of the thread's heap. */
  heapMb: number;
  /** The compiled thread; undefined parses here. */
  workerFile: URL | undefined;
}

/**
 * Content up to this length (UTF-16 units) is parsed at once, because a thread costs about 100 ms to start. Hostile
 * YAML of this size takes about 50 ms, dotenv and JSON are linear and take less at theirs.
 */
const MAX_INLINE_LENGTH: Record<TransferFormat, number> = {
  dotenv: 256 * 1024,
  json: 256 * 1024,
  yaml: 16 * 1024,
};

/** The build puts the compiled thread beside this file; sources, which only a test runs, have no such neighbour. */
const COMPILED_WORKER = import.meta.url.endsWith('.js')
  ? new URL('./parse-transfer.worker.js', import.meta.url)
  : undefined;

const LIMITS: ThreadLimits = { timeoutMs: 10_000, heapMb: 512, workerFile: COMPILED_WORKER };

/** Two threads leave the event loop a processor on the smallest sensible machine; the rest wait their turn. */
const threads = pLimit(2);

/** Each waiting import holds up to 8 MiB. */
const MAX_WAITING = 16;

/**
 * Does what `parseTransfer` does without blocking the event loop: small content is parsed at once, large content in
 * a worker thread with a limit on time and memory, past which the content is refused.
 *
 * Throws a TransferError, or a DomainError `UNAVAILABLE` when too many imports wait.
 */
export async function parseTransferOffThread(
  format: TransferFormat,
  content: string,
  limits: ThreadLimits = LIMITS,
): Promise<TransferEntry[]> {
  const { workerFile } = limits;
  if (content.length <= MAX_INLINE_LENGTH[format] || !workerFile) return parseTransfer(format, content);
  if (threads.pendingCount >= MAX_WAITING) {
    throw new DomainError('UNAVAILABLE', 'Too many large imports are being read. Try again in a moment.');
  }
  return entriesOf(await threads(() => parseInThread({ format, content }, workerFile, limits)));
}

function entriesOf(outcome: ParseOutcome): TransferEntry[] {
  if ('entries' in outcome) return outcome.entries;
  if ('refused' in outcome) throw new TransferError(outcome.refused.message, outcome.refused.details);
  throw new Error(`The parsing thread failed with ${outcome.failed}`);
}

async function parseInThread(task: ParseTask, file: URL, limits: ThreadLimits): Promise<ParseOutcome> {
  const worker = new Worker(file, {
    workerData: task,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: limits.heapMb, maxYoungGenerationSizeMb: 32 },
  });
  const timeout = AbortSignal.timeout(limits.timeoutMs);
  try {
    return await new Promise<ParseOutcome>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', (error: unknown) =>
        reject(isOutOfMemory(error) ? tooCostly('memory') : (error as Error)),
      );
      worker.once('exit', () => reject(new Error('The parsing thread ended without an answer')));
      timeout.addEventListener('abort', () => reject(tooCostly('time')), { once: true });
    });
  } finally {
    await worker.terminate();
  }
}

function isOutOfMemory(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'ERR_WORKER_OUT_OF_MEMORY'
  );
}

function tooCostly(resource: 'time' | 'memory'): TransferError {
  return new TransferError(`Reading the content takes too much ${resource}.`, [
    {
      path: 'content',
      code: 'TOO_COSTLY',
      message: `The content takes too much ${resource} to read. Split or simplify it.`,
    },
  ]);
}
