import { destination, pino, type Logger } from 'pino';
import type { LogLevel } from '@credvault/config/settings.js';

/**
 * The service's log: JSON lines on standard output. Serializers let nothing through that a request or a client brought:
 * an error is its name, code and stack.
 */
export function createLogger(level: LogLevel): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination({ fd: 1, sync: false }),
  );
}
