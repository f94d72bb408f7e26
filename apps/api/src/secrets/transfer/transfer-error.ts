import { DomainError, type ErrorDetail } from '@credvault/http/domain-error.js';

/**
 * An import that was refused. Its details name keys and line numbers, so that a person can mend the file;
 * they never hold a value or an excerpt of the content.
 */
export class TransferError extends DomainError {
  constructor(message: string, details: ErrorDetail[]) {
    super('BAD_REQUEST', message, { details });
  }
}

/** A finding about one secret; the key must be a valid one, for nothing else may be echoed. */
export function findingOfKey(key: string, code: string, message: string): ErrorDetail {
  return { path: key, code, message };
}

/** A finding about one line of the content, counted from 1. */
export function findingOfLine(line: number, code: string, message: string): ErrorDetail {
  return { path: 'content', code, message: `Line ${line}: ${message}` };
}

/** Ends the parse at a place where the rest can no longer be understood. */
export function syntaxErrorAt(line: number, message: string): TransferError {
  return new TransferError('The content is not in the stated format.', [
    findingOfLine(line, 'SYNTAX_ERROR', message),
  ]);
}
