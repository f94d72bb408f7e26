import { destination, pino, type DestinationStream, type Logger } from 'pino';
import type { LogLevel } from '@credvault/config/settings.js';

/**
 * The service's log: JSON lines on standard output. Serializers let nothing through that a request or a client brought:
 * an error is its name, code and stack. Lines are gathered for up to a quarter of a second, so that a busy service does not
 * make a system call for each.
 *
 * @param stream where the lines go instead
 */
export function createLogger(
  level: LogLevel,
  stream: DestinationStream = destination({ fd: 1, sync: false, minLength: 4_096, periodicFlush: 250 }),
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
