import type { Actor } from '@credvault/access/actor.js';
import type { MemberRights } from '@credvault/access/member-rights.js';
import { assertWithin, RightsTooWide } from '@credvault/access/rights.js';
import { allScopes, withImplied, type Scope } from '@credvault/access/scopes.js';
import { levelAllows, levelFor, lowerOf, rankOf, type VaultLevel } from '@credvault/access/vault-levels.js';
import type { BoundReach } from './api-key-reach.js';
import { effectiveScopes, levelUsedBy, rightsOf, type KeyBounds } from './api-key-rights.js';

/** How far a key reaches, by the UUID of the vault; undefined: every vault of the organization. */
type Reached = ReadonlyMap<string, VaultLevel> | undefined;

/** What a transfer changes of a key's bounds. */
export type TransferredBounds = Omit<KeyBounds, 'allowedIps' | 'expiresAt' | 'granted'>;

/** What a key reaches under an owner. @param reach what it is bound to; undefined: to nothing */
export function reachedUnder(owner: MemberRights | undefined, reach: BoundReach | undefined): Reached {
  return reach ? lowerOf(reach.vaults, owner?.grants) : owner?.grants;
}

/**
 * Fixes what a key could do under its old owner, so that neither another owner's role nor later grants to them give more to
 * whoever knows its secret: its scopes ∩ the old owner's role, without those that no vault allowed, and the vaults that it
 * reached under them. What comes into its projects later, or is granted to it by now, would be another thing under the new one.
 */
export function boundsAfterTransfer(
  key: KeyBounds,
  before: MemberRights | undefined,
  reached: Reached,
): TransferredBounds {
  const effective = usableScopes(key, before, reached);
  const kept = new Set(key.scopes.filter((scope) => effective.has(scope)));
  const implied = effective.difference(withImplied(kept));
  const scopes = allScopes.filter((scope) => kept.has(scope) || implied.has(scope));
  const vaultIds = reached ? [...reached.keys()] : null;
  return { scopes, vaultIds, projectIds: null, environments: null };
}

/**
 * Why a key cannot go to its new owner, or undefined when it can.
 *
 * @param key with its bounds after the transfer, which leaves it no grants
 * @param reached what it reached under the old owner
 * @param after what the new owner may
 */
export function transferProblem(
  actor: Actor,
  key: KeyBounds,
  reached: Reached,
  after: MemberRights | undefined,
): string | undefined {
  if (couldDoMore(key, reached)) {
    return 'would do more in some of its vaults: first narrow it to scopes that it has in each of them, or to fewer vaults';
  }
  try {
    assertWithin(actor, rightsOf(key, after));
    return undefined;
  } catch (error) {
    if (error instanceof RightsTooWide) return 'would do more than you may';
    throw error;
  }
}

/** What the role of the old owner lets the key do, and its level in at least one of its vaults. */
function usableScopes(
  key: KeyBounds,
  before: MemberRights | undefined,
  reached: Reached,
): ReadonlySet<Scope> {
  const effective = effectiveScopes(key.scopes, before);
  if (!reached) return effective;
  const levels = [...new Set(reached.values())];
  return new Set(
    [...effective].filter(
      (scope) => levelFor(scope) === undefined || levels.some((level) => levelAllows(level, scope)),
    ),
  );
}

/**
 * Whether the key's scopes, which hold for all of its vaults, go further in one of them than they did under the old owner. What
 * the new owner reaches today does not count: it can grow.
 */
function couldDoMore(key: KeyBounds, reached: Reached): boolean {
  const most = rankOf(levelUsedBy(withImplied(key.scopes)));
  return [...(reached?.values() ?? [])].some((level) => rankOf(level) < most);
}
