import { Composer, CST, isAlias, isMap, isNode, isScalar, Lexer, type Pair, Parser, Scalar } from 'yaml';
import { type EntryCollector, tooManyEntries } from './entry-collector.js';
import { LineCursor } from './line-cursor.js';
import { MAX_ENTRIES } from './transfer-entry.js';
import { syntaxErrorAt } from './transfer-error.js';

/**
 * Reads one YAML document that is a flat mapping. Every scalar gives its text (`8080`, `1.0`, `true`), an alias the
 * scalar it stands for; null, nested values, merge keys and tags other than `!!str` are findings. The shape is
 * checked on the token tree, which needs no recursion, so that nothing nested is ever composed.
 */
export function parseYaml(content: string, collector: EntryCollector): void {
  refuseControlCharacters(content);
  const tokens = readTokens(content);
  checkShape(tokens, content, collector);
  collector.throwIfRefused();
  readPairs(composePairs(tokens, content), content, collector);
}

/** YAML 1.2.2, section 5.1. The yaml package also uses some of them as marks between its lexer and parser. */
function refuseControlCharacters(content: string): void {
  const offset = content.search(/[\p{Cc}--[\t\n\r\x7f-\x9f]]/v);
  if (offset === -1) return;
  throw syntaxErrorAt(
    new LineCursor(content).at(offset),
    'A control character must be written as an escape.',
  );
}

/** Far more than {@link MAX_ENTRIES} pairs with comments need; it bounds the time and memory that nesting can cost. */
const MAX_LEXEMES = 400_000;

function readTokens(content: string): CST.Token[] {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(content)) {
    lexemes += 1;
    if (lexemes > MAX_LEXEMES) throw tooManyEntries();
    tokens.push(...parser.next(lexeme));
  }
  tokens.push(...parser.end());
  return tokens;
}

function checkShape(tokens: CST.Token[], content: string, collector: EntryCollector): void {
  const lines = new LineCursor(content);
  const [document, second] = tokens.filter((token) => token.type === 'document');
  if (second) throw syntaxErrorAt(lines.at(second.offset), 'Only one document may stand in the content.');
  const root = document?.value;
  if (!root) return;
  if (!isMapping(root)) throw syntaxErrorAt(lines.at(root.offset), 'The document must be a flat mapping.');
  let pairs = 0;
  for (const item of root.items) {
    if (!item.key && !item.value && !item.sep) continue;
    pairs += 1;
    if (pairs > MAX_ENTRIES) throw tooManyEntries();
    refuseNested(item, lines, collector);
  }
}

function isMapping(token: CST.Token): token is CST.BlockMap | CST.FlowCollection {
  return token.type === 'block-map' || (token.type === 'flow-collection' && token.start.source === '{');
}

function refuseNested(
  { key, value }: CST.CollectionItem,
  lines: LineCursor,
  collector: EntryCollector,
): void {
  if (CST.isCollection(key)) {
    collector.refuseLine(lines.at(key.offset), 'INVALID_KEY', 'A key must be a scalar.');
  } else if (CST.isCollection(value)) {
    const name = CST.isScalar(key) ? CST.resolveAsScalar(key, false).value : '';
    const line = lines.at(key?.offset ?? value.offset);
    collector.refuseKey(name, line, 'NESTED_VALUE', 'A value may not be a mapping or a sequence.');
  }
}

/**
 * With the failsafe schema every scalar stays text. Uniqueness is left to the collector, for the package compares
 * each key with all before it.
 */
function composePairs(tokens: CST.Token[], content: string): Pair[] {
  const composer = new Composer({ schema: 'failsafe', uniqueKeys: false });
  const [document] = [...composer.compose(tokens, true, content.length)];
  const [error] = document?.errors ?? [];
  if (error)
    throw syntaxErrorAt(new LineCursor(content).at(error.pos[0]), `The YAML is malformed (${error.code}).`);
  return isMap(document?.contents) ? document.contents.items : [];
}

function readPairs(pairs: Pair[], content: string, collector: EntryCollector): void {
  const lines = new LineCursor(content);
  const anchors: Anchors = new Map();
  for (const pair of pairs) {
    const line = lines.at(offsetOf(pair.key));
    const key = resolveScalar(pair.key, anchors);
    const value = resolveScalar(pair.value ?? MISSING, anchors);
    if (!key || !isText(key)) collector.refuseLine(line, 'INVALID_KEY', 'A key must be a string.');
    else if (isPlain(key, ['<<'])) collector.refuseLine(line, 'MERGE_KEY', 'Merge keys are not supported.');
    else readValue(textOf(key), value, line, collector);
  }
}

function readValue(key: string, value: Scalar | undefined, line: number, collector: EntryCollector): void {
  if (!value) {
    collector.refuseKey(
      key,
      line,
      'UNKNOWN_ALIAS',
      'The value is an alias of no scalar that stands before it.',
    );
  } else if (!isText(value)) {
    collector.refuseKey(key, line, 'UNSUPPORTED_TAG', 'A value may have no tag but !!str.');
  } else if (value.tag === undefined && isPlain(value, NULLS)) {
    collector.refuseKey(key, line, 'NULL_VALUE', 'A value may not be null; write "" for an empty one.');
  } else {
    collector.add({ key, value: textOf(value) }, line);
  }
}

/** What the core schema takes for null (YAML 1.2.2, section 10.3.2). */
const NULLS = ['', '~', 'null', 'Null', 'NULL'];

/** `!!str` and the non-specific tag, which both make a string of any scalar (YAML 1.2.2, sections 6.8 and 10.1). */
const STRING_TAGS = ['!', 'tag:yaml.org,2002:str'];

/** What stands for the value of a key that has none, as in `? key`. */
const MISSING = Object.assign(new Scalar(''), { source: '', type: Scalar.PLAIN });

/** The scalars that have an anchor so far; a later one may take over a name. */
type Anchors = Map<string, Scalar>;

/** The scalar itself or the one an alias stands for. The package's own look-up walks the document for each alias. */
function resolveScalar(node: unknown, anchors: Anchors): Scalar | undefined {
  if (isAlias(node)) return anchors.get(node.source);
  if (!isScalar(node)) return undefined;
  if (node.anchor !== undefined) anchors.set(node.anchor, node);
  return node;
}

function isText(node: Scalar): boolean {
  return node.tag === undefined || STRING_TAGS.includes(node.tag);
}

function isPlain(node: Scalar, sources: string[]): boolean {
  return node.type === Scalar.PLAIN && sources.includes(textOf(node));
}

function textOf(node: Scalar): string {
  return node.source ?? '';
}

function offsetOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}
