import { Injectable } from '@nestjs/common';
import pLimit, { type LimitFunction } from 'p-limit';
import { AttemptLimit } from '@credvault/rate-limit/attempt-limit.js';
import { Counters } from '@credvault/rate-limit/counters.js';
import { ProviderBusy } from './single-sign-on.errors.js';

interface Width {
  atOnce: number;
  queue: number;
}

const quarterHour = 15 * 60;
/** Conversations with the provider of one organization at once, and how many more may wait. */
const conversations: Width = { atOnce: 4, queue: 32 };
/** Questions about the domain of one organization: nobody but its administrators asks any. */
const lookups: Width = { atOnce: 1, queue: 4 };

/** Keeps strangers from filling the table of sign-ins, and from using the service to knock at somebody's provider. */
@Injectable()
export class SingleSignOnLimits {
  private readonly begun: AttemptLimit;
  private readonly lanes = new Map<string, LimitFunction>();

  constructor(counters: Counters) {
    const window = counters.window('single-sign-on:begun', quarterHour);
    // An office behind one address signs in in the morning.
    this.begun = new AttemptLimit(window, 300, 'Too many sign-ins were begun at this address.');
  }

  /** Counts a sign-in that begins. @throws TooManyAttempts */
  takeBeginning(block: string): Promise<void> {
    return this.begun.take(block);
  }

  /**
   * Lets one of few conversations with a provider take place: a slow one holds up its own organization and nobody else.
   *
   * @throws ProviderBusy, and whatever `talk` throws
   */
  converse<T>(organizationId: string, talk: () => Promise<T>): Promise<T> {
    return this.inLane(`provider of ${organizationId}`, conversations, talk);
  }

  /** As `converse`, for a question to the name servers of an organization's domain. */
  lookUp<T>(organizationId: string, ask: () => Promise<T>): Promise<T> {
    return this.inLane(`domain of ${organizationId}`, lookups, ask);
  }

  private async inLane<T>(name: string, { atOnce, queue }: Width, work: () => Promise<T>): Promise<T> {
    const lane = this.lanes.get(name) ?? pLimit(atOnce);
    if (lane.pendingCount >= queue) throw new ProviderBusy();
    this.lanes.set(name, lane);
    try {
      return await lane(work);
    } finally {
      if (lane.activeCount + lane.pendingCount === 0) this.lanes.delete(name);
    }
  }
}
