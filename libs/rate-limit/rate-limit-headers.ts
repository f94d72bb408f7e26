import type { FastifyReply } from 'fastify';

/** What limits a request: the name of the policy in the headers. */
export type LimitPolicy = 'api-key' | 'personal-token' | 'session' | 'address' | 'test' | 'refused';

/** How much a window allows, and what is left of it. */
export interface WindowState {
  policy: LimitPolicy;
  /** Requests in one window. */
  limit: number;
  /** Length of the window in seconds. */
  windowSeconds: number;
  /** Requests left. */
  remaining: number;
  /** Seconds to the end of the window. */
  resetSeconds: number;
}

/**
 * The headers that tell a client what it may still do, as structured fields (RFC 9651):
 * draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4.
 */
export function rateLimitHeaders(state: WindowState): Record<string, string> {
  const { policy, limit, windowSeconds, remaining, resetSeconds } = state;
  return {
    'RateLimit-Policy': `"${policy}";q=${limit};w=${windowSeconds}`,
    RateLimit: `"${policy}";r=${remaining};t=${resetSeconds}`,
  };
}

/** Takes the single headers that ThrottlerGuard sets, and sets the two of the draft instead. */
export class RateLimitReply {
  private remaining = 0;

  constructor(
    private readonly reply: FastifyReply,
    private readonly window: Pick<WindowState, 'policy' | 'limit' | 'windowSeconds'>,
  ) {}

  /** Called by ThrottlerGuard: the header that ends in `-Reset` comes last. */
  header(name: string, value: number): void {
    if (name.endsWith('-Remaining')) this.remaining = value;
    if (!name.endsWith('-Reset')) return;
    this.reply.headers(rateLimitHeaders({ ...this.window, remaining: this.remaining, resetSeconds: value }));
  }
}
