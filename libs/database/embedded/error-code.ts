/**
 * The code of an error: a system one (ENOENT), an SQLSTATE, or '' for an error without. It asks for no class, since
 * a test runner gives each suite an `Error` of its own, which those of Node's modules are no instances of.
 */
export function errorCode(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

/** What an error says, for a message. */
export function errorMessage(error: unknown): string {
  const message =
    typeof error === 'object' && error !== null && 'message' in error ? error.message : undefined;
  return String(message ?? error);
}
