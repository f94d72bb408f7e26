/** What the scan of a JSON text found that JSON.parse would not mind, or would not survive. */
export type StructureFault =
  { kind: 'tooDeep' } | { kind: 'tooManyKeys' } | { kind: 'duplicateKey'; key: string };

export interface StructureLimits {
  /** Deepest nesting of objects and arrays. */
  depth: number;
  /** Most keys of one object. */
  keys: number;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * Walks over the bytes of a JSON text once, without recursion, before it is parsed, and looks for nesting or
 * objects beyond the limits and for a key given twice in one object (RFC 8259 §4 leaves open which one would count). Text that is not JSON is
 * left for the parser to refuse.
 */
export function scanStructure(text: Buffer, limits: StructureLimits): StructureFault | undefined {
  /** Per open bracket: the keys seen so far of an object, or null for an array. */
  const open: (Set<string> | null)[] = [];
  let expectsKey = false;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at];
    if (byte === quote) {
      const end = endOfString(text, at);
      const keys = expectsKey ? open.at(-1) : null;
      if (keys) {
        const key = readKey(text, at, end);
        if (keys.has(key)) return { kind: 'duplicateKey', key };
        if (keys.size === limits.keys) return { kind: 'tooManyKeys' };
        keys.add(key);
      }
      at = end;
    } else if (byte === openBrace || byte === openBracket) {
      if (open.length === limits.depth) return { kind: 'tooDeep' };
      expectsKey = byte === openBrace;
      open.push(expectsKey ? new Set() : null);
    } else if (byte === closeBrace || byte === closeBracket) {
      open.pop();
    } else if (byte === comma) {
      expectsKey = open.at(-1) instanceof Set;
    } else if (byte === colon) {
      expectsKey = false;
    }
  }
  return undefined;
}

/** The place of the quote that ends the string beginning at `start`, or the end of the text. */
function endOfString(text: Buffer, start: number): number {
  let at = text.indexOf(quote, start + 1);
  while (at !== -1) {
    let escapes = 0;
    while (text[at - 1 - escapes] === backslash) escapes++;
    if (escapes % 2 === 0) return at;
    at = text.indexOf(quote, at + 1);
  }
  return text.length;
}

/** A key with its escapes resolved, so that `"a"` and `"\\u0061"` count as the same. */
function readKey(text: Buffer, start: number, end: number): string {
  const raw = text.toString('utf8', start + 1, end);
  if (!raw.includes('\\')) return raw;
  try {
    return String(JSON.parse(`"${raw}"`));
  } catch {
    return raw;
  }
}
