import { Injectable } from '@nestjs/common';
import type { MemberKind } from '@credvault/access/member-id.js';
import { rankOf } from '@credvault/access/vault-levels.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import type { AuthorizedVault } from '../vaults/authorized-vault.js';
import type { GrantsQuery } from './grant.dto.js';
import { Grant } from './grant.entity.js';

/** A grant with the name of whom the vault is granted to. */
export interface GrantView extends Grant {
  /** UUID of the member or the team. */
  granteeId: string;
  /** Null when it is a team. */
  memberKind: MemberKind | null;
  name: string;
}

const columns = `g.id, g.organization_id AS "organizationId", g.vault_id AS "vaultId", g.user_id AS "userId",
  g.team_id AS "teamId", g.level, g.created_by AS "createdBy", g.revision, g.created_at AS "createdAt",
  g.updated_at AS "updatedAt", coalesce(g.user_id, g.team_id) AS "granteeId", u.kind AS "memberKind",
  coalesce(u.name, t.name) AS name`;

const from = `grants g LEFT JOIN users u ON u.id = g.user_id
  LEFT JOIN teams t ON t.organization_id = g.organization_id AND t.id = g.team_id`;

const ofVault = `WHERE g.organization_id = $1 AND g.vault_id = $2 AND g.id = $3`;

@Injectable()
export class GrantsRepository {
  constructor(private readonly database: Database) {}

  async find(vault: AuthorizedVault, id: string): Promise<GrantView | undefined> {
    const [row] = await this.database.rows<GrantView>(`SELECT ${columns} FROM ${from} ${ofVault}`, [
      vault.organizationId,
      vault.id,
      id,
    ]);
    return row;
  }

  async lock(transaction: Transaction, vault: AuthorizedVault, id: string): Promise<GrantView | undefined> {
    const [row] = await transaction.rows<GrantView>(
      `SELECT ${columns} FROM ${from} ${ofVault} FOR NO KEY UPDATE OF g`,
      [vault.organizationId, vault.id, id],
    );
    return row;
  }

  /** Makes a grant, unless there is one to the same member or team. @returns the id of the one that there is */
  async insertUnlessGranted(transaction: Transaction, grant: Grant): Promise<string | undefined> {
    const { organizationId, id, vaultId, userId, teamId, level, createdBy, createdAt } = grant;
    const made = await transaction.rows(
      `INSERT INTO grants (organization_id, id, vault_id, user_id, team_id, level, created_by, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT DO NOTHING RETURNING id`,
      [organizationId, id, vaultId, userId, teamId, level, createdBy, createdAt],
    );
    if (made.length > 0) return undefined;
    const [present] = await transaction.rows<{ id: string }>(
      `SELECT id FROM grants WHERE organization_id = $1 AND vault_id = $2 AND (user_id = $3 OR team_id = $4)`,
      [organizationId, vaultId, userId, teamId],
    );
    // It was taken back between the two statements.
    return present ? present.id : this.insertUnlessGranted(transaction, grant);
  }

  /** Grants a new vault to its maker. @returns false when they have left the organization meanwhile */
  async insertForMaker(transaction: Transaction, vault: AuthorizedVault, id: string): Promise<boolean> {
    const rows = await transaction.rows(
      `INSERT INTO grants (organization_id, id, vault_id, user_id, level, created_by)
       SELECT organization_id, $3, $4, user_id, $5, user_id FROM memberships
       WHERE organization_id = $1 AND user_id = $2 FOR KEY SHARE
       RETURNING id`,
      [vault.organizationId, vault.actor.userId, id, vault.id, rankOf('manager')],
    );
    return rows.length > 0;
  }

  async update(
    transaction: Transaction,
    { organizationId, id }: Grant,
    fields: Pick<Grant, 'level' | 'updatedAt'>,
  ): Promise<void> {
    await transaction.manager.update(
      Grant,
      { organizationId, id },
      { ...fields, revision: () => 'revision + 1' },
    );
  }

  async delete(transaction: Transaction, { organizationId, id }: Grant): Promise<void> {
    await transaction.manager.delete(Grant, { organizationId, id });
  }

  list(
    vault: AuthorizedVault,
    query: GrantsQuery,
    page: PageRequest,
  ): Promise<{ rows: GrantView[]; total: number }> {
    const conditions = new Conditions()
      .add('g.organization_id = ?', vault.organizationId)
      .add('g.vault_id = ?', vault.id)
      .add('g.level = ?', query.level && rankOf(query.level))
      .addCommon(query, {
        created: 'g.created_at',
        updated: 'g.updated_at',
        search: 'coalesce(u.name, t.name)',
      });
    return listRows<GrantView>(this.database, { columns, from, conditions, page });
  }
}
