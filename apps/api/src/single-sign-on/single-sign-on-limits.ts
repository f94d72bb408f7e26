import { Injectable } from '@nestjs/common';
import pLimit, { type LimitFunction } from 'p-limit';
import { AttemptLimit } from '@credvault/rate-limit/attempt-limit.js';
import { Counters } from '@credvault/rate-limit/counters.js';
import { ProviderBusy } from './single-sign-on.errors.js';

const quarterHour = 15 * 60;
/** Conversations with the provider of one organization at once, and how many more may wait. */
const conversations = 4;
const queue = 32;

/** Keeps strangers from filling the table of sign-ins, and from using the service to knock at somebody's provider. */
@Injectable()
export class SingleSignOnLimits {
  private readonly begun: AttemptLimit;
  private readonly failed: AttemptLimit;
  private readonly lanes = new Map<string, LimitFunction>();

  constructor(counters: Counters) {
    const limit = (name: string, points: number, message: string): AttemptLimit =>
      new AttemptLimit(counters.window(`single-sign-on:${name}`, quarterHour), points, message);
    // An office behind one address signs in in the morning.
    this.begun = limit('begun', 300, 'Too many sign-ins were begun at this address.');
    this.failed = limit('failed', 50, 'Too many sign-ins from this address failed.');
  }

  /** Counts a sign-in that begins. @throws TooManyAttempts */
  takeBeginning(block: string): Promise<void> {
    return this.begun.take(block);
  }

  /**
   * Lets an answer of a provider be looked at. It counts as a failure from the beginning, and costs nothing when it was good.
   *
   * @throws TooManyAttempts, and whatever `attempt` throws
   */
  async guardAnswer<T>(block: string, attempt: () => Promise<T>): Promise<T> {
    await this.failed.take(block);
    const result = await attempt();
    await this.failed.giveBack(block);
    return result;
  }

  /**
   * Lets one of few conversations with a provider take place: a slow one holds up its own organization and nobody else.
   *
   * @throws ProviderBusy, and whatever `talk` throws
   */
  async converse<T>(organizationId: string, talk: () => Promise<T>): Promise<T> {
    const lane = this.lanes.get(organizationId) ?? pLimit(conversations);
    if (lane.pendingCount >= queue) throw new ProviderBusy();
    this.lanes.set(organizationId, lane);
    try {
      return await lane(talk);
    } finally {
      if (lane.activeCount + lane.pendingCount === 0) this.lanes.delete(organizationId);
    }
  }
}
