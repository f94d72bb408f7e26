import type { Principal } from '@credvault/access/actor.js';
import { levelsById, type MemberRights } from '@credvault/access/member-rights.js';
import { lowerOf, type VaultLevel } from '@credvault/access/vault-levels.js';

type Levels = ReadonlyMap<string, VaultLevel>;

/** What a key is bound to, as the database keeps it. */
export interface BoundReachRow {
  /** Of the vaults that the key is bound to or that are granted to it, by themselves or with a project; parallel to `bound_levels`. */
  bound_vault_ids: string[] | null;
  bound_levels: number[] | null;
  /** Parallel to `bound_project_levels`. */
  bound_project_ids: string[] | null;
  bound_project_levels: number[] | null;
  /** The only environments that count in the projects the key is bound to. */
  bound_environments: string[] | null;
  /** Whether the key is bound at all; one that is not reaches what its owner does. */
  is_bound: boolean;
}

/** Columns for a statement that has `reachJoins` behind a key `k`. */
export const reachColumns = `bound.bound_vault_ids, bound.bound_levels, bound.bound_project_ids, bound.bound_project_levels,
  k.environments AS bound_environments, (k.vault_ids IS NOT NULL OR k.project_ids IS NOT NULL) AS is_bound`;

/**
 * Joins what `reachColumns` names to a key `k`: its vaults, those of its projects (in its environments, if it has some), and what
 * is granted to the key itself. What it is bound to counts as manager, rank 3, and of several levels the highest.
 */
export const reachJoins = `
  LEFT JOIN LATERAL (
    WITH given AS MATERIALIZED (
      SELECT g.vault_id, g.project_id, g.level FROM grants g
      WHERE g.organization_id = k.organization_id AND g.api_key_id = k.id
        AND (k.vault_ids IS NOT NULL OR k.project_ids IS NOT NULL)
    ), by_vault AS (
      SELECT every.vault_id, max(every.level) AS level FROM (
        SELECT own.vault_id, 3 AS level FROM unnest(k.vault_ids) own (vault_id)
        UNION ALL
        SELECT v.id, 3 FROM vaults v
        WHERE v.organization_id = k.organization_id AND v.project_id = ANY (k.project_ids)
          AND (k.environments IS NULL OR v.environment = ANY (k.environments))
        UNION ALL
        SELECT g.vault_id, g.level FROM given g WHERE g.vault_id IS NOT NULL
        UNION ALL
        SELECT v.id, g.level FROM given g
        JOIN vaults v ON v.organization_id = k.organization_id AND v.project_id = g.project_id
      ) every GROUP BY every.vault_id
    ), by_project AS (
      SELECT every.project_id, max(every.level) AS level FROM (
        SELECT own.project_id, 3 AS level FROM unnest(k.project_ids) own (project_id)
        UNION ALL
        SELECT g.project_id, g.level FROM given g WHERE g.project_id IS NOT NULL
      ) every GROUP BY every.project_id
    )
    SELECT * FROM
      (SELECT array_agg(vault_id) AS bound_vault_ids, array_agg(level) AS bound_levels FROM by_vault) of_vaults,
      (SELECT array_agg(project_id) AS bound_project_ids, array_agg(level) AS bound_project_levels
       FROM by_project) of_projects
  ) bound ON true`;

/** How far a key goes by itself, whatever its owner reaches. By UUID. */
export interface BoundReach {
  vaults: Levels;
  projects: Levels;
}

/** What narrows a principal in vaults and projects. */
export type Narrowing = Pick<Principal, 'vaultIds' | 'grants' | 'projects' | 'projectIds' | 'environments'>;

/** What a key is bound to; undefined: to nothing, and it reaches what its owner does. */
export function boundReach(row: BoundReachRow): BoundReach | undefined {
  if (!row.is_bound) return undefined;
  return {
    vaults: levelsById(row.bound_vault_ids, row.bound_levels),
    projects: levelsById(row.bound_project_ids, row.bound_project_levels),
  };
}

/**
 * What a key reaches under its owner: what it is bound to and what the owner reaches, each at the lower of both levels.
 *
 * @param reach as `boundReach` gives it
 * @param environments the only ones that count in the key's projects; null: all
 */
export function narrow(
  owner: Pick<MemberRights, 'grants' | 'projects'>,
  reach: BoundReach | undefined,
  environments: readonly string[] | null,
): Narrowing {
  const { grants, projects } = owner;
  if (!reach) return { grants, projects };
  const levels = [...reach.vaults.values(), ...reach.projects.values()];
  const isLowered = levels.some((level) => level !== 'manager');
  return {
    vaultIds: new Set(reach.vaults.keys()),
    projectIds: new Set(reach.projects.keys()),
    environments: environments ? new Set(environments) : undefined,
    grants: isLowered ? lowerOf(reach.vaults, grants) : grants,
    projects: isLowered ? lowerOf(reach.projects, grants && (projects ?? new Map())) : projects,
  };
}
