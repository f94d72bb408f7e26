import { isOptionalBodyName } from '../optional-body.js';
import {
  referredName,
  runningText,
  type OpenApiDocument,
  type Operation,
  type RawDocument,
  type RequestBody,
} from './document.js';
import { codeSamples } from './code-samples.js';
import { DocumentProblems } from './document-problems.js';
import type { DocumentRules } from './document-rules.js';
import { errorAnswers, errorComponents, errorSchemas } from './error-answers.js';
import { exampleOf } from './examples.js';
import type { FactsByHandler } from './handler-facts.js';
import { exampleTarget, parametersOf } from './parameters.js';
import { pruned } from './prune.js';
import { operationIdOf, readRoutes, type Route } from './routes.js';
import {
  assertDescribed,
  closeRequests,
  publishSchemas,
  reachable,
  renameRefs,
  tidySchema,
  type Schemas,
} from './schemas.js';
import { describeDemands, restrictionsOf, securityOf, securitySchemes, takesCredential } from './security.js';
import { answerHeaders, paginationSchema, requestHeaders } from './shared-components.js';
import { boundStrings } from './string-bounds.js';
import {
  answerClasses,
  envelopeSchemas,
  requestClasses,
  successAnswer,
  taggedClasses,
} from './success-answers.js';

/** What the operations are finished with. */
interface Context {
  rules: DocumentRules;
  /** Of classes, envelopes and shared parts, under class names. */
  schemas: Schemas;
  tagged: ReadonlySet<string>;
  problems: DocumentProblems;
}

/**
 * Makes the published document of what @nestjs/swagger derived from the code: names, errors, headers, bounds, examples
 * and samples follow by rule, so that a handler states only what is its own.
 *
 * @throws DocumentError naming everything that the code leaves unsaid
 */
export function finishDocument(
  raw: RawDocument,
  rules: DocumentRules,
  facts: FactsByHandler,
): OpenApiDocument {
  const problems = new DocumentProblems();
  const routes = readRoutes(raw, rules, facts, problems);
  const schemas = finishSchemas(raw.components.schemas, routes, rules, problems);
  const context = { rules, schemas, tagged: taggedClasses(routes), problems };
  const paths: OpenApiDocument['paths'] = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: finishOperation(route, context) };
  }
  const published = publishSchemas(schemas, problems);
  problems.assertNone();
  return pruned({
    openapi: '3.1.0',
    info: rules.info,
    servers: rules.servers,
    tags: rules.tags.map(({ name, description }) => ({ name, description })),
    paths: renameRefs(paths),
    components: {
      schemas: published,
      responses: errorComponents(rules.bodies),
      parameters: { ...requestHeaders },
      headers: answerHeaders(rules.bodies),
      securitySchemes: securitySchemes(rules.credentials),
    },
  });
}

/** The schemas that the operations use, complete; the rest of what was derived is left behind. */
function finishSchemas(
  raw: Schemas,
  routes: Route[],
  rules: DocumentRules,
  problems: DocumentProblems,
): Schemas {
  const tidied = Object.fromEntries(Object.entries(raw).map(([name, schema]) => [name, tidySchema(schema)]));
  const requests = reachable(requestClasses(routes), tidied);
  const answers = reachable(answerClasses(routes), tidied);
  const used = Object.fromEntries(
    Object.entries(tidied).filter(([name]) => requests.has(name) || answers.has(name)),
  );
  assertDescribed(used, problems);
  const bounded = boundStrings(used, requests, rules.stringBounds, problems);
  const closed = closeRequests(bounded, requests, answers, problems);
  const envelopes = envelopeSchemas(routes, rules.bodies);
  return { ...closed, ...envelopes, ...errorSchemas(rules.bodies), Pagination: paginationSchema };
}

function finishOperation(route: Route, context: Context): Operation {
  const { rules, schemas, tagged, problems } = context;
  const { bodies } = rules;
  const { operation, answer } = route;
  const scopes = operation['x-required-scopes'];
  const parameters = parametersOf(route, rules, problems);
  const requestBody = finishBody(route, context);
  return {
    operationId: operationIdOf(route),
    tags: [route.tag.name],
    summary: operation.summary ?? '',
    description: [runningText(operation.description ?? ''), ...describeDemands(operation, bodies)].join(
      '\n\n',
    ),
    security: securityOf(operation, Object.keys(rules.credentials)),
    ...(scopes ? { 'x-required-scopes': scopes } : {}),
    ...restrictionsOf(operation),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(requestBody ? { requestBody } : {}),
    responses: {
      [String(answer.status)]: successAnswer(route, { tagged, schemas, bodies }, problems),
      ...errorAnswers(route),
    },
    'x-codeSamples': codeSamples({
      method: route.method.toUpperCase(),
      url: (rules.servers[0]?.url ?? '') + exampleTarget(route.path, parameters),
      body: requestBody?.content['application/json']?.example,
      authorized: takesCredential(operation),
      answer: answer.shape === 'text' ? 'text' : answer.schema === null ? 'nothing' : 'json',
      bodies,
    }),
  };
}

function finishBody({ operation, handler }: Route, { schemas, problems }: Context): RequestBody | undefined {
  const { requestBody } = operation;
  if (!requestBody) return undefined;
  const schema = requestBody.content['application/json']?.schema;
  if (schema?.$ref === undefined) {
    problems.add(handler, 'its body must be a class');
    return undefined;
  }
  const example = exampleOf(schema, schemas, handler, problems);
  const required = !isOptionalBodyName(referredName(schema) ?? '');
  return { required, content: { 'application/json': { schema, example } } };
}
