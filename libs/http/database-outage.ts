/**
 * SQLSTATEs that say "not now" and not "never" (PostgreSQL manual, appendix A): 08 connection, 53 resources,
 * 57P0x shutdown and start, 25006 a standby that cannot write, 40001, 40P01 and 55P03 a transaction that gave way to others.
 */
const outageSqlState = /^(?:08...|53...|57P0.|25006|40001|40P01|55P03)$/;

/** Socket errors of the connection to the database (Node.js manual, "Common system errors"). */
const socketErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
const connectErrors = new Set(['ENOENT', 'EACCES', 'ENOTFOUND', 'EAI_AGAIN']);
const socketCalls = new Set(['connect', 'read', 'write', 'getaddrinfo']);

/** What pg and pg-pool say without a code (their `client.js` and `index.js`). */
const driverMessages = [
  'timeout exceeded when trying to connect',
  'Connection terminated',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
  'Cannot use a pool after calling end on the pool',
  'Query read timeout',
];

/** How many wrappers (TypeORM, `cause`, AggregateError) are opened in search of the driver's error. */
const deepestCause = 5;

/** True if the error, or one it wraps, says that the database cannot be reached or cannot answer for now. */
export function isDatabaseOutage(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > deepestCause) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && outageSqlState.test(code)) return true;
  if (typeof code === 'string' && typeof syscall === 'string' && isSocketFailure(code, syscall)) return true;
  if (driverMessages.some((message) => error.message.startsWith(message))) return true;
  return wrappedErrors(error).some((inner) => isDatabaseOutage(inner, depth + 1));
}

function isSocketFailure(code: string, syscall: string): boolean {
  if (!socketCalls.has(syscall)) return false;
  return socketErrors.has(code) || (connectErrors.has(code) && syscall !== 'read' && syscall !== 'write');
}

/** The errors inside an error: its cause, TypeORM's driver error, the attempts of an AggregateError. */
export function wrappedErrors(error: Error): unknown[] {
  const { driverError } = error as { driverError?: unknown };
  const attempts: unknown[] = error instanceof AggregateError ? error.errors : [];
  return [error.cause, driverError, ...attempts].filter((inner) => inner !== undefined && inner !== error);
}
