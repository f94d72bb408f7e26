import dotenv from 'dotenv';
import { type DotenvAssignment, scanDotenv } from './dotenv-source.js';
import { type EntryCollector, tooManyEntries } from './entry-collector.js';
import { MAX_ENTRIES, MAX_VALUE_BYTES } from './transfer-entry.js';

/**
 * Reads a dotenv document: the assignments in file order, each value as `dotenv.parse` gives it. Of a key that stands
 * twice the last value counts, at the place of the first, as in dotenv. Lines that dotenv would skip silently are
 * findings, for each of them may be a secret that was meant to come along.
 */
export function parseDotenv(content: string, collector: EntryCollector): void {
  const assignments = new Map<string, DotenvAssignment>();
  scanDotenv(content.replace(/\r\n?/g, '\n'), {
    assignment(found) {
      assignments.set(found.key, found);
      if (assignments.size > MAX_ENTRIES) throw tooManyEntries();
    },
    strayLine(line) {
      collector.refuseLine(line, 'STRAY_LINE', 'This is neither KEY=value nor a comment.');
    },
  });
  for (const assignment of assignments.values()) readAssignment(assignment, collector);
}

/** An escape halves what it stands for (`\n`), so longer sources cannot give a value that is allowed. */
const MAX_SOURCE_LENGTH = 2 * MAX_VALUE_BYTES + 2;

/** dotenv strips such inner quotes too, in quadratic time; nobody writes them on purpose. */
const QUOTE_AFTER_LINE_SEPARATOR = /[\u2028\u2029]['"`]/;

function readAssignment({ key, source, line }: DotenvAssignment, collector: EntryCollector): void {
  const trimmed = source.trim();
  if (trimmed.length > MAX_SOURCE_LENGTH) return collector.refuseTooLong(key, line);
  if (!isEnclosed(trimmed) && QUOTE_AFTER_LINE_SEPARATOR.test(trimmed)) {
    return collector.refuseKey(key, line, 'AMBIGUOUS_VALUE', 'A value with line separators must be quoted.');
  }
  collector.add({ key, value: valueOf(source) }, line);
}

function isEnclosed(source: string): boolean {
  return source.length > 1 && /^['"`]/.test(source) && source.endsWith(source.charAt(0));
}

/** A name of our own stands in for the key, since the object of dotenv cannot hold `__proto__`. */
function valueOf(source: string): string {
  return dotenv.parse(`VALUE=${source}`)['VALUE'] ?? '';
}
