import type { Principal } from './actor.js';
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
  /** Parallel to `granted_levels`. */
  granted_vault_ids: string[] | null;
  granted_levels: number[] | null;
}

/** What a member may do, and where. */
export type MemberRights = Pick<Principal, 'scopes' | 'grants' | 'roleId' | 'teamIds'>;

/** Columns for a statement that has `memberJoins` behind a membership `m`. */
export const memberColumns = `m.role, r.id AS role_id, r.scopes AS role_scopes,
  coalesce(r.reaches_all_vaults, m.role IN ('owner', 'admin'), false) AS role_reaches_all, teams.team_ids,
  reach.granted_vault_ids, reach.granted_levels`;

/**
 * Joins what `memberColumns` names to a membership `m`. The grants of a member are their own and those of their teams, the
 * highest level of each vault; whoever reaches every vault needs none, and the condition keeps PostgreSQL from looking.
 */
export const memberJoins = `
  LEFT JOIN roles r ON r.organization_id = m.organization_id AND r.id = m.custom_role_id
  LEFT JOIN LATERAL (
    SELECT array_agg(t.team_id) AS team_ids FROM team_members t
    WHERE t.organization_id = m.organization_id AND t.user_id = m.user_id
  ) teams ON true
  LEFT JOIN LATERAL (
    SELECT array_agg(best.vault_id) AS granted_vault_ids, array_agg(best.level) AS granted_levels FROM (
      SELECT g.vault_id, max(g.level) AS level FROM (
        SELECT own.vault_id, own.level FROM grants own
        WHERE own.organization_id = m.organization_id AND own.user_id = m.user_id
        UNION ALL
        SELECT shared.vault_id, shared.level FROM team_members t
        JOIN grants shared ON shared.organization_id = t.organization_id AND shared.team_id = t.team_id
        WHERE t.organization_id = m.organization_id AND t.user_id = m.user_id
      ) g
      WHERE NOT coalesce(r.reaches_all_vaults, m.role IN ('owner', 'admin'), false)
      GROUP BY g.vault_id
    ) best
  ) reach ON true`;

/** The rights of a member as they were read. Nobody without a membership may do anything. */
export function memberRights(row: MemberRow): MemberRights {
  const { role, role_id: roleId, role_scopes: roleScopes, team_ids: teamIds } = row;
  return {
    scopes: roleScopes ? withImplied(roleScopes) : scopesOfRole(role ?? ''),
    grants: row.role_reaches_all ? undefined : grantsOf(row),
    roleId: roleId ?? undefined,
    teamIds: teamIds ?? undefined,
  };
}

function grantsOf({ granted_vault_ids: ids, granted_levels: levels }: MemberRow): Map<string, VaultLevel> {
  return new Map((ids ?? []).map((id, index) => [id, levelOfRank(levels?.[index] ?? 0)]));
}
