import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { ThrottlerGuard, type ThrottlerLimitDetail } from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '@credvault/http/domain-error.js';
import type { Counters } from './counters.js';
import {
  RateLimitReply,
  rateLimitHeaders,
  type LimitPolicy,
  type WindowState,
} from './rate-limit-headers.js';
import { ThrottlerWindow, wholeSeconds } from './throttler-storage.js';
import type { Window } from './window.js';

/** The one window of all policies (docs/adr/0003), in seconds. */
const windowSeconds = 60;

/** What a request may draw on. */
export interface Allowance {
  policy: LimitPolicy;
  /** Who is counted, within the policy: an id or a block of addresses, never a token or an e-mail address. */
  key: string;
  /** Requests a minute; undefined: unlimited. */
  limit: number | undefined;
}

/** How much of an allowance is used. */
export interface AllowanceUse {
  used: number;
  /** Undefined: unlimited. */
  remaining: number | undefined;
  /** Seconds to the end of the window; 0 when there was no request, and so no window. */
  resetSeconds: number;
}

/** Too many requests for the plan: says exactly how long to wait. */
export class RateLimited extends DomainError {
  constructor(state: WindowState) {
    const seconds = state.resetSeconds;
    super('RATE_LIMITED', 'Rate limit exceeded', {
      details: [{ path: '', code: 'rate_limited', message: `Wait ${seconds} seconds before retrying.` }],
      headers: { ...rateLimitHeaders(state), 'Retry-After': String(seconds) },
    });
  }
}

/** A route has no limits of its own, and looking for them, six times, was half of the cost of admitting a request. */
class NoMetadata extends Reflector {
  override getAllAndOverride(): undefined {
    return undefined;
  }
}

type Admission = [request: FastifyRequest, reply: FastifyReply, allowance: Allowance];

/**
 * Holds requests to their allowance: ThrottlerGuard, called by the door before the body is read. It is no guard of Nest's,
 * which would run after that, so the allowance comes as an argument and not from a route's metadata.
 */
export class FairUse extends ThrottlerGuard {
  private readonly window: Window;

  constructor(counters: Counters) {
    const window = counters.window('requests', windowSeconds);
    const throttler = {
      limit: (context: ExecutionContext) => allowanceOf(context).limit ?? Infinity,
      ttl: windowSeconds * 1_000,
    };
    super([throttler], new ThrottlerWindow(window), new NoMetadata());
    this.window = window;
  }

  /** Counts a request and tells the client what is left. @throws RateLimited */
  async admit(request: FastifyRequest, reply: FastifyReply, allowance: Allowance): Promise<void> {
    const admission: Admission = [request, reply, allowance];
    await this.canActivate(new ExecutionContextHost(admission, FairUse, FairUse));
  }

  /** How much of an allowance is used, without counting. */
  async peek(allowance: Allowance): Promise<AllowanceUse> {
    const state = await this.window.get(keyOf(allowance));
    const isOver = state === null || state.msBeforeNext <= 0;
    const used = isOver ? 0 : state.consumedPoints;
    const { limit } = allowance;
    return {
      used,
      remaining: limit === undefined ? undefined : Math.max(0, limit - used),
      resetSeconds: isOver ? 0 : wholeSeconds(state.msBeforeNext),
    };
  }

  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    return Promise.resolve(allowanceOf(context).limit === undefined);
  }

  /** `generateKey` takes all from the allowance. */
  protected override getTracker(): Promise<string> {
    return Promise.resolve('');
  }

  protected override generateKey(context: ExecutionContext): string {
    return keyOf(allowanceOf(context));
  }

  protected override getRequestResponse(context: ExecutionContext): {
    req: FastifyRequest;
    res: RateLimitReply;
  } {
    const [req, reply, { policy, limit = Infinity }] = context.getArgs<Admission>();
    return { req, res: new RateLimitReply(reply, { policy, limit, windowSeconds }) };
  }

  protected override throwThrottlingException(
    context: ExecutionContext,
    { limit, timeToBlockExpire }: ThrottlerLimitDetail,
  ): Promise<void> {
    const { policy } = allowanceOf(context);
    throw new RateLimited({ policy, limit, windowSeconds, remaining: 0, resetSeconds: timeToBlockExpire });
  }
}

function allowanceOf(context: ExecutionContext): Allowance {
  return context.getArgs<Admission>()[2];
}

function keyOf({ policy, key }: Allowance): string {
  return `${policy}:${key}`;
}
