import { earlierEnd, endWithin, latestEnd } from '@credvault/access/lifetimes.js';
import { ApiKeyFieldRefused } from './api-keys.errors.js';

const day = 24 * 60 * 60_000;

/** How long a key may live, as the API-keys document offers it. A year has 365 days. */
export const expiryChoices = ['never', '30d', '90d', '1y'] as const;
export type ExpiryChoice = (typeof expiryChoices)[number];

const lifetimes: Record<Exclude<ExpiryChoice, 'never'>, number> = {
  '30d': 30 * day,
  '90d': 90 * day,
  '1y': 365 * day,
};

/** After how long a key should be rotated: every 90 days (API-keys document, "Rotate Key"), in milliseconds. */
export const rotationInterval = 90 * day;

/** An end in one of two forms; neither means as late as may be. */
export interface ExpiryWish {
  expiresIn?: ExpiryChoice;
  expiresAt?: Date;
}

/**
 * When a key ends that is made or rotated now; null: never.
 *
 * @param maxLifetimeDays the longest lifetime that its organization allows; null: any. Without a wish the key lives as long
 * @throws ApiKeyFieldRefused when both forms are given, or the end has passed; LifetimeTooLong
 */
export function expiryOf(
  { expiresIn, expiresAt }: ExpiryWish,
  now: Date,
  maxLifetimeDays: number | null,
): Date | null {
  const latest = latestEnd(now, maxLifetimeDays);
  if (expiresAt === undefined) return endWithin(endOfChoice(expiresIn, now), latest, 'expiresIn');
  if (expiresIn === undefined) return endWithin(futureExpiry(expiresAt, now), latest, 'expiresAt');
  throw new ApiKeyFieldRefused('expiresAt', 'contradiction', 'cannot be given together with expiresIn');
}

/** How long a key has lived already, and may at most. */
export interface Lifetime {
  /** Its own end; null: never. */
  expiresAt: Date | null;
  createdAt: Date;
  lastRotatedAt: Date | null;
  /** The longest lifetime that its organization allows, since it was made or last rotated; null: any. */
  maxLifetimeDays: number | null;
}

/** When a key ends, by itself or by the longest lifetime of its organization; null: never. */
export function endOf(key: Lifetime): Date | null {
  return earlierEnd(key.expiresAt, latestEndOf(key));
}

/**
 * The end of a key that goes on with the secret it has; as it is without a wish.
 *
 * @param wanted null: never
 * @throws ApiKeyFieldRefused when the end has passed; LifetimeTooLong
 */
export function changedExpiry(wanted: Date | null | undefined, present: Lifetime, now: Date): Date | null {
  if (wanted === undefined) return present.expiresAt;
  return endWithin(wanted && futureExpiry(wanted, now), latestEndOf(present), 'expiresAt');
}

function latestEndOf({ createdAt, lastRotatedAt, maxLifetimeDays }: Lifetime): Date | null {
  return latestEnd(lastRotatedAt ?? createdAt, maxLifetimeDays);
}

function endOfChoice(choice: ExpiryChoice | undefined, now: Date): Date | null | undefined {
  if (choice === undefined) return undefined;
  return choice === 'never' ? null : new Date(now.getTime() + lifetimes[choice]);
}

function futureExpiry(expiresAt: Date, now: Date): Date {
  if (expiresAt > now) return expiresAt;
  throw new ApiKeyFieldRefused('expiresAt', 'past', 'must be in the future');
}
