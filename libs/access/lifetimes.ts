import { DomainError } from '@credvault/http/domain-error.js';

const day = 24 * 60 * 60_000;

/** An end beyond the longest lifetime that the organization allows. */
export class LifetimeTooLong extends DomainError {
  /** @param path field that asks for it */
  constructor(path: string, latest: Date) {
    const message = `goes beyond the longest lifetime of the organization, which ends at ${latest.toISOString()}`;
    super('BAD_REQUEST', `${path} ${message}.`, { details: [{ path, code: 'lifetime_too_long', message }] });
  }
}

/**
 * When a credential ends at the latest; null: whenever it says. The statements that find credentials reckon it alike, by
 * `lifetimeEnd`.
 *
 * @param since when it was made, or last rotated
 * @param days the longest lifetime that its organization allows; null: any
 */
export function latestEnd(since: Date, days: number | null): Date | null {
  return days === null ? null : new Date(since.getTime() + days * day);
}

/** `latestEnd` in SQL; a day has 24 hours whatever the time zone of the connection. */
export function lifetimeEnd(since: string, days: string): string {
  return `${since} + make_interval(hours => 24 * ${days})`;
}

/** Which of two ends comes first; null is never. */
export function earlierEnd(one: Date | null, other: Date | null): Date | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? one : other;
}

/**
 * The end of what is made or extended now.
 *
 * @param wanted null: never; undefined: as late as may be
 * @param latest null: never
 * @param path field that `wanted` comes from
 * @throws LifetimeTooLong
 */
export function endWithin(wanted: Date | null | undefined, latest: Date | null, path: string): Date | null {
  if (latest === null) return wanted ?? null;
  if (wanted === undefined) return latest;
  if (wanted === null || wanted > latest) throw new LifetimeTooLong(path, latest);
  return wanted;
}
