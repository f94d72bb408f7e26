import type { Actor } from '@credvault/access/actor.js';
import { AddressRanges } from '@credvault/access/address-ranges.js';
import { assertWithin, type Rights } from '@credvault/access/rights.js';
import { scopesOfRole } from '@credvault/access/roles.js';
import { withImplied, type Scope } from '@credvault/access/scopes.js';
import type { ApiKey } from './api-key.entity.js';

/** What bounds a key. */
export type KeyBounds = Pick<ApiKey, 'scopes' | 'vaultIds' | 'allowedIps' | 'expiresAt'>;

/**
 * What a key can do now: its scopes, as far as the role of its owner goes.
 *
 * @param ownerRole undefined: the owner is no member any more, and the key can do nothing
 */
export function effectiveScopes(scopes: readonly Scope[], ownerRole: string | undefined): ReadonlySet<Scope> {
  return withImplied(scopes).intersection(scopesOfRole(ownerRole ?? ''));
}

/** The effective rights of a key. */
export function rightsOf(
  { scopes, vaultIds, allowedIps, expiresAt }: KeyBounds,
  ownerRole: string | undefined,
): Rights {
  return {
    scopes: effectiveScopes(scopes, ownerRole),
    vaultIds: vaultIds ? new Set(vaultIds) : undefined,
    allowedAddresses: allowedIps ? new AddressRanges(allowedIps) : undefined,
    expiresAt: expiresAt?.getTime(),
  };
}

/**
 * What somebody must have who lets a key work on, by rotating, resuming or extending it: what it can do now, and whoever
 * is not its owner in person also what it could do if the owner's role grew. Otherwise a secret that is harmless today
 * could be taken for later.
 */
export function rightsAtStake(
  { credentialType, userId }: Pick<Actor, 'credentialType' | 'userId'>,
  key: KeyBounds & Pick<ApiKey, 'userId'>,
  ownerRole: string | undefined,
): Rights {
  const rights = rightsOf(key, ownerRole);
  const isOwner = isInPerson({ credentialType, userId }, key.userId);
  return isOwner ? rights : { ...rights, scopes: withImplied(key.scopes) };
}

/**
 * Holds a change of a key to what the actor has. Narrowing is free. Where it widens anything, all that the key can do
 * afterwards must lie within the actor's rights, and so must every scope that was added, whether it takes effect now or
 * only when the owner's role grows.
 *
 * @throws RightsTooWide
 */
export function assertMayChange(
  actor: Actor,
  present: KeyBounds & Pick<ApiKey, 'userId'>,
  next: KeyBounds,
  ownerRole: string | undefined,
): void {
  const had = withImplied(present.scopes);
  const added = next.scopes.filter((scope) => !had.has(scope));
  if (added.length === 0 && !reachesFurther(present, next)) return;
  const rights = rightsAtStake(actor, { ...next, userId: present.userId }, ownerRole);
  assertWithin(actor, { ...rights, scopes: new Set([...rights.scopes, ...withImplied(added)]) });
}

/** Whether somebody is this person, and not a program of theirs. */
export function isInPerson(
  { credentialType, userId }: Pick<Actor, 'credentialType' | 'userId'>,
  person: string,
): boolean {
  return credentialType !== 'api_key' && userId === person;
}

/** Whether whoever knows a key's secret can do more after a change; that it works for longer does not count. */
export function opensMore(present: KeyBounds, next: KeyBounds): boolean {
  const had = withImplied(present.scopes);
  const after = { ...next, expiresAt: present.expiresAt };
  return next.scopes.some((scope) => !had.has(scope)) || reachesFurther(present, after);
}

function reachesFurther(present: KeyBounds, next: KeyBounds): boolean {
  const before = rightsOf(present, undefined);
  const after = rightsOf(next, undefined);
  const moreVaults = before.vaultIds !== undefined && after.vaultIds?.isSubsetOf(before.vaultIds) !== true;
  const moreAddresses =
    before.allowedAddresses !== undefined &&
    after.allowedAddresses?.isWithin(before.allowedAddresses) !== true;
  const longer =
    before.expiresAt !== undefined && (after.expiresAt === undefined || after.expiresAt > before.expiresAt);
  return moreVaults || moreAddresses || longer;
}
