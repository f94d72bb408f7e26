import { destination, pino, type DestinationStream, type Logger } from 'pino';
import type { LogLevel } from '@credvault/config/settings.js';

/**
 * No write is larger than what a pipe takes whole (PIPE_BUF of Linux, pipe(7)): the lines of several processes that share
 * standard output are not mixed up.
 */
const standardOutput = { fd: 1, sync: false, minLength: 3_072, maxWrite: 4_096, periodicFlush: 250 };

/**
 * The service's log: JSON lines on standard output. Serializers let nothing through that a request or a client brought:
 * an error is its name, code and stack. Lines are gathered for up to a quarter of a second, so that a busy service does not
 * make a system call for each.
 *
 * @param stream where the lines go instead
 */
export function createLogger(
  level: LogLevel,
  stream: DestinationStream = destination(standardOutput),
): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
}
