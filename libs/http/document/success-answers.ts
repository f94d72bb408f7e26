import { maxLimit } from '../pagination/list-query.dto.js';
import { referredName, schemaRef, type Answer, type MediaType, type Schema } from './document.js';
import type { DocumentProblems } from './document-problems.js';
import { exampleOf } from './examples.js';
import type { OperationAnswer } from './operation.js';
import { isLimited, type Route } from './routes.js';
import { publishedName, type Schemas } from './schemas.js';
import { envelopeSchema, headerRefs, limitHeaders, type AnswerHeaderName } from './shared-components.js';

/**
 * Longest file answer in characters: the largest number that clients in every language take. A usual export of 10,000
 * secrets of 64 KiB has a third of it.
 */
const maxFileLength = 2_147_483_647;

/** The name of the schema that wraps an answer; undefined for an answer without a named schema. */
export function envelopeName({ schema, shape }: OperationAnswer): string | undefined {
  if (schema === null) return undefined;
  return publishedName(schema) + (shape === 'page' ? 'Page' : 'Response');
}

/** The envelopes of all answers, by name. */
export function envelopeSchemas(routes: Route[]): Schemas {
  const envelopes: Schemas = {};
  for (const { answer } of routes) {
    const name = envelopeName(answer);
    if (name === undefined || answer.schema === null) continue;
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
 * @param schemas all schemas, the envelopes included
 */
export function successAnswer(
  route: Route,
  tagged: ReadonlySet<string>,
  schemas: Schemas,
  problems: DocumentProblems,
): Answer {
  const { answer } = route;
  const headers = headerRefs(headerNames(route, tagged));
  const name = envelopeName(answer);
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
