import type { RequestOrigin } from '@credvault/access/actor.js';
import { newUuid } from '@credvault/database/typed-id.js';
import { earlier } from './session-demands.js';
import type { Session } from './session.entity.js';
import type { SessionOwner } from './sessions.repository.js';

const minute = 60_000;
const day = 24 * 60 * minute;
/** SECURITY: access 15 minutes, refresh 30 days sliding and 90 absolute. */
const accessLifetime = 15 * minute;
const refreshLifetime = 30 * day;
const absoluteLifetime = 90 * day;
/** Whom a provider vouched for it must vouch for again after a day: so who is let go there is soon out here too. */
const providerLifetime = day;

/** What the identity provider of an organization says of somebody who signs in by it. */
export interface Vouching {
  /** UUID of the external identity. */
  identityId: string;
  /** When they last proved to the provider who they are; null: it does not say. */
  provedAt: Date | null;
}

/** A session as it begins: with a sign-in a moment ago. */
export function newSession(owner: SessionOwner, accessDigest: Buffer, origin: RequestOrigin): Session {
  const now = Date.now();
  return {
    ...owner,
    id: newUuid(),
    accessDigest,
    accessExpiresAt: new Date(now + accessLifetime),
    refreshExpiresAt: new Date(now + refreshLifetime),
    absoluteExpiresAt: new Date(now + absoluteLifetime),
    steppedUpAt: new Date(now),
    externalIdentityId: null,
    ip: origin.ip ?? null,
    userAgent: origin.userAgent ?? null,
    signedInAt: new Date(now),
    createdAt: new Date(now),
    lastUsedAt: new Date(now),
  };
}

/** Makes a new session one that a provider vouched for: it ends after a day, and has stepped up when the provider last asked. */
export function bindTo(session: Session, { identityId, provedAt }: Vouching): void {
  const end = new Date(session.createdAt.getTime() + providerLifetime);
  session.externalIdentityId = identityId;
  session.steppedUpAt = provedAt;
  session.absoluteExpiresAt = end;
  session.refreshExpiresAt = end;
}

/** How long both tokens of a session last that is renewed now. */
export function renewedTimes(
  { absoluteExpiresAt }: Session,
  now: Date,
): Pick<Session, 'accessExpiresAt' | 'refreshExpiresAt' | 'lastUsedAt'> {
  return {
    accessExpiresAt: earlier(new Date(now.getTime() + accessLifetime), absoluteExpiresAt),
    refreshExpiresAt: earlier(new Date(now.getTime() + refreshLifetime), absoluteExpiresAt),
    lastUsedAt: now,
  };
}
