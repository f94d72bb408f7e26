import { typesOf, type Schema } from './document.js';
import type { DocumentProblems } from './document-problems.js';
import type { Schemas } from './schemas.js';

/** A TypeID: prefix, `_`, 26 digits of Crockford base32 of which the first is at most 7 (TypeID specification 0.3). */
const typeId = /^([a-z]{3,})_[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** Bounds of ids of one kind. */
export function idBounds(prefix: string): Schema {
  const length = prefix.length + 27;
  return {
    pattern: `^${prefix}_[0-7][0-9a-hjkmnp-tv-z]{25}$`,
    minLength: length,
    maxLength: length,
  };
}

/**
 * Bounds every string. A request is bounded by its own validation rules alone; an answer also by its examples that are
 * ids, by the class that writes the same property, and by the table.
 *
 * @param requests names of the schemas that requests use
 * @param table bounds by `Class.property` or `property`
 */
export function boundStrings(
  schemas: Schemas,
  requests: ReadonlySet<string>,
  table: Record<string, Schema>,
  problems: DocumentProblems,
): Schemas {
  const bounded = Object.entries(schemas).map(([name, schema]): [string, Schema] => {
    const find = requests.has(name) ? () => undefined : boundsFinder(name, schemas, table);
    return [name, boundInside(schema, name, undefined, find, problems)];
  });
  return Object.fromEntries(bounded);
}

type FindBounds = (property: string, schema: Schema) => Schema | undefined;

function boundsFinder(className: string, schemas: Schemas, table: Record<string, Schema>): FindBounds {
  const writers = ['Create', 'Update'].map((verb) => schemas[verb + className]);
  return (property, schema) => {
    const own = table[`${className}.${property}`];
    if (own) return own;
    const prefix = typeId.exec(String(schema.examples?.[0]))?.[1];
    if (prefix !== undefined) return idBounds(prefix);
    const written = writers.map((writer) => writer?.properties?.[property]?.maxLength);
    const maxLength = written.find((length) => length !== undefined);
    if (maxLength !== undefined) return { maxLength };
    return table[property];
  };
}

/** The schema with every string in it bounded; `property` is the nearest named property around it. */
function boundInside(
  schema: Schema,
  className: string,
  property: string | undefined,
  find: FindBounds,
  problems: DocumentProblems,
): Schema {
  const inside = (inner: Schema, name = property): Schema =>
    boundInside(inner, className, name, find, problems);
  const result: Schema = { ...schema };
  if (!isBounded(result)) {
    const bounds = property === undefined ? undefined : find(property, result);
    if (bounds) Object.assign(result, bounds);
    else
      problems.add(
        `${className}.${property ?? ''}`,
        'bound the string: @MaxLength, @IsIn, or a line in stringBounds',
      );
  }
  const { properties, items, additionalProperties, anyOf, oneOf, allOf } = result;
  if (properties) {
    const bounded = Object.entries(properties).map(([name, inner]) => [name, inside(inner, name)]);
    result.properties = Object.fromEntries(bounded) as Schemas;
  }
  if (items) result.items = inside(items);
  if (typeof additionalProperties === 'object') result.additionalProperties = inside(additionalProperties);
  if (anyOf) result.anyOf = anyOf.map((inner) => inside(inner));
  if (oneOf) result.oneOf = oneOf.map((inner) => inside(inner));
  if (allOf) result.allOf = allOf.map((inner) => inside(inner));
  return result;
}

/** True for what is no string, or a string that says how long it may be. */
export function isBounded(schema: Schema): boolean {
  if (!typesOf(schema).includes('string')) return true;
  const { maxLength, enum: values, const: only, format } = schema;
  return maxLength !== undefined || values !== undefined || only !== undefined || format === 'date-time';
}
