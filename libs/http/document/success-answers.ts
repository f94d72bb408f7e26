import { maxLimit } from '../pagination/list-query.dto.js';
import { referredName, schemaRef, type Answer, type MediaType, type Schema } from './document.js';
import type { DocumentProblems } from './document-problems.js';
import type { BodyStyle } from './document-rules.js';
import { exampleOf } from './examples.js';
import type { OperationAnswer } from './operation.js';
import { isLimited, type Route } from './routes.js';
import { publishedName, type Schemas } from './schemas.js';
import {
  bareListSchema,
  envelopeSchema,
  headerRefs,
  limitHeaders,
  type AnswerHeaderName,
} from './shared-components.js';

/**
 * Longest file answer in characters: the largest number that clients in every language take. A usual export of 10,000
 * secrets of 64 KiB has a third of it.
 */
const maxFileLength = 2_147_483_647;

/** The name of the schema of a whole answer; undefined for an answer without a named schema. */
export function answerName({ schema, shape }: OperationAnswer, bodies: BodyStyle): string | undefined {
  if (schema === null) return undefined;
  if (shape === 'list') return `${publishedName(schema)}List`;
  if (bodies === 'bare') return schema;
  return publishedName(schema) + (shape === 'page' ? 'Page' : 'Response');
}

/** What wraps the classes that answers show, by name: envelopes, and lists that have none. */
export function envelopeSchemas(routes: Route[], bodies: BodyStyle): Schemas {
  const envelopes: Schemas = {};
  for (const { answer } of routes) {
    const name = answerName(answer, bodies);
    if (name === undefined || answer.schema === null || name === answer.schema) continue;
    if (answer.shape === 'list') {
      envelopes[name] = bareListSchema(schemaRef(answer.schema));
      continue;
    }
    envelopes[name] = envelopeSchema(
      dataSchema(answer.schema, answer.shape === 'page'),
      answer.shape === 'page',
    );
  }
  return envelopes;
}

function dataSchema(schema: string, isPage: boolean): Schema {
  if (!isPage) return { ...schemaRef(schema), description: 'What the request asked for.' };
  return {
    type: 'array',
    maxItems: maxLimit,
    items: schemaRef(schema),
    description: 'The items of the page.',
  };
}

/**
 * The classes whose single answers carry an `ETag`. An operation with `If-Match` tells that the thing on its path has
 * one: it and the GET of that path answer with it, and so does the POST beside it that makes such things.
 */
export function taggedClasses(routes: Route[]): Set<string> {
  const paths = new Set(routes.filter((route) => route.acceptsIfMatch).map((route) => route.path));
  const makers = new Set([...paths].map((path) => path.replace(/\/\{\w+\}$/, '')));
  const tagged = routes.filter(({ path, method, acceptsIfMatch, answer }) => {
    if (answer.shape !== 'one') return false;
    if (answer.status === 201) return makers.has(path);
    return acceptsIfMatch || (method === 'get' && paths.has(path));
  });
  return new Set(tagged.flatMap(({ answer }) => answer.schema ?? []));
}

/**
 * The success of an operation.
 *
 * @param known all schemas, the envelopes included, and which of their classes carry an `ETag`
 */
export function successAnswer(
  route: Route,
  known: { tagged: ReadonlySet<string>; schemas: Schemas; bodies: BodyStyle },
  problems: DocumentProblems,
): Answer {
  const { tagged, schemas, bodies } = known;
  const { answer } = route;
  const headers = headerRefs(headerNames(route, tagged));
  const name = answerName(answer, bodies);
  if (answer.shape === 'text') {
    return { description: answer.description, headers, content: fileContent(route, problems) };
  }
  if (name === undefined) return { description: answer.description, headers };
  const schema = schemaRef(name);
  const example = exampleOf(schema, schemas, route.handler, problems);
  return { description: answer.description, headers, content: { 'application/json': { schema, example } } };
}

function headerNames(route: Route, tagged: ReadonlySet<string>): AnswerHeaderName[] {
  const { answer, acceptsRetryKey } = route;
  const isTagged = answer.shape === 'one' && answer.schema !== null && tagged.has(answer.schema);
  return [
    'RequestId',
    ...(answer.status === 201 ? (['Location'] as const) : []),
    ...(isTagged ? (['ETag'] as const) : []),
    ...(answer.shape === 'page' ? (['Link'] as const) : []),
    ...(answer.shape === 'text' ? (['ContentDisposition'] as const) : []),
    ...(acceptsRetryKey ? (['IdempotencyReplayed'] as const) : []),
    ...(isLimited(route) ? limitHeaders : []),
  ];
}

function fileContent({ answer, handler }: Route, problems: DocumentProblems): Record<string, MediaType> {
  const content: Record<string, MediaType> = {};
  for (const mediaType of answer.mediaTypes ?? []) {
    const example = answer.examples?.[mediaType];
    if (example === undefined) problems.add(handler, `give @AnswersFile an example of ${mediaType}`);
    content[mediaType] = { schema: fileSchema(mediaType), example };
  }
  return content;
}

/** JSON is described by what it parses to, everything else as text. */
function fileSchema(mediaType: string): Schema {
  const isJson = mediaType.split(';', 1)[0] === 'application/json';
  return isJson ? { type: 'object' } : { type: 'string', maxLength: maxFileLength };
}

/** The classes that answers show. */
export function answerClasses(routes: Route[]): string[] {
  return routes.flatMap(({ answer }) => answer.schema ?? []);
}

/** The classes that request bodies take. */
export function requestClasses(routes: Route[]): string[] {
  const bodies = routes.flatMap(({ operation }) => Object.values(operation.requestBody?.content ?? {}));
  return bodies.flatMap(({ schema }) => referredName(schema) ?? []);
}
