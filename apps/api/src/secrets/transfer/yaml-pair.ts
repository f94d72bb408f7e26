import { type TransferEntry } from './transfer-entry.js';

/**
 * Writes one pair of a block mapping, both sides in double quotes, which alone can hold every string (YAML 1.2.2,
 * section 7.3.1) and need no thought about `~`, `<<`, `- b` or `1.0`.
 */
export function yamlPair({ key, value }: TransferEntry): string {
  const quotedKey = yamlString(key);
  return quotedKey.length > MAX_IMPLICIT_KEY
    ? `? ${quotedKey}\n: ${yamlString(value)}`
    : `${quotedKey}: ${yamlString(value)}`;
}

/** An implicit key may take 1,024 characters, escapes included (YAML 1.2.2, section 7.4.2). */
const MAX_IMPLICIT_KEY = 1024;

/** Outside of what YAML calls printable, or a line end for YAML 1.1 readers (YAML 1.2.2, sections 5.1 and 5.4). */
const NEEDS_ESCAPE = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** A JSON string is a YAML one once the characters that JSON lets stand and YAML does not are escaped. */
function yamlString(text: string): string {
  return JSON.stringify(text).replace(NEEDS_ESCAPE, unicodeEscape);
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
