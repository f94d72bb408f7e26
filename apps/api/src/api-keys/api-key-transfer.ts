import type { Actor } from '@credvault/access/actor.js';
import type { MemberRights } from '@credvault/access/member-rights.js';
import { assertWithin, RightsTooWide } from '@credvault/access/rights.js';
import { allScopes, withImplied } from '@credvault/access/scopes.js';
import { knownVaults, rankOf, reachInto } from '@credvault/access/vault-levels.js';
import { effectiveScopes, levelUsedBy, rightsOf, type KeyBounds } from './api-key-rights.js';

/** What a transfer changes of a key's bounds. */
export type TransferredBounds = Pick<KeyBounds, 'scopes' | 'vaultIds'>;

/**
 * Fixes what a key could do under its old owner, so that neither another owner's role nor later grants to them give more to
 * whoever knows its secret: its scopes ∩ the old owner's role, and the vaults that the old owner reached.
 */
export function boundsAfterTransfer(key: KeyBounds, before: MemberRights | undefined): TransferredBounds {
  const effective = effectiveScopes(key.scopes, before);
  const kept = new Set(key.scopes.filter((scope) => effective.has(scope)));
  const implied = effective.difference(withImplied(kept));
  const scopes = allScopes.filter((scope) => kept.has(scope) || implied.has(scope));
  const reached = knownVaults(rightsOf(key, before));
  return { scopes, vaultIds: before?.grants && reached ? [...reached] : key.vaultIds };
}

/**
 * Why a key cannot go to its new owner, or undefined when it can.
 *
 * @param key with its bounds after the transfer
 * @param before what the old owner may
 * @param after what the new owner may
 */
export function transferProblem(
  actor: Actor,
  key: KeyBounds,
  before: MemberRights | undefined,
  after: MemberRights | undefined,
): string | undefined {
  if (reachesHigher(key, before, after)) {
    return 'would do more in a vault that is granted further to the service account';
  }
  try {
    assertWithin(actor, rightsOf(key, after));
    return undefined;
  } catch (error) {
    if (error instanceof RightsTooWide) return 'would do more than you may';
    throw error;
  }
}

/** Whether a level of a grant lets the key do more in one of its vaults than the old owner's did. */
function reachesHigher(
  key: KeyBounds,
  before: MemberRights | undefined,
  after: MemberRights | undefined,
): boolean {
  if (before?.grants === undefined) return false;
  const most = rankOf(levelUsedBy(effectiveScopes(key.scopes, after)));
  const rank = (owner: MemberRights | undefined, vaultId: string): number => {
    const level = owner && reachInto({ grants: owner.grants }, vaultId);
    return level === undefined ? 0 : Math.min(rankOf(level), most);
  };
  return (key.vaultIds ?? []).some((id) => rank(after, id) > rank(before, id));
}
