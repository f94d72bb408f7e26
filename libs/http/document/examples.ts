import { referredName, typesOf, type Schema } from './document.js';
import type { DocumentProblems } from './document-problems.js';
import { insteadOfExtension } from './instead-of.js';
import type { Schemas } from './schemas.js';

/**
 * An example of a schema, composed of the examples of its properties; references are followed. What has none is noted as
 * a problem.
 *
 * @param where names the schema in a problem
 */
export function exampleOf(
  schema: Schema,
  schemas: Schemas,
  where: string,
  problems: DocumentProblems,
): unknown {
  const name = referredName(schema);
  const target = name === undefined ? undefined : schemas[name];
  if (name !== undefined && target) return exampleOf(target, schemas, name, problems);
  if (schema.examples && schema.examples.length > 0) return schema.examples[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const choice = (schema.anyOf ?? schema.oneOf)?.[0];
  if (choice) return exampleOf(choice, schemas, where, problems);
  if (schema.items) return [exampleOf(schema.items, schemas, where, problems)];
  if (schema.properties) return objectExample(schema.properties, schemas, where, problems);
  const kind = typesOf(schema).join(' or ') || 'value';
  problems.add(where, `add an @example of the ${kind}`);
  return undefined;
}

function objectExample(
  properties: Record<string, Schema>,
  schemas: Schemas,
  where: string,
  problems: DocumentProblems,
): Record<string, unknown> {
  const composed = Object.entries(properties)
    .filter(([, schema]) => schema[insteadOfExtension] === undefined)
    .map(([property, schema]) => [property, exampleOf(schema, schemas, `${where}.${property}`, problems)]);
  return Object.fromEntries(composed) as Record<string, unknown>;
}
