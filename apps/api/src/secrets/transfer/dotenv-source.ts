/**
 * Finds the assignments of a dotenv document without taking their values apart.
 *
 * The grammar is that of the `LINE` expression of dotenv 18 (its README, "What rules does the parsing engine
 * follow?"). It is read here with a scanner because the expression loses what an import must see (key order,
 * `__proto__`, skipped lines) and needs quadratic time on hostile input; this scanner needs linear time. The values
 * are left to dotenv itself.
 */
import { LineCursor } from './line-cursor.js';

/** One `KEY=value`: `source` is what dotenv takes the value from, quotes included. */
export interface DotenvAssignment {
  key: string;
  source: string;
  line: number;
}

export interface DotenvListener {
  assignment(found: DotenvAssignment): void;
  /** A line that is no comment, no assignment and no part of a value: dotenv would skip it silently. */
  strayLine(line: number): void;
}

/** Walks through a document whose line ends are `\n`. */
export function scanDotenv(text: string, listener: DotenvListener): void {
  const lines = new LineCursor(text);
  const closings = new QuoteClosings(text);
  let at = skipSpace(text, 0);
  while (at < text.length) {
    const head = text[at] === '#' ? undefined : readHead(text, at);
    if (head) {
      const value = readValue(text, head.end, closings);
      listener.assignment({ key: head.key, source: value.source, line: lines.at(at) });
      at = endOfLine(text, value.end);
    } else {
      if (text[at] !== '#') listener.strayLine(lines.at(at));
      at = endOfLine(text, at);
    }
    at = skipSpace(text, at);
  }
}

/** `KEY =`, `KEY: `, both also after `export `; `end` is where the value begins. */
function readHead(text: string, start: number): { key: string; end: number } | undefined {
  const exported = skipSpace(text, start + 'export'.length);
  const isExport = text.startsWith('export', start) && exported > start + 'export'.length;
  return (isExport ? readKey(text, exported) : undefined) ?? readKey(text, start);
}

function readKey(text: string, start: number): { key: string; end: number } | undefined {
  let keyEnd = start;
  while (isKeyCharacter(text.charCodeAt(keyEnd))) keyEnd += 1;
  if (keyEnd === start) return undefined;
  const key = text.slice(start, keyEnd);
  if (text[keyEnd] === ':' && isSpace(text.charCodeAt(keyEnd + 1))) return { key, end: keyEnd + 2 };
  const sign = skipSpace(text, keyEnd);
  return text[sign] === '=' ? { key, end: sign + 1 } : undefined;
}

/** A quoted value may begin on a later line and hold line breaks; any other ends with its line or at a `#`. */
function readValue(text: string, start: number, closings: QuoteClosings): { source: string; end: number } {
  const first = skipSpace(text, start);
  const close = isQuote(text[first]) ? closings.closeOf(first) : -1;
  if (close !== -1) return { source: text.slice(first, close + 1), end: endOfQuoted(text, close + 1) };
  let end = start;
  while (end < text.length && text[end] !== '\n' && text[end] !== '#') end += 1;
  return { source: text.slice(start, end), end };
}

/**
 * Finds the closing quote of a value. dotenv prefers the first quote that has no backslash before it, and otherwise
 * takes the last one before that; whichever it is, only white space or a comment may follow on the line. The answer
 * is shared by all openings in between, which keeps unclosed quotes from costing quadratic time.
 */
class QuoteClosings {
  readonly #spans = new Map<string, { close: number; until: number }>();

  constructor(readonly text: string) {}

  /** The offset of the quote that closes the one at `open`, or -1. */
  closeOf(open: number): number {
    const quote = this.text.charAt(open);
    let span = this.#spans.get(quote);
    if (!span || open >= span.until) {
      span = this.#measure(quote, open + 1);
      this.#spans.set(quote, span);
    }
    return span.close > open ? span.close : -1;
  }

  #measure(quote: string, from: number): { close: number; until: number } {
    let close = -1;
    for (let at = this.text.indexOf(quote, from); at !== -1; at = this.text.indexOf(quote, at + 1)) {
      if (isEndOfValue(this.text, at + 1)) close = at;
      if (this.text[at - 1] !== '\\') return { close, until: at };
    }
    return { close, until: this.text.length };
  }
}

function isEndOfValue(text: string, start: number): boolean {
  const next = endOfQuoted(text, start);
  return next >= text.length || text[next] === '#' || isLineEnd(text.charCodeAt(next));
}

/** Skips the white space between a closing quote and the end of the line or its comment. */
function endOfQuoted(text: string, start: number): number {
  let at = start;
  while (isSpace(text.charCodeAt(at)) && !isLineEnd(text.charCodeAt(at))) at += 1;
  return at;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

function endOfLine(text: string, start: number): number {
  let at = start;
  while (at < text.length && !isLineEnd(text.charCodeAt(at))) at += 1;
  return at;
}

/** What `$` and `^` of a multi-line regular expression stop at, `\r` aside. */
function isLineEnd(code: number): boolean {
  return code === 0x0a || code === 0x2028 || code === 0x2029;
}

/** What `\s` matches (ECMA-262, WhiteSpace and LineTerminator). */
function isSpace(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  return code >= 0xa0 && UNICODE_SPACES.has(code);
}

const UNICODE_SPACES = new Set([
  0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a,
  0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff,
]);

/** What `[\w.-]` matches. */
function isKeyCharacter(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x5f ||
    code === 0x2e ||
    code === 0x2d
  );
}

function isQuote(character: string | undefined): boolean {
  return character === "'" || character === '"' || character === '`';
}
