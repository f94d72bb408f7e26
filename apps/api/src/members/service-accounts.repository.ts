import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import type { ServiceAccountsQuery } from './service-account.dto.js';
import { ServiceAccount } from './service-account.entity.js';

/** A role as a membership names it. */
export interface MembershipRole {
  /** A built-in role or `custom`. */
  role: string;
  customRoleId: string | null;
}

/** A service account with its membership. */
export interface ServiceAccountView extends MembershipRole {
  id: string;
  name: string;
  description: string;
  /** Grows with every change of the account and of its membership. */
  revision: number;
  createdAt: Date;
  /** When either was last changed. */
  updatedAt: Date;
}

const updatedAt = 'greatest(u.updated_at, m.updated_at)';

const columns = `u.id, u.name, u.description, m.role, m.custom_role_id AS "customRoleId",
  u.revision + m.revision - 1 AS revision, u.created_at AS "createdAt", ${updatedAt} AS "updatedAt"`;

const from = `memberships m JOIN users u ON u.id = m.user_id AND u.kind = 'service'`;

const selectOne = `SELECT ${columns} FROM ${from} WHERE m.organization_id = $1 AND m.user_id = $2`;

@Injectable()
export class ServiceAccountsRepository {
  constructor(private readonly database: Database) {}

  async find(organizationId: string, id: string): Promise<ServiceAccountView | undefined> {
    return (await this.database.rows<ServiceAccountView>(selectOne, [organizationId, id]))[0];
  }

  /** The service account as the transaction sees it, locked against every other change, new keys included. */
  async lock(
    transaction: Transaction,
    organizationId: string,
    id: string,
  ): Promise<ServiceAccountView | undefined> {
    const [row] = await transaction.rows<ServiceAccountView>(`${selectOne} FOR UPDATE`, [organizationId, id]);
    return row;
  }

  async insert(
    transaction: Transaction,
    organizationId: string,
    account: ServiceAccount,
    { role, customRoleId }: MembershipRole,
  ): Promise<void> {
    const { id, createdAt } = account;
    await transaction.manager.insert(ServiceAccount, account);
    await transaction.rows(
      `INSERT INTO memberships (organization_id, user_id, role, custom_role_id, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $5)`,
      [organizationId, id, role, customRoleId, createdAt],
    );
  }

  async update(
    transaction: Transaction,
    id: string,
    fields: Partial<Pick<ServiceAccount, 'name' | 'description'>> & Pick<ServiceAccount, 'updatedAt'>,
  ): Promise<void> {
    const counted = { ...fields, revision: () => 'revision + 1' };
    await transaction.manager.update(ServiceAccount, { id, kind: 'service' }, counted);
  }

  async setRole(
    transaction: Transaction,
    organizationId: string,
    id: string,
    { role, customRoleId }: MembershipRole,
  ): Promise<void> {
    await transaction.rows(
      `UPDATE memberships SET role = $3, custom_role_id = $4 WHERE organization_id = $1 AND user_id = $2`,
      [organizationId, id, role, customRoleId],
    );
  }

  /**
   * Ends its membership, and with it its grants and its places in teams. The row of `users` stays: what the account has done
   * goes on naming it by its id, which begins with `svc_`.
   */
  async delete(transaction: Transaction, organizationId: string, id: string): Promise<void> {
    await transaction.rows(`DELETE FROM memberships WHERE organization_id = $1 AND user_id = $2`, [
      organizationId,
      id,
    ]);
  }

  list(
    organizationId: string,
    query: ServiceAccountsQuery,
    page: PageRequest,
  ): Promise<{ rows: ServiceAccountView[]; total: number }> {
    const customRole = query.role === undefined ? undefined : uuidOf('role', query.role);
    const conditions = new Conditions()
      .add('m.organization_id = ?', organizationId)
      .add('m.custom_role_id = ?', customRole)
      .add('m.role = ?', query.role === undefined || customRole === undefined ? query.role : 'custom')
      .addCommon(query, { created: 'u.created_at', updated: updatedAt, search: 'u.name' });
    return listRows<ServiceAccountView>(this.database, { columns, from, conditions, page });
  }
}
