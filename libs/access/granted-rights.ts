import { projectLevelAllows } from './project-levels.js';
import type { Rights } from './rights.js';
import { allScopes } from './scopes.js';
import { levelAllows, levelOfRank, type VaultLevel } from './vault-levels.js';

type Levels = ReadonlyMap<string, VaultLevel>;

/** How far a vault or a project is granted, as the database keeps it; the other one is null. */
export interface GrantedRank {
  vaultId: string | null;
  projectId: string | null;
  /** 1 to 3. */
  level: number;
}

/** The levels of grants by what they are of. Each vault and each project stands there once. */
export function levelsOf(ranks: readonly GrantedRank[]): { grants: Levels; projects: Levels } {
  const grants = new Map<string, VaultLevel>();
  const projects = new Map<string, VaultLevel>();
  for (const { vaultId, projectId, level } of ranks) {
    if (vaultId !== null) grants.set(vaultId, levelOfRank(level));
    if (projectId !== null) projects.set(projectId, levelOfRank(level));
  }
  return { grants, projects };
}

/**
 * What grants give at most, whatever the role of whoever gets them: to hand them out, one must have all of it oneself.
 *
 * @param grants levels by the UUID of the vault
 * @param projects levels by the UUID of the project: each gives the vaults that it has and will have, and the project itself
 */
export function rightsOfGrants(grants: Levels, projects: Levels = new Map()): Rights {
  const ofProjects = new Set(projects.values());
  const ofVaults = new Set(grants.values()).union(ofProjects);
  const scopes = allScopes.filter(
    (scope) =>
      [...ofVaults].some((level) => levelAllows(level, scope)) ||
      [...ofProjects].some((level) => projectLevelAllows(level, scope)),
  );
  return { scopes, vaultIds: new Set(grants.keys()), grants, projects, projectIds: new Set(projects.keys()) };
}
