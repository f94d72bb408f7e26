import type { Actor } from '@credvault/access/actor.js';
import type { MemberRights } from '@credvault/access/member-rights.js';
import { AddressRanges } from '@credvault/access/address-ranges.js';
import { assertWithin, type Rights } from '@credvault/access/rights.js';
import { withImplied, type Scope } from '@credvault/access/scopes.js';
import { levelFor, vaultLevels, type VaultLevel } from '@credvault/access/vault-levels.js';
import type { MemberKind } from '@credvault/access/member-id.js';
import type { ApiKey } from './api-key.entity.js';

const nothing: ReadonlySet<Scope> = new Set();

/** What bounds a key. */
export type KeyBounds = Pick<ApiKey, 'scopes' | 'vaultIds' | 'allowedIps' | 'expiresAt'>;

/**
 * What a key can do now: its scopes, as far as the role of its owner goes.
 *
 * @param owner what its owner may; undefined: the owner is no member any more, and the key can do nothing
 */
export function effectiveScopes(
  scopes: readonly Scope[],
  owner: Pick<MemberRights, 'scopes'> | undefined,
): ReadonlySet<Scope> {
  return withImplied(scopes).intersection(owner?.scopes ?? nothing);
}

/** The effective rights of a key. */
export function rightsOf(
  { scopes, vaultIds, allowedIps, expiresAt }: KeyBounds,
  owner: Pick<MemberRights, 'scopes' | 'grants'> | undefined,
): Rights {
  return {
    scopes: effectiveScopes(scopes, owner),
    vaultIds: vaultIds ? new Set(vaultIds) : undefined,
    grants: owner?.grants,
    allowedAddresses: allowedIps ? new AddressRanges(allowedIps) : undefined,
    expiresAt: expiresAt?.getTime(),
  };
}

/**
 * What somebody must have who lets a key work on, by rotating, resuming or extending it: what it can do now, and whoever
 * is not its owner in person also what it could do if the owner's role grew, or more vaults were granted to the owner.
 * Otherwise a secret that is harmless today could be taken for later. Nobody is a service account in person.
 */
export function rightsAtStake(
  { credentialType, userId }: Pick<Actor, 'credentialType' | 'userId'>,
  key: KeyBounds & Pick<ApiKey, 'userId'>,
  owner: MemberRights | undefined,
): Rights {
  const rights = rightsOf(key, owner);
  const isOwner = isInPerson({ credentialType, userId }, key.userId);
  return isOwner ? rights : { ...rights, scopes: withImplied(key.scopes), grants: grantsAtStake(key) };
}

/** How far a key could reach if everything were granted to its owner: no further than its vaults and its scopes go. */
function grantsAtStake({ scopes, vaultIds }: KeyBounds): ReadonlyMap<string, VaultLevel> | undefined {
  const level = levelUsedBy(withImplied(scopes));
  return vaultIds === null ? undefined : new Map(vaultIds.map((id) => [id, level]));
}

/** The lowest level of a grant that lets these scopes do all they can. */
export function levelUsedBy(scopes: ReadonlySet<Scope>): VaultLevel {
  const used = [...scopes].map(levelFor);
  return vaultLevels.findLast((level) => used.includes(level)) ?? vaultLevels[0];
}

/**
 * What somebody must have who makes a key: for themselves, what they have now bounds it; for a service account, all that it
 * could do if everything were granted to that.
 */
export function rightsOfNew(
  actor: Pick<Actor, 'credentialType' | 'userId' | 'scopes' | 'grants'>,
  bounds: KeyBounds,
  ownerId: string,
): Rights {
  const own = { ...rightsOf(bounds, actor), scopes: bounds.scopes };
  return ownerId === actor.userId ? own : rightsAtStake(actor, { ...bounds, userId: ownerId }, undefined);
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
  owner: MemberRights | undefined,
): void {
  const had = withImplied(present.scopes);
  const added = next.scopes.filter((scope) => !had.has(scope));
  if (added.length === 0 && !reachesFurther(present, next)) return;
  const rights = rightsAtStake(actor, { ...next, userId: present.userId }, owner);
  assertWithin(actor, { ...rights, scopes: new Set([...rights.scopes, ...withImplied(added)]) });
}

/** The person who asks; null when it is a program. */
export function personOf({
  credentialType,
  userId,
}: Pick<Actor, 'credentialType' | 'userId'>): string | null {
  return credentialType === 'api_key' ? null : userId;
}

/** Whether somebody is this person, and not a program of theirs. */
export function isInPerson(actor: Pick<Actor, 'credentialType' | 'userId'>, person: string): boolean {
  return personOf(actor) === person;
}

/**
 * Who alone may know the secrets of a key that is widened: its owner. Nobody is a service account in person, so there it is
 * whoever widens the key, and therefore has all that it can do afterwards. null: nobody can be.
 */
export function soleKnowerOf(
  actor: Pick<Actor, 'credentialType' | 'userId'>,
  { userId, ownerKind }: { userId: string; ownerKind: MemberKind },
): string | null {
  return ownerKind === 'service' ? personOf(actor) : userId;
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
