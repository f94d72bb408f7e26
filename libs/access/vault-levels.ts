import type { Principal } from './actor.js';
import type { Scope } from './scopes.js';

/** How far a grant of a vault goes, from the least to the most. */
export const vaultLevels = ['reader', 'editor', 'manager'] as const;

export type VaultLevel = (typeof vaultLevels)[number];

/** What each level adds to the one below: seeing and revealing, writing secrets, and managing the vault itself. */
const levelScopes: Record<VaultLevel, ReadonlySet<Scope>> = {
  reader: new Set(['vault:read', 'secret:list', 'secret:read']),
  editor: new Set(['vault:read', 'secret:list', 'secret:read', 'secret:write']),
  manager: new Set(['vault:read', 'secret:list', 'secret:read', 'secret:write', 'vault:write']),
};

/** Whether somebody to whom a vault is granted so far may do this with it, if their role and credential may. */
export function levelAllows(level: VaultLevel, scope: Scope): boolean {
  return levelScopes[level].has(scope);
}

/** The least level that allows something with a vault; undefined when no level does. */
export function levelFor(scope: Scope): VaultLevel | undefined {
  return vaultLevels.find((level) => levelAllows(level, scope));
}

/** A level as the database keeps it, 1 to 3. */
export function rankOf(level: VaultLevel): number {
  return vaultLevels.indexOf(level) + 1;
}

/** The level that the database keeps as this number. @throws Error for any but 1 to 3 */
export function levelOfRank(rank: number): VaultLevel {
  const level = vaultLevels[rank - 1];
  if (level === undefined) throw new Error(`${rank} is no level of a grant.`);
  return level;
}

/**
 * How far a principal reaches into a vault by its narrowing and its grants; undefined: not at all. Costs no round trip: both
 * came with the principal. It does not say that the vault exists.
 */
export function reachInto(
  { vaultIds, grants }: Pick<Principal, 'vaultIds' | 'grants'>,
  vaultId: string,
): VaultLevel | undefined {
  if (vaultIds?.has(vaultId) === false) return undefined;
  return grants ? grants.get(vaultId) : 'manager';
}

/** The only vaults that a principal may know of; undefined: all of its organization. */
export function knownVaults({
  vaultIds,
  grants,
}: Pick<Principal, 'vaultIds' | 'grants'>): ReadonlySet<string> | undefined {
  if (grants === undefined) return vaultIds;
  const granted = new Set(grants.keys());
  return vaultIds ? granted.intersection(vaultIds) : granted;
}

/** What both levels name, at the lower one. @param granted undefined: everything, as manager */
export function lowerOf(
  levels: ReadonlyMap<string, VaultLevel>,
  granted: ReadonlyMap<string, VaultLevel> | undefined,
): Map<string, VaultLevel> {
  const lower = new Map<string, VaultLevel>();
  for (const [id, level] of levels) {
    const other = granted ? granted.get(id) : 'manager';
    if (other !== undefined) lower.set(id, rankOf(other) < rankOf(level) ? other : level);
  }
  return lower;
}
