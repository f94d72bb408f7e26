import { Injectable } from '@nestjs/common';
import type { GrantedRank } from '@credvault/access/granted-rights.js';
import { grantsAtStake } from '@credvault/access/grants-at-stake.js';
import { builtInRoles } from '@credvault/access/roles.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import { Role } from './role.entity.js';
import type { RolesQuery } from './role.dto.js';

/** A role of a list: a built-in one has a name and nothing else in the database. */
export type RoleRow = Pick<Role, 'name'> & { memberCount: number } & (
    ({ builtIn: false } & Omit<Role, 'organizationId' | 'name'>) | { builtIn: true; id: string }
  );

const columns = `id, organization_id AS "organizationId", name, description, scopes,
  reaches_all_vaults AS "reachesAllVaults", revision, created_at AS "createdAt", updated_at AS "updatedAt"`;

const ownRole = `FROM roles WHERE organization_id = $1 AND id = $2`;

/** The built-in roles as rows, in their order. */
const builtInRows = builtInRoles.map((name, position) => `('${name}', ${position})`).join(', ');

/** Built-in roles and those of all organizations, in the columns that lists sort and filter by. */
const everyRole = `(
  SELECT b.name AS id, NULL::uuid AS role_id, true AS built_in, NULL::uuid AS organization_id, b.name,
    '' AS description, '{}'::text[] AS scopes, false AS reaches_all_vaults, 1 AS revision,
    NULL::timestamptz AS created_at, NULL::timestamptz AS updated_at, b.position
  FROM (VALUES ${builtInRows}) AS b (name, position)
  UNION ALL
  SELECT id::text, id, false, organization_id, name, description, scopes, reaches_all_vaults, revision, created_at,
    updated_at, ${builtInRoles.length}
  FROM roles
) AS every_role`;

@Injectable()
export class RolesRepository {
  constructor(private readonly database: Database) {}

  async find(organizationId: string, id: string, transaction?: Transaction): Promise<Role | undefined> {
    const [row] = await (transaction ?? this.database).rows<Role>(`SELECT ${columns} ${ownRole}`, [
      organizationId,
      id,
    ]);
    return row;
  }

  /** The scopes of custom roles of any organizations; those that are not there are left out. */
  findScopes(
    places: readonly Pick<Role, 'organizationId' | 'id'>[],
  ): Promise<Pick<Role, 'organizationId' | 'id' | 'scopes'>[]> {
    return this.database.rows(
      `SELECT organization_id AS "organizationId", id, scopes FROM roles
       WHERE (organization_id, id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))`,
      [places.map(({ organizationId }) => organizationId), places.map(({ id }) => id)],
    );
  }

  /** Finds a role and keeps it from being deleted until the transaction ends. */
  async hold(transaction: Transaction, organizationId: string, id: string): Promise<Role | undefined> {
    const [row] = await transaction.rows<Role>(`SELECT ${columns} ${ownRole} FOR KEY SHARE`, [
      organizationId,
      id,
    ]);
    return row;
  }

  /** Locks a role against every change and against being given to anybody. */
  async lock(transaction: Transaction, organizationId: string, id: string): Promise<Role | undefined> {
    const [row] = await transaction.rows<Role>(`SELECT ${columns} ${ownRole} FOR UPDATE`, [
      organizationId,
      id,
    ]);
    return row;
  }

  async insert(transaction: Transaction, role: Role): Promise<void> {
    await transaction.manager.insert(Role, role);
  }

  async update(transaction: Transaction, { organizationId, id, ...fields }: Role): Promise<void> {
    await transaction.manager.update(Role, { organizationId, id }, fields);
  }

  async delete(transaction: Transaction, { organizationId, id }: Role): Promise<void> {
    await transaction.manager.delete(Role, { organizationId, id });
  }

