import { Injectable } from '@nestjs/common';
import { Database } from '@credvault/database/database.js';
import { RequestCountsRepository, type CountedMonth } from './request-counts.repository.js';

/** Records that may be read anew each time; beyond it they are counted for good. They are read in a millisecond. */
const readAnew = 1_000;

/** Requests of a stretch of time. */
export interface CountedRequests {
  /** First moment of the stretch. */
  from: Date;
  /** First moment after it. */
  to: Date;
  requests: number;
}

/**
 * How many requests an organization made: those that came with one of its credentials, whether they were answered or
 * refused. Repeats of a refusal that stand in the trail as one record count as many as they were.
 */
@Injectable()
export class RequestCountsService {
  constructor(
    private readonly counts: RequestCountsRepository,
    private readonly database: Database,
  ) {}

  /**
   * The requests of a calendar month in UTC, exact as far as they are recorded. Whether the caller may know, the caller has
   * checked.
   *
   * @param moment a moment of that month
   */
  async ofMonth(organizationId: string, moment = new Date()): Promise<CountedRequests> {
    const month = monthOf(organizationId, moment);
    const { requests, uncounted } = await this.counts.count(month);
    if (uncounted > readAnew) await this.keep(month);
    return { from: month.start, to: month.end, requests };
  }

  /** Counts for good what is old enough, unless somebody else is about it. */
  private async keep(month: CountedMonth): Promise<void> {
    await this.database.transaction(async (transaction) => {
      if (await this.counts.lock(transaction, month)) await this.counts.advance(transaction, month);
    }, month.organizationId);
  }
}

function monthOf(organizationId: string, moment: Date): CountedMonth {
  const [year, month] = [moment.getUTCFullYear(), moment.getUTCMonth()];
  return {
    organizationId,
    start: new Date(Date.UTC(year, month, 1)),
    end: new Date(Date.UTC(year, month + 1, 1)),
  };
}
