import type { Parameter, Reference } from './document.js';
import { runningText } from './document.js';
import type { DocumentProblems } from './document-problems.js';
import type { DocumentRules } from './document-rules.js';
import { pathParameterNames, type Route } from './routes.js';
import { tidySchema } from './schemas.js';
import { requestHeaderRef } from './shared-components.js';
import { isBounded } from './string-bounds.js';

/** The parameters of an operation: of the path by the table, of the query as derived, then the headers it takes. */
export function parametersOf(
  route: Route,
  rules: DocumentRules,
  problems: DocumentProblems,
): (Parameter | Reference)[] {
  const query = (route.operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
  return [
    ...pathParameterNames(route.path).flatMap((name) => pathParameter(name, route, rules, problems)),
    ...query.map((parameter) => queryParameter(parameter, route, problems)),
    ...(route.acceptsRetryKey ? [requestHeaderRef('IdempotencyKey')] : []),
    ...(route.acceptsIfMatch ? [requestHeaderRef('IfMatch')] : []),
  ];
}

/** The path of an operation with examples in place of its parameters, and those of the query that it must have. */
export function exampleTarget(path: string, parameters: (Parameter | Reference)[]): string {
  const own = parameters.filter((parameter): parameter is Parameter => 'name' in parameter);
  const query = own.filter((parameter) => parameter.in === 'query' && parameter.required === true);
  const written = query
    .map(({ name, example }) => `${name}=${encodeURIComponent(String(example))}`)
    .join('&');
  const place = path.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const example = own.find((parameter) => parameter.in === 'path' && parameter.name === name)?.example;
    return typeof example === 'string' || typeof example === 'number' ? String(example) : whole;
  });
  return written === '' ? place : `${place}?${written}`;
}

function pathParameter(
  name: string,
  { handler }: Route,
  { pathParameters }: DocumentRules,
  problems: DocumentProblems,
): Parameter[] {
  const rule = pathParameters[name];
  if (!rule) {
    problems.add(handler, `describe the path parameter ${name} in pathParameters`);
    return [];
  }
  const { description, example, schema } = rule;
  return [{ name, in: 'path', required: true, description, example, schema }];
}

function queryParameter(parameter: Parameter, { handler }: Route, problems: DocumentProblems): Parameter {
  const { name, required = false, description } = parameter;
  const { examples, description: _schemaDescription, ...schema } = tidySchema(parameter.schema);
  const where = `${handler}, parameter ${name}`;
  if (!description) problems.add(where, 'add a JSDoc description');
  if (!isBounded(schema) || (schema.items && !isBounded(schema.items)))
    problems.add(where, 'bound the string');
  const example = examples?.[0] ?? schema.enum?.[0];
  if (example === undefined) problems.add(where, 'add an @example');
  return { name, in: 'query', required, description: runningText(description ?? ''), example, schema };
}
