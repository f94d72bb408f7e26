import type { ErrorCode } from '../domain-error.js';
import { answerExtension, failsExtension, type OperationAnswer } from './operation.js';
import type { Restriction } from './security.js';

/*
 * The parts of an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1) that this service uses: as
 * @nestjs/swagger derives them ("raw"), and as they are published.
 */

/** A JSON Schema of the 2020-12 dialect, as far as the document uses it. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  const?: unknown;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
  description?: string;
  /** As the compiler plugin writes it; the published document has `examples` alone. */
  example?: unknown;
  examples?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: boolean | Schema;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  /** Set by `@InsteadOf`. */
  'x-instead-of'?: string;
}

export interface Reference {
  $ref: string;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  description?: string;
  example?: unknown;
  schema: Schema;
}

export interface MediaType {
  schema: Schema;
  example?: unknown;
}

export interface RequestBody {
  required?: boolean;
  content: Record<string, MediaType>;
}

export interface Header {
  description: string;
  schema: Schema;
}

export interface Answer {
  description: string;
  headers?: Record<string, Reference>;
  content?: Record<string, MediaType>;
}

export interface CodeSample {
  lang: string;
  label: string;
  source: string;
}

/** What a client must send and what it is told, the same in raw and published operations. */
interface OperationFacts extends Partial<Record<Restriction, boolean>> {
  operationId: string;
  summary?: string;
  description?: string;
  tags?: string[];
  requestBody?: RequestBody;
  security?: Record<string, string[]>[];
  'x-required-scopes'?: string[];
}

/** An operation as derived; its id is `Controller.method`. */
export interface RawOperation extends OperationFacts {
  parameters?: Parameter[];
  [answerExtension]?: OperationAnswer;
  [failsExtension]?: ErrorCode[];
}

export interface RawDocument {
  paths: Record<string, Record<string, RawOperation>>;
  components: { schemas: Record<string, Schema> };
}

export interface Operation extends OperationFacts {
  summary: string;
  description: string;
  tags: string[];
  security: Record<string, string[]>[];
  parameters?: (Parameter | Reference)[];
  responses: Record<string, Answer | Reference>;
  'x-codeSamples': CodeSample[];
}

export interface OpenApiDocument {
  openapi: string;
  info: Record<string, unknown>;
  servers: { url: string; description?: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, Schema>;
    responses: Record<string, Answer>;
    parameters: Record<string, Parameter>;
    headers: Record<string, Header>;
    securitySchemes: Record<string, unknown>;
  };
}

const schemaPrefix = '#/components/schemas/';

/** A reference to a named schema. */
export function schemaRef(name: string): Reference {
  return { $ref: schemaPrefix + name };
}

/** The name in a reference to a named schema; undefined for a schema that is none. */
export function referredName(schema: Schema): string | undefined {
  return schema.$ref?.startsWith(schemaPrefix) ? schema.$ref.slice(schemaPrefix.length) : undefined;
}

/** The types of a schema as a list: `["string", "null"]`. */
export function typesOf(schema: Schema): string[] {
  return schema.type === undefined ? [] : [schema.type].flat();
}

/** The schemas directly inside a schema. */
export function innerSchemas(schema: Schema): Schema[] {
  const { items, additionalProperties, properties = {}, allOf = [], anyOf = [], oneOf = [] } = schema;
  return [
    ...Object.values(properties),
    ...(items ? [items] : []),
    ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
    ...allOf,
    ...anyOf,
    ...oneOf,
  ];
}

/** An object with its keys in alphabetical order, so that the document does not depend on the order of modules. */
export function sortedByKey<T>(record: Record<string, T>): Record<string, T> {
  const names = Object.keys(record).sort((a, b) => (a < b ? -1 : 1));
  return Object.fromEntries(names.map((name) => [name, record[name] as T]));
}

/** A docstring as running text: only empty lines and list items break it, not the width of the source. */
export function runningText(text: string): string {
  const paragraphs = text.trim().split(/\n\s*\n/);
  return paragraphs.map((paragraph) => paragraph.replace(/\s*\n(?!\s*- )\s*/g, ' ')).join('\n\n');
}
