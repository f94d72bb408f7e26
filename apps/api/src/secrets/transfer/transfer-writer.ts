import { dotenvLine } from './dotenv-line.js';
import { type TransferEntry, type TransferFormat } from './transfer-entry.js';
import { yamlPair } from './yaml-pair.js';

/** The keys that a format cannot carry with their value; only dotenv has such. */
export function inexpressibleKeys(format: TransferFormat, entries: Iterable<TransferEntry>): string[] {
  if (format !== 'dotenv') return [];
  return Array.from(entries)
    .filter((entry) => dotenvLine(entry) === undefined)
    .map((entry) => entry.key);
}

/**
 * Writes an export piece by piece, so that it can be streamed: `begin()`, `entry()` for each secret with its index
 * from 0, `end()`. The joined pieces are a document that `parseTransfer` reads back to the same entries in the same
 * order. For dotenv, {@link inexpressibleKeys} must be asked before.
 */
export class TransferWriter {
  readonly #format: TransferFormat;
  #isEmpty = true;

  constructor(format: TransferFormat) {
    this.#format = format;
  }

  /** The media type, for `Content-Type` (RFC 8259 and RFC 9512 have no charset parameter). */
  get contentType(): string {
    return CONTENT_TYPES[this.#format];
  }

  /** The end of the file name, without the dot. */
  get fileExtension(): string {
    return FILE_EXTENSIONS[this.#format];
  }

  begin(): string {
    return this.#format === 'json' ? '{' : '';
  }

  entry(entry: TransferEntry, index: number): string {
    this.#isEmpty = false;
    switch (this.#format) {
      case 'dotenv':
        return `${expressibleLine(entry)}\n`;
      case 'json':
        return `${index === 0 ? '' : ','}\n  ${JSON.stringify(entry.key)}: ${JSON.stringify(entry.value)}`;
      case 'yaml':
        return `${yamlPair(entry)}\n`;
    }
  }

  end(): string {
    if (this.#format === 'json') return this.#isEmpty ? '}\n' : '\n}\n';
    return this.#format === 'yaml' && this.#isEmpty ? '{}\n' : '';
  }
}

const CONTENT_TYPES: Record<TransferFormat, string> = {
  dotenv: 'text/plain; charset=utf-8',
  json: 'application/json',
  yaml: 'application/yaml',
};

const FILE_EXTENSIONS: Record<TransferFormat, string> = { dotenv: 'env', json: 'json', yaml: 'yaml' };

function expressibleLine(entry: TransferEntry): string {
  const line = dotenvLine(entry);
  if (line === undefined)
    throw new Error('inexpressibleKeys must be asked before a dotenv export is written');
  return line;
}
