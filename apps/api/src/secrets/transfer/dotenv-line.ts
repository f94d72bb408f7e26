import dotenv from 'dotenv';
import { type TransferEntry } from './transfer-entry.js';

/**
 * Writes one entry as dotenv lines in the simplest quoting that dotenv reads back exactly, wherever the lines stand
 * in a document. Gives undefined where dotenv has no way to say it.
 */
export function dotenvLine(entry: TransferEntry): string | undefined {
  if (!KEY.test(entry.key)) return undefined;
  for (const source of quotings(entry.value)) {
    const line = `${entry.key}=${source}`;
    if (readsBack(line, entry)) return line;
  }
  return undefined;
}

/** The keys of dotenv's grammar (the `LINE` expression of dotenv 18). */
const KEY = /^[\w.-]+$/;

/** After these lines every quote that a value left open would be closed, and so the value be another one. */
const NEIGHBOURS = '\n\'\n"\n`\n';

function readsBack(line: string, { key, value }: TransferEntry): boolean {
  const parsed = dotenv.parse(line + NEIGHBOURS);
  return Object.keys(parsed).length === 1 && Object.hasOwn(parsed, key) && parsed[key] === value;
}

/** Every way to write a value that has a chance, the simplest first. */
function* quotings(value: string): Generator<string> {
  if (isUnquotable(value)) yield value;
  const quoted = QUOTES.map((quote) => ({ quote, text: quote === '"' ? withEscapes(value) : value }));
  for (const { quote, text } of quoted) {
    if (closesAtItsEnd(text, quote)) yield `${quote}${text}${quote}`;
  }
  for (const { quote, text } of quoted) {
    if (closesAtItsEnd(text, quote)) yield `${quote}${text}${quote}${closingGuard(quote)}`;
  }
  for (const { quote, text } of quoted) {
    if (isOneSafeLine(text)) yield `${quote}${text}${quote}`;
  }
}

const QUOTES = ["'", '"', '`'] as const;

/** dotenv knows two escapes, in double quotes only; a carriage return can be written in no other way. */
function withEscapes(value: string): string {
  return value.replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}

function isUnquotable(value: string): boolean {
  return isOneSafeLine(value) && value === value.trim() && !/^['"`]/.test(value);
}

/** Without a comment and a line end of any kind, dotenv takes the whole line, and strips a quote from either end. */
function isOneSafeLine(text: string): boolean {
  return !/[#\n\r\u2028\u2029]/.test(text);
}

/** dotenv ends a quoted value at the first quote that has no backslash before it. */
function closesAtItsEnd(text: string, quote: string): boolean {
  let at = text.indexOf(quote);
  while (at > 0 && text[at - 1] === '\\') at = text.indexOf(quote, at + 1);
  return at === -1;
}

/**
 * After a value that ends in a backslash dotenv looks for a later closing quote first. This comment has one that
 * cannot close, because text follows it, and sends dotenv back to the right one.
 */
function closingGuard(quote: string): string {
  return ` # ${quote}.`;
}
