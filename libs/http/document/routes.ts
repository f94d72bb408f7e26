import type { RawDocument, RawOperation } from './document.js';
import type { DocumentProblems } from './document-problems.js';
import type { DocumentRules, TagRule } from './document-rules.js';
import type { FactsByHandler, HandlerFacts } from './handler-facts.js';
import type { OperationAnswer } from './operation.js';
import { answerExtension } from './operation.js';

/** One derived operation with all that is known of it. */
export interface Route extends HandlerFacts {
  path: string;
  /** In lower case, as the document writes it. */
  method: string;
  /** `Controller.method`: how problems name it. */
  handler: string;
  operation: RawOperation;
  answer: OperationAnswer;
  tag: TagRule;
}

/** Order of the methods of one path. */
const methods = ['get', 'post', 'put', 'patch', 'delete'];

/**
 * The operations of a derived document in the order of publication: by tag, path and method. An operation that says too
 * little of itself is noted as a problem and left out.
 */
export function readRoutes(
  raw: RawDocument,
  rules: DocumentRules,
  facts: FactsByHandler,
  problems: DocumentProblems,
): Route[] {
  const routes: Route[] = [];
  for (const [path, operations] of Object.entries(raw.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const handler = operation.operationId;
      const tag = tagOf(operation, rules.tags, problems);
      const answer = operation[answerExtension];
      if (!answer) problems.add(handler, 'add @Answers, @AnswersPage, @AnswersList or @AnswersFile');
      if (!operation.summary) problems.add(handler, 'add a summary: the first line of its JSDoc');
      if (!operation.description) problems.add(handler, 'add a description: @remarks in its JSDoc');
      const known = facts.get(handler);
      if (!known) problems.add(handler, 'no such handler was found among the controllers');
      if (tag && answer && known) routes.push({ path, method, handler, operation, answer, tag, ...known });
    }
  }
  refuseRepeatedIds(routes, problems);
  return routes.sort((a, b) => compare(orderOf(a, rules), orderOf(b, rules)));
}

/** Name of the handler method, which is the published id of its operation. */
export function operationIdOf(route: Route): string {
  return route.handler.slice(route.handler.indexOf('.') + 1);
}

/** Whether requests of an operation are counted, and its answers tell how many are left: all but what monitors ask. */
export function isLimited({ tag }: Route): boolean {
  return tag.probes !== true;
}

/** Names of the parameters in a path, in their order. */
export function pathParameterNames(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
}

function tagOf(operation: RawOperation, tags: TagRule[], problems: DocumentProblems): TagRule | undefined {
  const [name, ...others] = operation.tags ?? [];
  const tag = tags.find((candidate) => candidate.name === name);
  if (!tag || others.length > 0) {
    const known = tags.map((candidate) => candidate.name).join(', ');
    problems.add(operation.operationId, `give its controller exactly one @ApiTags of: ${known}`);
  }
  return tag;
}

function refuseRepeatedIds(routes: Route[], problems: DocumentProblems): void {
  const handlers = new Map<string, string>();
  for (const route of routes) {
    const id = operationIdOf(route);
    const other = handlers.get(id);
    if (!/^[a-z][a-zA-Z0-9]*$/.test(id)) problems.add(route.handler, 'the method name must be camelCase');
    if (other !== undefined)
      problems.add(route.handler, `its name is that of ${other}; operation ids are unique`);
    handlers.set(id, route.handler);
  }
}

function orderOf({ tag, path, method }: Route, rules: DocumentRules): [number, string, number] {
  return [rules.tags.indexOf(tag), path, methods.indexOf(method)];
}

function compare(a: [number, string, number], b: [number, string, number]): number {
  return a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0) || a[2] - b[2];
}
