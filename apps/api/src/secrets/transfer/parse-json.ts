import { createScanner, type JSONScanner, type SyntaxKind } from 'jsonc-parser';
import { type EntryCollector } from './entry-collector.js';
import { LineCursor } from './line-cursor.js';
import { syntaxErrorAt } from './transfer-error.js';

/** The kinds of jsonc-parser's scanner, whose own names exist at compile time only (its `main.d.ts`). */
const OPEN_BRACE: SyntaxKind = 1;
const CLOSE_BRACE: SyntaxKind = 2;
const OPEN_BRACKET: SyntaxKind = 3;
const CLOSE_BRACKET: SyntaxKind = 4;
const COMMA: SyntaxKind = 5;
const COLON: SyntaxKind = 6;
const NULL: SyntaxKind = 7;
const TRUE: SyntaxKind = 8;
const FALSE: SyntaxKind = 9;
const STRING: SyntaxKind = 10;
const NUMBER: SyntaxKind = 11;
const LINE_BREAK: SyntaxKind = 14;
const SPACE: SyntaxKind = 15;
const END: SyntaxKind = 17;

/**
 * Reads one flat JSON object (RFC 8259, strict). Order, duplicates and the exact text of numbers are needed, which
 * `JSON.parse` does not give; the object is read token by token because a tree of hostile content could fill the
 * memory or the stack. Numbers and booleans give their source text; null, arrays and objects are findings.
 */
export function parseJson(content: string, collector: EntryCollector): void {
  const reader = new JsonReader(content);
  reader.next();
  reader.expect(OPEN_BRACE, 'The content must be one JSON object.');
  if (reader.token !== CLOSE_BRACE) {
    readProperty(reader, collector);
    while (reader.token === COMMA) {
      reader.next();
      readProperty(reader, collector);
    }
  }
  reader.expect(CLOSE_BRACE, 'A comma or the end of the object is missing.');
  reader.expect(END, 'Nothing may follow the object.');
}

function readProperty(reader: JsonReader, collector: EntryCollector): void {
  const line = reader.line;
  const key = reader.text;
  reader.expect(STRING, 'A property name in double quotes is missing.');
  reader.expect(COLON, 'A colon is missing after a property name.');
  switch (reader.token) {
    case STRING:
      collector.add({ key, value: reader.text }, line);
      return reader.next();
    case NUMBER:
    case TRUE:
    case FALSE:
      collector.add({ key, value: reader.source }, line);
      return reader.next();
    case NULL:
      collector.refuseKey(key, line, 'NULL_VALUE', 'A value may not be null; write "" for an empty one.');
      return reader.next();
    case OPEN_BRACE:
    case OPEN_BRACKET:
      collector.refuseKey(key, line, 'NESTED_VALUE', 'A value may not be an object or an array.');
      return skipNested(reader);
    default:
      throw reader.unexpected('A value is missing.');
  }
}

/** The content is refused anyway, so only the end of the nested value is looked for. */
function skipNested(reader: JsonReader): void {
  let depth = 0;
  do {
    if (reader.token === OPEN_BRACE || reader.token === OPEN_BRACKET) depth += 1;
    if (reader.token === CLOSE_BRACE || reader.token === CLOSE_BRACKET) depth -= 1;
    if (reader.token === END) throw reader.unexpected('The end of a nested value is missing.');
    reader.next();
  } while (depth > 0);
}

/** The token stream of jsonc-parser without white space; comments and broken tokens end it. */
class JsonReader {
  token: SyntaxKind = END;
  readonly #scanner: JSONScanner;
  readonly #lines: LineCursor;

  constructor(readonly content: string) {
    this.#scanner = createScanner(content);
    this.#lines = new LineCursor(content);
  }

  /** The decoded string of the token. */
  get text(): string {
    return this.#scanner.getTokenValue();
  }

  /** The token as it stands in the content. */
  get source(): string {
    const offset = this.#scanner.getTokenOffset();
    return this.content.slice(offset, offset + this.#scanner.getTokenLength());
  }

  get line(): number {
    return this.#lines.at(this.#scanner.getTokenOffset());
  }

  next(): void {
    do this.token = this.#scanner.scan();
    while (this.token === SPACE || this.token === LINE_BREAK);
    if (this.#scanner.getTokenError() !== 0) throw this.unexpected('A string or number is malformed.');
  }

  expect(token: SyntaxKind, message: string): void {
    if (this.token !== token) throw this.unexpected(message);
    if (token !== END) this.next();
  }

  unexpected(message: string): Error {
    return syntaxErrorAt(this.line, message);
  }
}
