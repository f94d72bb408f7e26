import type { Principal } from './actor.js';
import type { Scope } from './scopes.js';
import type { VaultLevel } from './vault-levels.js';

/** What says which projects somebody reaches. */
export type ProjectReach = Pick<
  Principal,
  'vaultIds' | 'grants' | 'projects' | 'projectIds' | 'environments'
>;

const levelScopes: Record<VaultLevel, ReadonlySet<Scope>> = {
  reader: new Set(['project:read']),
  editor: new Set(['project:read']),
  manager: new Set(['project:read', 'project:write']),
};

/** Whether somebody to whom a project is granted so far may do this with the project itself; its vaults are another matter. */
export function projectLevelAllows(level: VaultLevel, scope: Scope): boolean {
  return levelScopes[level].has(scope);
}

/**
 * How far a project is granted to a principal whose narrowing lets it through; undefined: not at all. A credential that is
 * narrowed to vaults, and to no project, reaches none. It does not say that the project exists.
 */
export function grantOfProject(reach: ProjectReach, projectId: string): VaultLevel | undefined {
  if (reach.vaultIds && reach.projectIds?.has(projectId) !== true) return undefined;
  return grantsEverything(reach) ? 'manager' : reach.projects?.get(projectId);
}

/**
 * How far a principal reaches into a project itself: as it is granted, and to see it alone for a credential that is for some
 * environments of it. Costs no round trip.
 */
export function reachIntoProject(reach: ProjectReach, projectId: string): VaultLevel | undefined {
  const level = grantOfProject(reach, projectId);
  return level !== undefined && reach.environments ? 'reader' : level;
}

/** The only projects that a principal may know of; undefined: all of its organization. */
export function knownProjects(reach: ProjectReach): ReadonlySet<string> | undefined {
  const named = reach.vaultIds ? (reach.projectIds ?? new Set<string>()) : undefined;
  if (grantsEverything(reach)) return named;
  const granted = new Set(reach.projects?.keys());
  return named ? granted.intersection(named) : granted;
}

/** Grants without projects are grants of vaults alone. */
function grantsEverything({ grants, projects }: ProjectReach): boolean {
  return grants === undefined && projects === undefined;
}
