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

/** An end in one of two forms; neither means never. */
export interface ExpiryWish {
  expiresIn?: ExpiryChoice;
  expiresAt?: Date;
}

/**
 * When a key ends; null: never.
 *
 * @throws ApiKeyFieldRefused when both forms are given, or the end has passed
 */
export function expiryOf({ expiresIn, expiresAt }: ExpiryWish, now: Date): Date | null {
  if (expiresIn !== undefined && expiresAt !== undefined) {
    throw new ApiKeyFieldRefused('expiresAt', 'contradiction', 'cannot be given together with expiresIn');
  }
  if (expiresAt !== undefined) return futureExpiry(expiresAt, now);
  if (expiresIn === undefined || expiresIn === 'never') return null;
  return new Date(now.getTime() + lifetimes[expiresIn]);
}

/** @throws ApiKeyFieldRefused */
export function futureExpiry(expiresAt: Date, now: Date): Date {
  if (expiresAt.getTime() > now.getTime()) return expiresAt;
  throw new ApiKeyFieldRefused('expiresAt', 'past', 'must be in the future');
}
