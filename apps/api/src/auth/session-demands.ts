import { AddressRanges } from '@credvault/access/address-ranges.js';
import type { Session } from './session.entity.js';

/** What an organization demands of the sessions in it. */
export interface SessionDemands {
  /** The only blocks of addresses they may come from; null: any. */
  allowedIps: string[] | null;
  /** Hours after which whoever signed in has to sign in again; null: when the session ends by itself. */
  sessionLifetimeHours: number | null;
}

const hour = 60 * 60_000;

/** Whether sessions may come from an address. */
export function takesAddress(
  { allowedIps }: Pick<SessionDemands, 'allowedIps'>,
  address: string | undefined,
): boolean {
  return allowedIps === null || AddressRanges.shared(allowedIps).holds(address);
}

/** When a session ends for good. */
export function endOfSession(
  { signedInAt, absoluteExpiresAt }: Pick<Session, 'signedInAt' | 'absoluteExpiresAt'>,
  { sessionLifetimeHours }: SessionDemands,
): Date {
  if (sessionLifetimeHours === null) return absoluteExpiresAt;
  return earlier(absoluteExpiresAt, new Date(signedInAt.getTime() + sessionLifetimeHours * hour));
}

export function earlier(one: Date, other: Date): Date {
  return one < other ? one : other;
}
