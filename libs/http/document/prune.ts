import type { OpenApiDocument } from './document.js';

/** The document without tags and components that nothing in it refers to. */
export function pruned(document: OpenApiDocument): OpenApiDocument {
  const { components, paths } = document;
  const used = reachableFrom(paths, components);
  const kept = <T>(section: string, all: Record<string, T>): Record<string, T> =>
    Object.fromEntries(Object.entries(all).filter(([name]) => used.has(`#/components/${section}/${name}`)));
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  const tags = new Set(operations.flatMap((operation) => operation.tags));
  return {
    ...document,
    tags: document.tags.filter(({ name }) => tags.has(name)),
    components: {
      ...components,
      schemas: kept('schemas', components.schemas),
      responses: kept('responses', components.responses),
      parameters: kept('parameters', components.parameters),
      headers: kept('headers', components.headers),
    },
  };
}

/** Every reference that is found from a part of the document, through the components it refers to. */
function reachableFrom(part: unknown, components: OpenApiDocument['components']): Set<string> {
  const sections = components as unknown as Record<string, Record<string, unknown>>;
  const found = new Set<string>();
  const waiting = referencesIn(part);
  for (let reference = waiting.pop(); reference !== undefined; reference = waiting.pop()) {
    if (found.has(reference)) continue;
    found.add(reference);
    const [section = '', name = ''] = reference.split('/').slice(2);
    waiting.push(...referencesIn(sections[section]?.[name]));
  }
  return found;
}

function referencesIn(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part).flatMap(([key, value]) => {
    return key === '$ref' && typeof value === 'string' ? [value] : referencesIn(value);
  });
}
