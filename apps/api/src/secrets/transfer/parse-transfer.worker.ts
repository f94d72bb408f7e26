/** The thread in which large content is parsed: one content in, one outcome out. */
import { parentPort, workerData } from 'node:worker_threads';
import { parseTransfer } from './parse-transfer.js';
import { type ParseOutcome, type ParseTask } from './parse-transfer-off-thread.js';
import { TransferError } from './transfer-error.js';

function outcomeOf({ format, content }: ParseTask): ParseOutcome {
  try {
    return { entries: parseTransfer(format, content) };
  } catch (error) {
    if (error instanceof TransferError)
      return { refused: { message: error.message, details: error.details ?? [] } };
    // The message of a library's error may quote the content, so only its kind leaves the thread.
    return { failed: error instanceof Error ? error.name : typeof error };
  }
}

parentPort?.postMessage(outcomeOf(workerData as ParseTask));
