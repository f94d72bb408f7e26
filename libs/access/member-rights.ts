import type { Principal } from './actor.js';
import { grantsAtStake } from './grants-at-stake.js';
import { scopesOfRole } from './roles.js';
import { withImplied, type Scope } from './scopes.js';
import { levelOfRank, type VaultLevel } from './vault-levels.js';

/** What the statement that finds a credential reads of the membership `m` of its owner, by `memberJoins`. */
export interface MemberRow {
  /** A built-in role or `custom`; null: the owner is no member. */
  role: string | null;
  role_id: string | null;
  role_scopes: Scope[] | null;
  role_reaches_all: boolean;
  team_ids: string[] | null;
  /** Of the vaults granted by themselves or with their project; parallel to `granted_levels`. */
  granted_vault_ids: string[] | null;
  granted_levels: number[] | null;
  /** Parallel to `granted_project_levels`. */
  granted_project_ids: string[] | null;
  granted_project_levels: number[] | null;
}

/** What a member may do, and where. */
export type MemberRights = Pick<Principal, 'scopes' | 'grants' | 'projects' | 'roleId' | 'teamIds'>;

/** Columns for a statement that has `memberJoins` behind a membership `m`. */
export const memberColumns = `m.role, r.id AS role_id, r.scopes AS role_scopes,
  coalesce(r.reaches_all_vaults, m.role IN ('owner', 'admin'), false) AS role_reaches_all, teams.team_ids,
  reach.granted_vault_ids, reach.granted_levels, reach.granted_project_ids, reach.granted_project_levels`;

/**
 * Joins what `memberColumns` names to a membership `m`. The grants of a member are their own and those of their teams; a
 * project that is granted grants each of its vaults, and of several levels of one vault the highest counts. Whoever reaches
 * every vault needs none, and the condition keeps PostgreSQL from looking.
 */
export const memberJoins = joinsWith('grants');

/** As `memberJoins`, with the vaults that are deleted and can come back. Only to find out who may hand out what. */
export const memberJoinsAtStake = joinsWith(grantsAtStake);

/** @param grants the table of grants */
function joinsWith(grants: string): string {
  return `
  LEFT JOIN roles r ON r.organization_id = m.organization_id AND r.id = m.custom_role_id
  LEFT JOIN LATERAL (
    SELECT array_agg(t.team_id) AS team_ids FROM team_members t
    WHERE t.organization_id = m.organization_id AND t.user_id = m.user_id
  ) teams ON true
  LEFT JOIN LATERAL (
    WITH given AS MATERIALIZED (
      SELECT own.vault_id, own.project_id, own.level FROM ${grants} own
      WHERE own.organization_id = m.organization_id AND own.user_id = m.user_id
        AND NOT coalesce(r.reaches_all_vaults, m.role IN ('owner', 'admin'), false)
      UNION ALL
      SELECT shared.vault_id, shared.project_id, shared.level FROM team_members t
      JOIN ${grants} shared ON shared.organization_id = t.organization_id AND shared.team_id = t.team_id
      WHERE t.organization_id = m.organization_id AND t.user_id = m.user_id
        AND NOT coalesce(r.reaches_all_vaults, m.role IN ('owner', 'admin'), false)
    ), by_project AS (
      SELECT g.project_id, max(g.level) AS level FROM given g WHERE g.project_id IS NOT NULL GROUP BY g.project_id
    ), by_vault AS (
      SELECT every.vault_id, max(every.level) AS level FROM (
        SELECT g.vault_id, g.level FROM given g WHERE g.vault_id IS NOT NULL
        UNION ALL
        SELECT v.id, p.level FROM by_project p
        JOIN vaults v ON v.organization_id = m.organization_id AND v.project_id = p.project_id
      ) every GROUP BY every.vault_id
    )
    SELECT * FROM
      (SELECT array_agg(vault_id) AS granted_vault_ids, array_agg(level) AS granted_levels FROM by_vault) of_vaults,
      (SELECT array_agg(project_id) AS granted_project_ids, array_agg(level) AS granted_project_levels
       FROM by_project) of_projects
  ) reach ON true`;
}

/** The rights of a member as they were read. Nobody without a membership may do anything. */
export function memberRights(row: MemberRow): MemberRights {
  const { role, role_id: roleId, role_scopes: roleScopes, team_ids: teamIds } = row;
  return {
    scopes: roleScopes ? withImplied(roleScopes) : scopesOfRole(role ?? ''),
    grants: row.role_reaches_all ? undefined : levelsById(row.granted_vault_ids, row.granted_levels),
    projects: row.role_reaches_all
      ? undefined
      : levelsById(row.granted_project_ids, row.granted_project_levels),
    roleId: roleId ?? undefined,
    teamIds: teamIds ?? undefined,
  };
}

/** Levels by UUID, from the two parallel arrays of a row; no arrays: nothing. */
export function levelsById(ids: string[] | null, levels: number[] | null): Map<string, VaultLevel> {
  return new Map((ids ?? []).map((id, index) => [id, levelOfRank(levels?.[index] ?? 0)]));
}
