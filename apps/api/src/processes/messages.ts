/** What the primary tells a worker, by the channel of node:cluster. */
export type Order =
  /** Make the announcement of the service; `metricsUrl` is where the primary serves the metrics. */
  | { credvault: 'announce'; metricsUrl?: string }
  /** Stop in order. */
  | { credvault: 'stop' };

/** What a worker tells the primary. */
export type Report =
  | { credvault: 'listening' }
  /** `lines` are for standard output, and may hold the setup token. */
  | { credvault: 'announced'; lines: string[] }
  /** It ends because something went wrong; `explanation` was written for the operator. */
  | { credvault: 'failed'; explanation: string };

/** Whether a message is one of ours: limits and metrics speak by the same channel. */
export function isOurs<Message extends Order | Report>(message: unknown): message is Message {
  return typeof message === 'object' && message !== null && 'credvault' in message;
}
