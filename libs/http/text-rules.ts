import type { ErrorDetail } from './domain-error.js';

/** Longest path shown in an error, in characters, because a client chooses the names in it. */
const longestPath = 120;

/** True for text that PostgreSQL and UTF-8 can hold: without NUL (its manual, §8.3) and lone surrogates (RFC 3629 §3). */
export function isCleanText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** A name or path given by a client, made fit to be shown: well-formed, printable, of bounded length. */
export function showPath(path: string): string {
  const printable = path.toWellFormed().replace(/\p{Cc}/gu, '\u{fffd}');
  return printable.length <= longestPath ? printable : `${printable.slice(0, longestPath).toWellFormed()}…`;
}

/** The path of a property or an array item below a parent: `items[2].key`. */
export function pathOf(parent: string, key: string | number): string {
  if (typeof key === 'number') return `${parent}[${key}]`;
  return parent === '' ? key : `${parent}.${key}`;
}

/** The first string or key in a parsed JSON value that is not clean text. The value's depth must be bounded. */
export function findUncleanText(value: unknown, path = ''): ErrorDetail | undefined {
  if (typeof value === 'string') return isCleanText(value) ? undefined : uncleanText(path);
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const at = pathOf(path, Array.isArray(value) ? Number(key) : key);
    if (!isCleanText(key)) return uncleanText(at);
    const found = findUncleanText(item, at);
    if (found) return found;
  }
  return undefined;
}

/** The finding for text that holds NUL or a lone surrogate. */
export function uncleanText(path: string): ErrorDetail {
  const shown = showPath(path);
  const message = `${shown === '' ? 'the text' : shown} must not hold the NUL character or half of a surrogate pair`;
  return { path: shown, code: 'invalidText', message };
}
