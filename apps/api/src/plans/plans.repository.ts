import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import { Plan } from './plan.entity.js';

const columns = `name, position, api_key_requests_per_minute AS "apiKeyRequestsPerMinute",
  token_requests_per_minute AS "tokenRequestsPerMinute", revision, created_at AS "createdAt",
  updated_at AS "updatedAt"`;

const selectNames = `SELECT name FROM plans ORDER BY position, name`;

/** The plans of the installation; they belong to no organization. */
@Injectable()
export class PlansRepository {
  constructor(private readonly database: Database) {}

  find(name: string): Promise<Plan | null> {
    return this.database.manager.findOneBy(Plan, { name });
  }

  /** The names of all plans, the smallest plan first. */
  async findNames(transaction?: Transaction): Promise<string[]> {
    const rows = await (transaction
      ? transaction.rows<{ name: string }>(selectNames)
      : this.database.rows<{ name: string }>(selectNames));
    return rows.map(({ name }) => name);
  }

  lock(transaction: Transaction, name: string): Promise<Plan | null> {
    return transaction.manager.findOne(Plan, { where: { name }, lock: { mode: 'for_no_key_update' } });
  }

  async update(
    transaction: Transaction,
    name: string,
    fields: Partial<Pick<Plan, 'apiKeyRequestsPerMinute' | 'tokenRequestsPerMinute' | 'updatedAt'>>,
  ): Promise<void> {
    await transaction.manager.update(Plan, { name }, { ...fields, revision: () => 'revision + 1' });
  }

  list(query: ListQuery, page: PageRequest): Promise<{ rows: Plan[]; total: number }> {
    const conditions = new Conditions().addCommon(query, {
      created: 'created_at',
      updated: 'updated_at',
      search: 'name',
    });
    return listRows<Plan>(this.database, { columns, from: 'plans', conditions, page });
  }
}
