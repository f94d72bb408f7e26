import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import { Team } from './team.entity.js';

/** A team with the number of its members. */
export type TeamView = Team & { memberCount: number };

const columns = `id, organization_id AS "organizationId", name, description, revision, created_at AS "createdAt",
  updated_at AS "updatedAt", (SELECT count(*)::int FROM team_members m
    WHERE m.organization_id = teams.organization_id AND m.team_id = teams.id) AS "memberCount"`;

@Injectable()
export class TeamsRepository {
  constructor(private readonly database: Database) {}

  async find(organizationId: string, id: string): Promise<TeamView | undefined> {
    const [row] = await this.database.rows<TeamView>(
      `SELECT ${columns} FROM teams WHERE organization_id = $1 AND id = $2`,
      [organizationId, id],
    );
    return row;
  }

  /** Finds a team, which then stays until the transaction ends. */
  async hold(
    transaction: Transaction,
    organizationId: string,
    id: string,
  ): Promise<Pick<Team, 'id' | 'name'> | undefined> {
    const [row] = await transaction.rows<Pick<Team, 'id' | 'name'>>(
      `SELECT id, name FROM teams WHERE organization_id = $1 AND id = $2 FOR KEY SHARE`,
      [organizationId, id],
    );
    return row;
  }

  async lock(transaction: Transaction, organizationId: string, id: string): Promise<TeamView | undefined> {
    const [row] = await transaction.rows<TeamView>(
      `SELECT ${columns} FROM teams WHERE organization_id = $1 AND id = $2 FOR NO KEY UPDATE`,
      [organizationId, id],
    );
    return row;
  }

  async insert(transaction: Transaction, team: Team): Promise<void> {
    await transaction.manager.insert(Team, team);
  }

  async update(
    transaction: Transaction,
    { organizationId, id }: Team,
    fields: Partial<Pick<Team, 'name' | 'description' | 'updatedAt'>>,
  ): Promise<void> {
    await transaction.manager.update(
      Team,
      { organizationId, id },
      { ...fields, revision: () => 'revision + 1' },
    );
  }

  /** Its members leave it and what was granted to it ends, by foreign keys. */
  async delete(transaction: Transaction, { organizationId, id }: Team): Promise<void> {
    await transaction.manager.delete(Team, { organizationId, id });
  }

  list(
    organizationId: string,
    query: ListQuery,
    page: PageRequest,
  ): Promise<{ rows: TeamView[]; total: number }> {
    const conditions = new Conditions()
      .add('organization_id = ?', organizationId)
      .addCommon(query, { created: 'created_at', updated: 'updated_at', search: 'name' });
    return listRows<TeamView>(this.database, { columns, from: 'teams', conditions, page });
  }
}
