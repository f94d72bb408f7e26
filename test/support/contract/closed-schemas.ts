import type { Node } from './document.js';

/**
 * A deep copy of a document in which every object that lists its properties takes no others. Compatibility asks clients
 * to ignore fields they do not know, so the document itself stays open; an answer with an undocumented field is
 * nevertheless a mistake.
 */
export function closeSchemas<T>(document: T): T {
  return close(document, false) as T;
}

/** @param isPart true for a member of `allOf`: the other members add properties, so the whole is closed instead */
function close(value: unknown, isPart: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => close(item, isPart));
  if (typeof value !== 'object' || value === null) return value;
  const node = value as Node;
  const copy = Object.fromEntries(
    Object.entries(node).map(([name, part]) => [
      name,
      close(part, name === 'allOf' || (isPart && name === '$ref')),
    ]),
  );
  if (isPart) return copy;
  if ('allOf' in node) return { unevaluatedProperties: false, ...copy };
  const listsProperties = typeof node.properties === 'object' && !('anyOf' in node) && !('oneOf' in node);
  return listsProperties ? { additionalProperties: false, ...copy } : copy;
}
