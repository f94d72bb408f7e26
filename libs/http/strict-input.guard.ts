import { type CanActivate, type ExecutionContext, Injectable, type Type } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';

import { DomainError, type ErrorDetail } from './domain-error.js';
import { inputError, unknownName } from './input-errors.js';
import { writtenTarget } from './request-target.js';
import { isCleanText, showPath, uncleanText } from './text-rules.js';

/** More than any list has; it bounds the work of checking them. */
const mostParameters = 100;

/** What a handler declares to take. */
interface DeclaredInput {
  /** A whole query class, which checks names itself; or the names of single parameters. */
  query: 'class' | ReadonlySet<string>;
  body: boolean;
  /** Names of path parameters that come as they are written; the pipes of the others say themselves what is not there. */
  path: readonly string[];
}

/**
 * Refuses with 400 what a handler does not declare: query parameters where it has no `@Query()`, a body where it has
 * no `@Body()`. And what no handler takes: a parameter given twice, broken percent-encoding, NUL. A path with a NUL in a part
 * that no pipe reads is 404, as every path that names nothing. It runs after the guards that modules provide as APP_GUARD,
 * because who may not enter is told 401 or 403 before anything else.
 */
@Injectable()
export class StrictInputGuard implements CanActivate {
  private readonly declared = new WeakMap<object, DeclaredInput>();

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const declared = this.declaredBy(context);
    refusePath(request, declared.path);
    if (request.originalUrl.includes('?')) refuseQuery(request, declared.query);
    if (!declared.body && hasContent(request.body)) {
      throw inputError([{ path: '', code: 'unknownBody', message: 'this operation takes no body' }]);
    }
    return true;
  }

  private declaredBy(context: ExecutionContext): DeclaredInput {
    const handler = context.getHandler();
    const known = this.declared.get(handler);
    if (known) return known;
    const declared = declaredInput(context.getClass(), handler.name);
    this.declared.set(handler, declared);
    return declared;
  }
}

/** Reads what Nest's parameter decorators noted about a method: keys like `4:0`, type and position. */
function declaredInput(controller: Type, method: string): DeclaredInput {
  const noted = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, method) ?? {}) as Record<
    string,
    { data?: unknown; pipes?: readonly unknown[] }
  >;
  const names = new Set<string>();
  const path: string[] = [];
  let takesClass = false;
  let body = false;
  for (const [key, { data, pipes = [] }] of Object.entries(noted)) {
    const type = Number(key.split(':', 1)[0]);
    if (type === (RouteParamtypes.BODY as number)) body = true;
    if (type === (RouteParamtypes.PARAM as number) && typeof data === 'string' && pipes.length === 0)
      path.push(data);
    if (type !== (RouteParamtypes.QUERY as number)) continue;
    if (typeof data === 'string') names.add(data);
    else takesClass = true;
  }
  return { query: takesClass ? 'class' : names, body, path };
}

/** Nothing has such a name, and the database would not take it. */
function refusePath({ params }: FastifyRequest, names: readonly string[]): void {
  const given = (params ?? {}) as Record<string, string | undefined>;
  if (names.every((name) => isCleanText(given[name] ?? ''))) return;
  throw new DomainError('NOT_FOUND', 'There is nothing at this path.');
}

function refuseQuery(request: FastifyRequest, allowed: DeclaredInput['query']): void {
  refuseBrokenEncoding(writtenTarget(request).query);
  const given = Object.entries(request.query as Record<string, unknown>);
  if (given.length > mostParameters) {
    throw inputError([
      { path: '', code: 'tooMany', message: `more than ${mostParameters} query parameters` },
    ]);
  }
  const findings: ErrorDetail[] = [];
  for (const [name, value] of given) {
    const shown = showPath(name);
    if (allowed !== 'class' && !allowed.has(name)) {
      findings.push(unknownParameter(name, allowed));
    } else if (Array.isArray(value)) {
      findings.push({ path: shown, code: 'repeated', message: `${shown} is given more than once` });
    } else if (!isCleanText(String(value))) {
      findings.push(uncleanText(name));
    }
  }
  if (findings.length > 0) throw inputError(findings);
}

function unknownParameter(name: string, allowed: ReadonlySet<string>): ErrorDetail {
  if (allowed.size > 0) return unknownName(name, 'parameter', [...allowed]);
  const message = 'this operation takes no query parameters';
  return { path: showPath(name), code: 'unknownParameter', message };
}

/** The query parser would keep `%zz` as it is, and so store what nobody meant. */
function refuseBrokenEncoding(query: string): void {
  if (!query.includes('%')) return;
  try {
    decodeURIComponent(query);
  } catch {
    throw inputError([
      { path: '', code: 'encoding', message: 'the percent-encoding of the query is broken' },
    ]);
  }
}

/** An empty object counts as no body, as some clients always send one. An empty list is something else than they were told. */
function hasContent(body: unknown): boolean {
  if (body === undefined) return false;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return true;
  return Object.keys(body).length > 0;
}
