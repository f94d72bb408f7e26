import type { Actor } from '@credvault/access/actor.js';
import type { MemberRights } from '@credvault/access/member-rights.js';
import { AddressRanges } from '@credvault/access/address-ranges.js';
import { assertWithin, type Rights } from '@credvault/access/rights.js';
import { withImplied, type Scope } from '@credvault/access/scopes.js';
import { levelFor, lowerOf, vaultLevels, type VaultLevel } from '@credvault/access/vault-levels.js';
import type { MemberKind } from '@credvault/access/member-id.js';
import { environmentsOf, namedReach, namesMore, type KeyBinding } from './api-key-binding.js';
import { narrow } from './api-key-reach.js';
import type { ApiKey } from './api-key.entity.js';

const nothing: ReadonlySet<Scope> = new Set();

/** What bounds a key. */
export type KeyBounds = KeyBinding & Pick<ApiKey, 'scopes' | 'allowedIps' | 'expiresAt'>;

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
  bounds: KeyBounds,
  owner: Pick<MemberRights, 'scopes' | 'grants' | 'projects'> | undefined,
): Rights {
  const { scopes, allowedIps, expiresAt } = bounds;
  return {
    ...narrow(owner ?? {}, namedReach(bounds), environmentsOf(bounds)),
    scopes: effectiveScopes(scopes, owner),
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
  return isOwner ? rights : { ...rights, ...reachAtStake(key), scopes: withImplied(key.scopes) };
}

/** How far a key could reach if everything were granted to its owner: no further than what it names and its scopes go. */
function reachAtStake(key: KeyBounds): Pick<Rights, 'grants' | 'projects'> {
  const reach = namedReach(key);
  if (!reach) return { grants: undefined, projects: undefined };
  const scopes = withImplied(key.scopes);
  const level = levelUsedBy(scopes);
  const projectLevel = scopes.has('project:write') ? 'manager' : level;
  return { grants: atMost(reach.vaults, level), projects: atMost(reach.projects, projectLevel) };
}

/** Levels, none of them above the highest. */
function atMost(levels: ReadonlyMap<string, VaultLevel>, most: VaultLevel): Map<string, VaultLevel> {
  return lowerOf(levels, new Map([...levels.keys()].map((id) => [id, most])));
}

/** The lowest level of a grant that lets these scopes do all they can. */
export function levelUsedBy(scopes: ReadonlySet<Scope>): VaultLevel {
  const used = [...scopes].map(levelFor);
  return vaultLevels.findLast((level) => used.includes(level)) ?? vaultLevels[0];
}

/**
 * What somebody must have who makes a key: for themselves, what they have now bounds it; for a service account, all that it
 * could do if everything were granted to that. A key that is bound makes others as if for somebody else: it may have been given
 * less of something than its owner has, and what is granted to the owner later is not its own.
 */
export function rightsOfNew(
  actor: Pick<Actor, 'credentialType' | 'userId' | 'scopes' | 'grants' | 'projects' | 'vaultIds'>,
  bounds: KeyBounds,
  ownerId: string,
): Rights {
  if (ownerId !== actor.userId) return rightsAtStake(actor, { ...bounds, userId: ownerId }, undefined);
  const own = { ...rightsOf(bounds, actor), scopes: bounds.scopes };
  return actor.vaultIds === undefined ? own : { ...own, ...reachAtStake(bounds) };
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
  const moreAddresses =
    before.allowedAddresses !== undefined &&
    after.allowedAddresses?.isWithin(before.allowedAddresses) !== true;
  const longer =
    before.expiresAt !== undefined && (after.expiresAt === undefined || after.expiresAt > before.expiresAt);
  return namesMore(present, next) || moreAddresses || longer;
}
