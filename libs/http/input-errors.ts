import type { ValidationError } from 'class-validator';
import { getMetadataStorage } from 'class-validator';

import { DomainError, type ErrorDetail } from './domain-error.js';
import { pathOf, showPath } from './text-rules.js';

/** Most findings told at once, because a body may hold a hundred thousand wrong fields. */
const mostDetails = 50;

/** What the parts of an input are called: those of a body are fields, those of a query or path parameters. */
export type InputNoun = 'field' | 'parameter';

/** An error for wrong input: the first finding in its message, all (at most 50) in its details. */
export function inputError(details: ErrorDetail[]): DomainError {
  const first = details[0]?.message;
  const message = first === undefined ? '' : `: ${first}`;
  return new DomainError('BAD_REQUEST', `Invalid request body or parameters${message}.`, {
    details: details.slice(0, mostDetails),
  });
}

/** The names that a class declares with class-validator, those it inherits included. */
export function declaredNames(target: object): string[] {
  // A null prototype, a bare object: nothing is declared for it.
  const { constructor } = target as { constructor?: unknown };
  if (typeof constructor !== 'function') return [];
  const declared = getMetadataStorage().getTargetValidationMetadatas(constructor, '', false, false);
  return [...new Set(declared.map(({ propertyName }) => propertyName))];
}

/** A name that nothing is declared for, with those that are. */
export function unknownName(path: string, noun: InputNoun, allowed: string[]): ErrorDetail {
  const known = allowed.length === 0 ? 'none are taken here' : `allowed: ${allowed.join(', ')}`;
  const shown = showPath(path);
  const code = noun === 'field' ? 'unknownField' : 'unknownParameter';
  return { path: shown, code, message: `${shown} is an unknown ${noun}; ${known}` };
}

/** Flattens class-validator's findings. Its messages name properties and rules; values were never given to it to tell. */
export function toDetails(errors: ValidationError[], noun: InputNoun, parent = ''): ErrorDetail[] {
  const details: ErrorDetail[] = [];
  for (const error of errors) {
    if (details.length >= mostDetails) break;
    const isIndex = Array.isArray(error.target);
    const path = pathOf(parent, isIndex ? Number(error.property) : error.property);
    details.push(...ownDetails(error, path, noun));
    if (error.children?.length) details.push(...toDetails(error.children, noun, path));
  }
  return details;
}

function ownDetails(error: ValidationError, path: string, noun: InputNoun): ErrorDetail[] {
  const { constraints, property } = error;
  const target = (error.target ?? {}) as Record<string, unknown>;
  if (!constraints) return [];
  if ('whitelistValidation' in constraints) return [unknownName(path, noun, declaredNames(target))];
  const shown = showPath(path);
  if (target[property] === undefined)
    return [{ path: shown, code: 'required', message: `${shown} is required` }];
  return typeFirst(Object.entries(constraints)).map(([code, message]) => ({
    path: shown,
    code,
    message: message.replace(new RegExp(`\\b${RegExp.escape(property)}\\b`), () => shown),
  }));
}

/** If the type is wrong, that alone is told: that a number is also not longer than 1 helps nobody. */
function typeFirst(constraints: [string, string][]): [string, string][] {
  const types = constraints.filter(([code]) => /^is[A-Z]/.test(code));
  return types.length > 0 ? types : constraints;
}