  /** How many have a role. Invitations that have ended do not count, and go, so that they hold no role. */
  async countUses(
    transaction: Transaction,
    { organizationId, id }: Role,
  ): Promise<{ members: number; invitations: number }> {
    await transaction.rows(
      `DELETE FROM invitations WHERE organization_id = $1 AND custom_role_id = $2 AND expires_at <= now()`,
      [organizationId, id],
    );
    const [row] = await transaction.rows<{ members: number; invitations: number }>(
      `SELECT (SELECT count(*)::int FROM memberships WHERE organization_id = $1 AND custom_role_id = $2) AS members,
        (SELECT count(*)::int FROM invitations WHERE organization_id = $1 AND custom_role_id = $2) AS invitations`,
      [organizationId, id],
    );
    return row ?? { members: 0, invitations: 0 };
  }

  /** @param transaction the one the caller is in, if it is in one */
  async countMembers({ organizationId, id }: Role, transaction?: Transaction): Promise<number> {
    const [row] = await (transaction ?? this.database).rows<{ members: number }>(
      `SELECT count(*)::int AS members FROM memberships WHERE organization_id = $1 AND custom_role_id = $2`,
      [organizationId, id],
    );
    return row?.members ?? 0;
  }

  /**
   * The highest rank at which each vault and each project is granted to anybody who has a role, by themselves or by a team. Deleted
   * vaults that can be restored count.
   */
  findGrantsOfMembers(transaction: Transaction, { organizationId, id }: Role): Promise<GrantedRank[]> {
    return transaction.rows(
      `SELECT g.vault_id AS "vaultId", g.project_id AS "projectId", max(g.level)::int AS level
       FROM memberships m
       LEFT JOIN team_members t ON t.organization_id = m.organization_id AND t.user_id = m.user_id
       JOIN ${grantsAtStake} g ON g.organization_id = m.organization_id AND (g.user_id = m.user_id OR g.team_id = t.team_id)
       WHERE m.organization_id = $1 AND m.custom_role_id = $2
       GROUP BY g.vault_id, g.project_id`,
      [organizationId, id],
    );
  }

  /**
   * Takes from all who have a role the vaults that are granted to them directly, also those that would come back with a deleted
   * vault; returns how many grants that were. The members are locked first: who grants one of them a vault at the same moment holds them, and is waited for or waits.
   */
  async deleteGrantsOfMembers(transaction: Transaction, { organizationId, id }: Role): Promise<number> {
    await transaction.rows(
      `SELECT 1 FROM memberships WHERE organization_id = $1 AND custom_role_id = $2 ORDER BY user_id FOR UPDATE`,
      [organizationId, id],
    );
    let count = 0;
    for (const table of ['grants', 'deleted_vault_grants']) {
      const rows = await transaction.rows(
        `DELETE FROM ${table} g USING memberships m
         WHERE g.organization_id = $1 AND m.organization_id = $1 AND m.custom_role_id = $2 AND g.user_id = m.user_id
         RETURNING g.id`,
        [organizationId, id],
      );
      count += rows.length;
    }
    return count;
  }

  /** A page of the built-in roles and those of an organization. */
  list(
    organizationId: string,
    query: RolesQuery,
    page: PageRequest,
  ): Promise<{ rows: RoleRow[]; total: number }> {
    const conditions = new Conditions()
      .add('(built_in OR organization_id = ?)', organizationId)
      .add('built_in = ?', query.builtIn)
      .addCommon(query, { created: 'created_at', updated: 'updated_at', search: 'name' });
    return listRows<RoleRow>(this.database, {
      columns: `id, built_in AS "builtIn", name, description, scopes, reaches_all_vaults AS "reachesAllVaults",
        revision, position, coalesce(created_at, 'epoch') AS "createdAt", coalesce(updated_at, 'epoch') AS "updatedAt",
        (SELECT count(*)::int FROM memberships m WHERE m.organization_id = $1
          AND CASE WHEN built_in THEN m.role = every_role.id ELSE m.custom_role_id = role_id END) AS "memberCount"`,
      from: everyRole,
      conditions,
      page,
    });
  }
}
