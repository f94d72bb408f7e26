import { type ErrorDetail } from '@credvault/http/domain-error.js';
import { isSecretKey, SECRET_KEY_DESCRIPTION } from './secret-key.js';
import { MAX_CONTENT_BYTES, MAX_ENTRIES, MAX_VALUE_BYTES, type TransferEntry } from './transfer-entry.js';
import { findingOfKey, findingOfLine, TransferError } from './transfer-error.js';

/** More findings than this help nobody; the rest are only counted. */
const MAX_FINDINGS = 100;

/**
 * Gathers the entries of one import in file order together with everything that is wrong with them, so that one
 * answer names all that must be mended. Limits on size end the parse at once.
 */
export class EntryCollector {
  readonly #entries: TransferEntry[] = [];
  readonly #keys = new Set<string>();
  readonly #findings: ErrorDetail[] = [];
  #findingCount = 0;
  #bytes = 0;

  /** Takes an entry that stands at a line; a key that was seen before is a finding. */
  add(entry: TransferEntry, line: number): void {
    const { key, value } = entry;
    if (!this.#claim(key, line)) return;
    const bytes = Buffer.byteLength(value);
    if (bytes > MAX_VALUE_BYTES) this.refuseTooLong(key, line);
    else if (!value.isWellFormed())
      this.refuseKey(key, line, 'INVALID_VALUE', 'The value holds half of a surrogate pair.');
    else if (value.includes('\0'))
      this.refuseKey(key, line, 'INVALID_VALUE', 'The value holds a NUL character.');
    else this.#keep(entry, bytes);
  }

  /** Notes what is wrong with the entry of a key. */
  refuseKey(key: string, line: number, code: string, message: string): void {
    this.#note(isSecretKey(key) ? findingOfKey(key, code, message) : findingOfLine(line, code, message));
  }

  refuseTooLong(key: string, line: number): void {
    this.refuseKey(
      key,
      line,
      'VALUE_TOO_LONG',
      `The value is longer than ${MAX_VALUE_BYTES} bytes of UTF-8.`,
    );
  }

  /** Notes what is wrong with a line that belongs to no key. */
  refuseLine(line: number, code: string, message: string): void {
    this.#note(findingOfLine(line, code, message));
  }

  /** The entries in file order, or a {@link TransferError} with all findings. */
  finish(): TransferEntry[] {
    this.throwIfRefused();
    return this.#entries;
  }

  /** Ends the parse if there is anything to mend so far. */
  throwIfRefused(): void {
    if (this.#findingCount === 0) return;
    const unnamed = this.#findingCount - this.#findings.length;
    const details = [...this.#findings];
    if (unnamed > 0)
      details.push({ path: 'content', code: 'MORE_FINDINGS', message: `And ${unnamed} more findings.` });
    throw new TransferError('The content cannot be imported as it is.', details);
  }

  #claim(key: string, line: number): boolean {
    if (!isSecretKey(key)) {
      this.refuseLine(line, 'INVALID_KEY', `A key must have ${SECRET_KEY_DESCRIPTION}.`);
      return false;
    }
    if (this.#keys.has(key)) {
      this.refuseKey(key, line, 'DUPLICATE_KEY', 'The key stands more than once in the content.');
      return false;
    }
    this.#keys.add(key);
    if (this.#keys.size > MAX_ENTRIES) throw tooManyEntries();
    return true;
  }

  /** Aliases can make more out of the content than it holds itself, so the sum is bounded too. */
  #keep(entry: TransferEntry, valueBytes: number): void {
    this.#bytes += valueBytes + Buffer.byteLength(entry.key);
    if (this.#bytes > MAX_CONTENT_BYTES) throw contentTooLarge();
    this.#entries.push(entry);
  }

  #note(finding: ErrorDetail): void {
    this.#findingCount += 1;
    if (this.#findings.length < MAX_FINDINGS) this.#findings.push(finding);
  }
}

/** Refuses more than {@link MAX_ENTRIES} entries. */
export function tooManyEntries(): TransferError {
  return new TransferError(`An import has at most ${MAX_ENTRIES} secrets.`, [
    {
      path: 'content',
      code: 'TOO_MANY_ENTRIES',
      message: `The content has more than ${MAX_ENTRIES} secrets.`,
    },
  ]);
}

/** Refuses more than {@link MAX_CONTENT_BYTES} of content, or what unfolds to more. */
export function contentTooLarge(): TransferError {
  return new TransferError(`An import has at most ${MAX_CONTENT_BYTES} bytes of content.`, [
    {
      path: 'content',
      code: 'CONTENT_TOO_LARGE',
      message: `The content exceeds ${MAX_CONTENT_BYTES} bytes.`,
    },
  ]);
}
