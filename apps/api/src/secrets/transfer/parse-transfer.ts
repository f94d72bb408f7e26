import { contentTooLarge, EntryCollector } from './entry-collector.js';
import { parseDotenv } from './parse-dotenv.js';
import { parseJson } from './parse-json.js';
import { parseYaml } from './parse-yaml.js';
import { MAX_CONTENT_BYTES, type TransferEntry, type TransferFormat } from './transfer-entry.js';

const PARSERS: Record<TransferFormat, (content: string, collector: EntryCollector) => void> = {
  dotenv: parseDotenv,
  json: parseJson,
  yaml: parseYaml,
};

/**
 * Reads secrets from a file's content, in file order. A byte order mark and Windows line ends are accepted. Numbers
 * and booleans of JSON and YAML give their source text.
 *
 * Throws a TransferError that names every key and line to mend. Large or hostile content takes long: a server calls
 * {@link parseTransferOffThread} instead.
 */
export function parseTransfer(format: TransferFormat, content: string): TransferEntry[] {
  if (Buffer.byteLength(content) > MAX_CONTENT_BYTES) throw contentTooLarge();
  const collector = new EntryCollector();
  PARSERS[format](content.replace(/^\uFEFF/, ''), collector);
  return collector.finish();
}
