/** Exit codes of a process that a signal ended: 128 and the number of the signal (POSIX shells, `$?`). */
const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
/** Within this time a second signal is the first one again: npm passes on what the terminal has sent to everybody. */
const sameWithin = 500;

/**
 * Listens for SIGINT, SIGTERM and SIGHUP. The first asks for an orderly stop; one that comes later ends the process at once, which
 * loses nothing: an embedded PostgreSQL goes on, and the next start takes it over.
 *
 * @returns a signal that is aborted when the service must stop
 */
export function stopSignals(): AbortSignal {
  const stopping = new AbortController();
  let first: number | undefined;
  const hear = (signal: keyof typeof exitCodes): void => {
    first ??= performance.now();
    if (performance.now() - first > sameWithin) process.exit(exitCodes[signal]);
    stopping.abort();
  };
  // SIGHUP: the terminal was closed.
  process.on('SIGHUP', hear).on('SIGINT', hear).on('SIGTERM', hear);
  return stopping.signal;
}
