import { Injectable } from '@nestjs/common';
import { kindOfType, type MemberType } from '@credvault/access/member-id.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import type { MemberView } from './member.dto.js';
import type { MemberId } from './member-id.js';

/** A role as a membership names it. */
export interface RoleOfMember {
  role: string;
  customRoleId: string | null;
}

const memberColumns = `u.id, u.kind, u.name, u.email, m.role, m.custom_role_id AS "customRoleId", m.revision,
  m.created_at AS "createdAt", m.updated_at AS "updatedAt"`;

const memberTables = 'memberships m JOIN users u ON u.id = m.user_id';

const selectMember = `SELECT ${memberColumns} FROM ${memberTables}
  WHERE m.organization_id = $1 AND m.user_id = $2 AND u.kind = $3`;

const selectByAddress = `SELECT ${memberColumns} FROM ${memberTables}
  WHERE m.organization_id = $1 AND lower(u.email) = lower($2)`;

@Injectable()
export class MembersRepository {
  constructor(private readonly database: Database) {}

  /** @param transaction the one the caller is in, if it is in one */
  async find(
    organizationId: string,
    { userId, kind }: MemberId,
    transaction?: Transaction,
  ): Promise<MemberView | undefined> {
    const values = [organizationId, userId, kind];
    return (await (transaction ?? this.database).rows<MemberView>(selectMember, values))[0];
  }

  /** The person with an e-mail address, whatever its case, if they are a member. */
  async findByAddress(organizationId: string, email: string): Promise<MemberView | undefined> {
    return (await this.database.rows<MemberView>(selectByAddress, [organizationId, email]))[0];
  }

  /** A member whom nobody else changes or removes before this transaction ends. */
  async lock(
    transaction: Transaction,
    organizationId: string,
    { userId, kind }: MemberId,
  ): Promise<MemberView | undefined> {
    const values = [organizationId, userId, kind];
    return (await transaction.rows<MemberView>(`${selectMember} FOR UPDATE OF m`, values))[0];
  }

  /** A page of the members of an organization; `search` looks in names and e-mail addresses. */
  list(
    organizationId: string,
    query: ListQuery & { type?: MemberType },
    role: RoleOfMember | undefined,
    page: PageRequest,
  ): Promise<{ rows: MemberView[]; total: number }> {
    const conditions = new Conditions()
      .add('m.organization_id = ?', organizationId)
      .add('m.role = ?', role?.role)
      .add('m.custom_role_id = ?', role?.customRoleId ?? undefined)
      .add('u.kind = ?', kindOfType(query.type))
      .addCommon(query, {
        created: 'm.created_at',
        updated: 'm.updated_at',
        search: `(u.name || ' ' || coalesce(u.email, ''))`,
      });
    return listRows<MemberView>(this.database, {
      columns: memberColumns,
      from: memberTables,
      conditions,
      page,
    });
  }

  /** Whether somebody with this e-mail address belongs to an organization. */
  async hasAddress(transaction: Transaction, organizationId: string, email: string): Promise<boolean> {
    const rows = await transaction.rows(
      `SELECT 1 FROM users u JOIN memberships m ON m.user_id = u.id
       WHERE lower(u.email) = lower($2) AND m.organization_id = $1`,
      [organizationId, email],
    );
    return rows.length > 0;
  }

  async isOwner(transaction: Transaction, organizationId: string, userId: string): Promise<boolean> {
    const rows = await transaction.rows(
      `SELECT 1 FROM memberships WHERE organization_id = $1 AND user_id = $2 AND role = 'owner'`,
      [organizationId, userId],
    );
    return rows.length > 0;
  }

  /** Makes somebody a member; false when they are one already. */
  async insert(
    transaction: Transaction,
    organizationId: string,
    userId: string,
    { role, customRoleId }: RoleOfMember,
  ): Promise<boolean> {
    const rows = await transaction.rows(
      `INSERT INTO memberships (organization_id, user_id, role, custom_role_id) VALUES ($1, $2, $3, $4)
       ON CONFLICT (organization_id, user_id) DO NOTHING RETURNING user_id`,
      [organizationId, userId, role, customRoleId],
    );
    return rows.length > 0;
  }

  async updateRole(
    transaction: Transaction,
    organizationId: string,
    userId: string,
    { role, customRoleId }: RoleOfMember,
    updatedAt: Date,
  ): Promise<void> {
    await transaction.rows(
      `UPDATE memberships SET role = $3, custom_role_id = $4, revision = revision + 1, updated_at = $5
       WHERE organization_id = $1 AND user_id = $2`,
      [organizationId, userId, role, customRoleId, updatedAt],
    );
  }

  /**
   * Takes the vaults from a locked member that are granted to them directly, also those that would come back with a deleted vault;
   * returns how many those were.
   */
  async deleteGrants(transaction: Transaction, organizationId: string, userId: string): Promise<number> {
    let count = 0;
    for (const table of ['grants', 'deleted_vault_grants']) {
      const rows = await transaction.rows(
        `DELETE FROM ${table} WHERE organization_id = $1 AND user_id = $2 RETURNING id`,
        [organizationId, userId],
      );
      count += rows.length;
    }
    return count;
  }

  /**
   * Ends a membership, and with it the sessions, personal tokens, teams and grants that hang on it, also those that would come back
   * with a deleted vault.
   */
  async delete(transaction: Transaction, organizationId: string, userId: string): Promise<void> {
    await this.deleteGrants(transaction, organizationId, userId);
    await transaction.rows(`DELETE FROM memberships WHERE organization_id = $1 AND user_id = $2`, [
      organizationId,
      userId,
    ]);
  }
}
