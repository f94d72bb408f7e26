import { rankOf, type VaultLevel } from '@credvault/access/vault-levels.js';
import type { BoundReach } from './api-key-reach.js';
import type { ApiKey } from './api-key.entity.js';

/** What is granted to a key itself: a vault or a project, by UUID. */
export interface KeyGrant {
  vaultId: string | null;
  projectId: string | null;
  level: VaultLevel;
}

/** What a key is for. One that names neither vaults nor projects is not bound, and reaches what its owner does. */
export type KeyBinding = Pick<ApiKey, 'vaultIds' | 'projectIds' | 'environments'> & {
  granted: readonly KeyGrant[];
};

/** Whether a key is narrowed to some vaults or projects. */
export function isBound({ vaultIds, projectIds }: Pick<KeyBinding, 'vaultIds' | 'projectIds'>): boolean {
  return vaultIds !== null || projectIds !== null;
}

/**
 * What a key names, without the vaults that its projects have by now: whoever hands out a project hands out those that come
 * into it later as well. undefined: the key is not bound.
 */
export function namedReach(bounds: KeyBinding): BoundReach | undefined {
  if (!isBound(bounds)) return undefined;
  const { vaultIds, projectIds, granted } = bounds;
  const vaults = granted.map(({ vaultId, level }) => [vaultId, level] as const);
  const projects = granted.map(({ projectId, level }) => [projectId, level] as const);
  return { vaults: highest(vaultIds, vaults), projects: highest(projectIds, projects) };
}

/** What a key is bound to counts as manager, whatever is granted to it beside. */
function highest(
  bound: readonly string[] | null,
  granted: readonly (readonly [string | null, VaultLevel])[],
): Map<string, VaultLevel> {
  const levels = new Map<string, VaultLevel>();
  for (const [id, level] of granted) if (id !== null) levels.set(id, level);
  for (const id of bound ?? []) levels.set(id, 'manager');
  return levels;
}

/** The environments that all projects of a key are narrowed to: a project that is granted to it is not. */
export function environmentsOf({ environments, granted }: KeyBinding): string[] | null {
  return granted.some(({ projectId }) => projectId !== null) ? null : environments;
}

/** Whether a key would name a vault, a project or an environment that it does not name by now, or is granted one further. */
export function namesMore(present: KeyBinding, next: KeyBinding): boolean {
  if (!isBound(present)) return false;
  if (!isBound(next)) return true;
  const projectIds = new Set(next.projectIds);
  return (
    !new Set(next.vaultIds).isSubsetOf(new Set(present.vaultIds)) ||
    !projectIds.isSubsetOf(new Set(present.projectIds)) ||
    (projectIds.size > 0 && moreEnvironments(present.environments, next.environments)) ||
    next.granted.some((wanted) => !present.granted.some((had) => covers(had, wanted)))
  );
}

function moreEnvironments(present: readonly string[] | null, next: readonly string[] | null): boolean {
  return present !== null && (next === null || !new Set(next).isSubsetOf(new Set(present)));
}

function covers(had: KeyGrant, wanted: KeyGrant): boolean {
  const isSame = had.vaultId === wanted.vaultId && had.projectId === wanted.projectId;
  return isSame && rankOf(had.level) >= rankOf(wanted.level);
}
