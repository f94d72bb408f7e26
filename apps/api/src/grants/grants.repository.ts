import { Injectable } from '@nestjs/common';
import type { MemberKind } from '@credvault/access/member-id.js';
import { rankOf } from '@credvault/access/vault-levels.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import type { GrantsQuery } from './grant.dto.js';
import { Grant } from './grant.entity.js';
import { objectColumns, type GrantedObject } from './granted-object.js';

/** A grant with the name of whom it is to. */
export interface GrantView extends Grant {
  /** UUID of the member, the team or the API key. */
  granteeId: string;
  /** Null when it is no member. */
  memberKind: MemberKind | null;
  name: string;
}

const columns = `g.id, g.organization_id AS "organizationId", g.vault_id AS "vaultId", g.project_id AS "projectId", g.user_id AS "userId",
  g.team_id AS "teamId", g.api_key_id AS "apiKeyId", g.level, g.created_by AS "createdBy", g.revision, g.created_at AS "createdAt",
  g.updated_at AS "updatedAt", coalesce(g.user_id, g.team_id, g.api_key_id) AS "granteeId", u.kind AS "memberKind",
  coalesce(u.name, t.name, k.name) AS name`;

const from = `grants g LEFT JOIN users u ON u.id = g.user_id
  LEFT JOIN teams t ON t.organization_id = g.organization_id AND t.id = g.team_id
  LEFT JOIN api_keys k ON k.organization_id = g.organization_id AND k.id = g.api_key_id`;

/** The column in which a grant names such a thing. */
function objectColumn(object: GrantedObject): 'vault_id' | 'project_id' {
  return objectColumns(object).vaultId === null ? 'project_id' : 'vault_id';
}

function whereOne(object: GrantedObject): string {
  return `WHERE g.organization_id = $1 AND g.${objectColumn(object)} = $2 AND g.id = $3`;
}

@Injectable()
export class GrantsRepository {
  constructor(private readonly database: Database) {}

  async find(object: GrantedObject, id: string): Promise<GrantView | undefined> {
    const [row] = await this.database.rows<GrantView>(`SELECT ${columns} FROM ${from} ${whereOne(object)}`, [
      object.organizationId,
      object.id,
      id,
    ]);
    return row;
  }

  /** A grant that nobody else changes until the transaction ends; the key it is to, if it is to one, is locked before it. */
  async lock(transaction: Transaction, object: GrantedObject, id: string): Promise<GrantView | undefined> {
    await transaction.rows(
      `SELECT k.id FROM grants g
       JOIN api_keys k ON k.organization_id = g.organization_id AND k.id = g.api_key_id ${whereOne(object)}
       FOR UPDATE OF k`,
      [object.organizationId, object.id, id],
    );
    const [row] = await transaction.rows<GrantView>(
      `SELECT ${columns} FROM ${from} ${whereOne(object)} FOR NO KEY UPDATE OF g`,
      [object.organizationId, object.id, id],
    );
    return row;
  }

  /** The grant of something to a person by themselves, locked as by `lock`. */
  async lockOfUser(
    transaction: Transaction,
    object: GrantedObject,
    userId: string,
  ): Promise<GrantView | undefined> {
    const [row] = await transaction.rows<GrantView>(
      `SELECT ${columns} FROM ${from}
       WHERE g.organization_id = $1 AND g.${objectColumn(object)} = $2 AND g.user_id = $3 FOR NO KEY UPDATE OF g`,
      [object.organizationId, object.id, userId],
    );
    return row;
  }

  /** Makes a grant, unless there is one to the same member, team or key. @returns the id of the one that there is */
  async insertUnlessGranted(transaction: Transaction, grant: Grant): Promise<string | undefined> {
    const { organizationId, id, vaultId, projectId, userId, teamId, apiKeyId } = grant;
    const { level, createdBy, createdAt } = grant;
    const made = await transaction.rows(
      `INSERT INTO grants (organization_id, id, vault_id, project_id, user_id, team_id, api_key_id, level, created_by,
         created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) ON CONFLICT DO NOTHING RETURNING id`,
      [organizationId, id, vaultId, projectId, userId, teamId, apiKeyId, level, createdBy, createdAt],
    );
    if (made.length > 0) return undefined;
    const [present] = await transaction.rows<{ id: string }>(
      `SELECT id FROM grants WHERE organization_id = $1 AND (vault_id = $2 OR project_id = $3)
         AND (user_id = $4 OR team_id = $5 OR api_key_id = $6)`,
      [organizationId, vaultId, projectId, userId, teamId, apiKeyId],
    );
    // It was taken back between the two statements.
    return present ? present.id : this.insertUnlessGranted(transaction, grant);
  }

  /** Grants something new to its maker. @returns false when they have left the organization meanwhile */
  async insertForMaker(transaction: Transaction, object: GrantedObject, id: string): Promise<boolean> {
    const { vaultId, projectId } = objectColumns(object);
    const rows = await transaction.rows(
      `INSERT INTO grants (organization_id, id, vault_id, project_id, user_id, level, created_by)
       SELECT organization_id, $3, $4, $5, user_id, $6, user_id FROM memberships
       WHERE organization_id = $1 AND user_id = $2 FOR KEY SHARE
       RETURNING id`,
      [object.organizationId, object.actor.userId, id, vaultId, projectId, rankOf('manager')],
    );
    return rows.length > 0;
  }

  /** Every grant of a project to a person, at most 100,000. */
  findPeopleInProjects(
    organizationId: string,
  ): Promise<{ userId: string; projectId: string; level: number }[]> {
    return this.database.rows(
      `SELECT g.user_id AS "userId", g.project_id AS "projectId", g.level
       FROM grants g JOIN users u ON u.id = g.user_id AND u.kind = 'person'
       WHERE g.organization_id = $1 AND g.project_id IS NOT NULL ORDER BY g.created_at, g.id LIMIT 100000`,
      [organizationId],
    );
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

  /** Takes from a key all that is granted to it, also what would come back with a vault that can be restored. */
  async deleteOfKey(transaction: Transaction, organizationId: string, apiKeyId: string): Promise<Grant[]> {
    const key = [organizationId, apiKeyId];
    const grants = await transaction.manager.findBy(Grant, { organizationId, apiKeyId });
    for (const table of ['grants', 'deleted_vault_grants']) {
      await transaction.rows(`DELETE FROM ${table} WHERE organization_id = $1 AND api_key_id = $2`, key);
    }
    return grants;
  }

  async delete(transaction: Transaction, { organizationId, id }: Grant): Promise<void> {
    await transaction.manager.delete(Grant, { organizationId, id });
  }

  list(
    object: GrantedObject,
    query: GrantsQuery,
    page: PageRequest,
  ): Promise<{ rows: GrantView[]; total: number }> {
    const conditions = new Conditions()
      .add('g.organization_id = ?', object.organizationId)
      .add(`g.${objectColumn(object)} = ?`, object.id)
      .add('g.level = ?', query.level && rankOf(query.level))
      .addCommon(query, {
        created: 'g.created_at',
        updated: 'g.updated_at',
        search: 'coalesce(u.name, t.name, k.name)',
      });
    return listRows<GrantView>(this.database, { columns, from, conditions, page });
  }
}
