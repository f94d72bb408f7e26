import { wrappedErrors } from './database-outage.js';

/** An error as it may be logged: where it happened and what kind it is, never what was being processed. */
export interface ErrorDescription {
  type: string;
  message?: string;
  code?: string;
  /** Names from the database's error report (PostgreSQL manual, §55.8): of things in the schema, never of values. */
  table?: string;
  column?: string;
  constraint?: string;
  stack?: string;
  causes?: ErrorDescription[];
}

const deepestCause = 5;
const sqlState = /^[0-9A-Z]{5}$/;

/** SQLSTATE classes whose messages speak of the server; others (22, 23 ...) quote the values of a statement. */
const quietSqlState = /^(?:08|25|40|53|57|58|XX)/;

/**
 * Describes an error for the log. Messages that may quote input (JSON and statement errors) are left out, and so
 * are all further properties, because TypeORM hangs a statement's parameters on its errors.
 */
export function describeError(thrown: unknown, depth = 0): ErrorDescription {
  if (!(thrown instanceof Error)) return { type: typeof thrown };
  const { code } = thrown as NodeJS.ErrnoException;
  const description: ErrorDescription = { type: thrown.name };
  if (mayTell(thrown, code)) description.message = thrown.message;
  if (typeof code === 'string') description.code = code;
  Object.assign(description, schemaNames(thrown));
  const frames = stackFrames(thrown);
  if (frames) description.stack = frames;
  const causes = depth < deepestCause ? wrappedErrors(thrown) : [];
  if (causes.length > 0) description.causes = causes.map((cause) => describeError(cause, depth + 1));
  return description;
}

function mayTell(error: Error, code: unknown): boolean {
  if (error instanceof SyntaxError || 'driverError' in error) return false;
  return typeof code !== 'string' || !sqlState.test(code) || quietSqlState.test(code);
}

function schemaNames(error: Error): Pick<ErrorDescription, 'table' | 'column' | 'constraint'> {
  const report = error as { table?: unknown; column?: unknown; constraint?: unknown };
  const names: Pick<ErrorDescription, 'table' | 'column' | 'constraint'> = {};
  if (typeof report.table === 'string') names.table = report.table;
  if (typeof report.column === 'string') names.column = report.column;
  if (typeof report.constraint === 'string') names.constraint = report.constraint;
  return names;
}

/** The stack without its first lines, which repeat the message. */
function stackFrames(error: Error): string | undefined {
  const frames = error.stack?.split('\n').filter((line) => line.startsWith('    at '));
  return frames?.length ? frames.join('\n') : undefined;
}
