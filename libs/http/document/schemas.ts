import {
  innerSchemas,
  referredName,
  runningText,
  schemaRef,
  sortedByKey,
  typesOf,
  type Schema,
} from './document.js';
import type { DocumentProblems } from './document-problems.js';

export type Schemas = Record<string, Schema>;

/**
 * A schema as OpenAPI 3.1 writes it: `examples` for `example`, a reference with siblings for a lone `allOf`, integers as
 * such, an enum that may be null with its null. Descriptions become running text.
 */
export function tidySchema(schema: Schema): Schema {
  const { example, allOf, ...rest } = schema;
  const tidy: Schema = { ...rest, ...tidyInner(rest) };
  if (example !== undefined) tidy.examples = [example];
  if (allOf?.length === 1) Object.assign(tidy, allOf[0]);
  else if (allOf) tidy.allOf = allOf.map(tidySchema);
  if (tidy.description !== undefined) tidy.description = runningText(tidy.description);
  if (tidy.$ref !== undefined) return orNull(tidy);
  if (tidy.enum) tidy.enum = tidyEnum(tidy);
  if (typesOf(tidy).includes('number') && Number.isInteger(tidy.examples?.[0])) {
    const types = typesOf(tidy).map((type) => (type === 'number' ? 'integer' : type));
    tidy.type = types.length === 1 ? types[0] : types;
  }
  return tidy;
}

function tidyInner({ properties, items, additionalProperties, anyOf, oneOf }: Schema): Schema {
  const inner: Schema = {};
  if (properties) {
    const tidied = Object.entries(properties).map(([name, property]) => [name, tidySchema(property)]);
    inner.properties = Object.fromEntries(tidied) as Schemas;
  }
  if (items) inner.items = tidySchema(items);
  if (typeof additionalProperties === 'object') inner.additionalProperties = tidySchema(additionalProperties);
  if (anyOf) inner.anyOf = anyOf.map(tidySchema);
  if (oneOf) inner.oneOf = oneOf.map(tidySchema);
  return inner;
}

/** A reference that may be null comes as `{ $ref, type: [..., "null"] }`, which no value would fit. */
function orNull(schema: Schema): Schema {
  const { $ref, type: _type, ...rest } = schema;
  if (!typesOf(schema).includes('null')) return { $ref, ...rest };
  return { ...rest, anyOf: [{ $ref }, { type: 'null' }] };
}

function tidyEnum(schema: Schema): unknown[] {
  const values = schema.enum ?? [];
  const lacksNull = typesOf(schema).includes('null') && !values.includes(null);
  return lacksNull ? [...values, null] : values;
}

/** Notes every property that bears no description. */
export function assertDescribed(schemas: Schemas, problems: DocumentProblems): void {
  for (const [name, { properties = {} }] of Object.entries(schemas)) {
    for (const [property, { description }] of Object.entries(properties)) {
      if (!description) problems.add(`${name}.${property}`, 'add a JSDoc description');
    }
  }
}

/** The names of the schemas that the given ones need, they themselves included. */
export function reachable(names: Iterable<string>, schemas: Schemas): Set<string> {
  const found = new Set<string>();
  const visit = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    const schema = schemas[name];
    if (schema) referredNames(schema).forEach(visit);
  };
  for (const name of names) visit(name);
  return found;
}

function referredNames(schema: Schema): string[] {
  const name = referredName(schema);
  return [...(name === undefined ? [] : [name]), ...innerSchemas(schema).flatMap(referredNames)];
}

/**
 * Closes the schemas of request bodies, as the service refuses unknown fields. Those of answers stay open, so that a
 * field added later breaks no client; a schema must therefore not serve both.
 */
export function closeRequests(
  schemas: Schemas,
  requests: ReadonlySet<string>,
  answers: ReadonlySet<string>,
  problems: DocumentProblems,
): Schemas {
  const closed = Object.entries(schemas).map(([name, schema]): [string, Schema] => {
    if (!requests.has(name) || !schema.properties) return [name, schema];
    if (answers.has(name)) problems.add(name, 'is in a request and in an answer; make a class for each');
    return [name, { ...schema, additionalProperties: false }];
  });
  return Object.fromEntries(closed);
}

/** The name under which a class is published: without its `Dto`. */
export function publishedName(className: string): string {
  return className.replace(/Dto$/, '');
}

/** Renames all schemas to their published names, in alphabetical order. */
export function publishSchemas(schemas: Schemas, problems: DocumentProblems): Schemas {
  const published: Schemas = {};
  for (const [className, schema] of Object.entries(schemas)) {
    const name = publishedName(className);
    if (published[name]) problems.add(className, `another schema is published as ${name} already`);
    published[name] = renameRefs(schema);
  }
  return sortedByKey(published);
}

/** Any part of a document with its schema references renamed to their published names. */
export function renameRefs<T>(part: T): T {
  return JSON.parse(JSON.stringify(part), (key: string, value: unknown) => {
    const name = key === '$ref' ? referredName({ $ref: String(value) }) : undefined;
    return name === undefined ? value : schemaRef(publishedName(name)).$ref;
  }) as T;
}
