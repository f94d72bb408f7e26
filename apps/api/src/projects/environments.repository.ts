import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import type { AuthorizedProject } from './authorized-project.js';
import { ProjectEnvironment } from './project-environment.entity.js';

/** An environment with the UUID of its vault. */
export type EnvironmentView = ProjectEnvironment & { vaultId: string | null };

const columns = `e.name AS id, e.organization_id AS "organizationId", e.project_id AS "projectId", e.name, e.description,
  e.revision, e.created_at AS "createdAt", e.updated_at AS "updatedAt",
  (SELECT v.id FROM vaults v WHERE v.organization_id = e.organization_id AND v.project_id = e.project_id
    AND v.environment = e.name) AS "vaultId"`;

const named = `WHERE e.organization_id = $1 AND e.project_id = $2 AND e.name = $3`;

const lockVault = `SELECT 1 FROM vaults
  WHERE organization_id = $1 AND project_id = $2 AND environment = $3 FOR NO KEY UPDATE`;

@Injectable()
export class EnvironmentsRepository {
  constructor(private readonly database: Database) {}

  async find(project: AuthorizedProject, name: string): Promise<EnvironmentView | undefined> {
    const [row] = await this.database.rows<EnvironmentView>(
      `SELECT ${columns} FROM project_environments e ${named}`,
      [project.organizationId, project.id, name],
    );
    return row;
  }

  /** Keeps an environment from being renamed and deleted until the transaction ends. @returns whether there is one */
  async hold(transaction: Transaction, project: AuthorizedProject, name: string): Promise<boolean> {
    const rows = await transaction.rows(`SELECT 1 FROM project_environments e ${named} FOR KEY SHARE`, [
      project.organizationId,
      project.id,
      name,
    ]);
    return rows.length > 0;
  }

  /**
   * Locks an environment against every change and against getting a vault. Its vault is locked first, as everybody does
   * who puts one there. One that came in between is not waited for, because whoever has it may wait for the environment: the
   * transaction is broken off, for `Database.yieldingTransaction`.
   */
  async lock(
    transaction: Transaction,
    project: AuthorizedProject,
    name: string,
  ): Promise<EnvironmentView | undefined> {
    const place = [project.organizationId, project.id, name];
    await transaction.rows(lockVault, place);
    await transaction.rows(`SELECT 1 FROM project_environments e ${named} FOR UPDATE`, place);
    await transaction.rows(`${lockVault} NOWAIT`, place);
    const [row] = await transaction.rows<EnvironmentView>(
      `SELECT ${columns} FROM project_environments e ${named}`,
      place,
    );
    return row;
  }

  async insert(transaction: Transaction, environments: ProjectEnvironment[]): Promise<void> {
    await transaction.manager.insert(ProjectEnvironment, environments);
  }

  /** Its vault follows a new name, by foreign key. */
  async update(
    transaction: Transaction,
    { organizationId, projectId, name }: ProjectEnvironment,
    fields: Partial<Pick<ProjectEnvironment, 'name' | 'description' | 'updatedAt'>>,
  ): Promise<void> {
    await transaction.manager.update(
      ProjectEnvironment,
      { organizationId, projectId, name },
      { ...fields, revision: () => 'revision + 1' },
    );
  }

  async delete(
    transaction: Transaction,
    { organizationId, projectId, name }: ProjectEnvironment,
  ): Promise<void> {
    await transaction.manager.delete(ProjectEnvironment, { organizationId, projectId, name });
  }

  list(
    { organizationId, id }: AuthorizedProject,
    query: ListQuery,
    page: PageRequest,
  ): Promise<{ rows: EnvironmentView[]; total: number }> {
    const conditions = new Conditions()
      .add('e.organization_id = ?', organizationId)
      .add('e.project_id = ?', id)
      .addCommon(query, { created: 'e.created_at', updated: 'e.updated_at', search: 'e.name' });
    return listRows<EnvironmentView>(this.database, {
      columns,
      from: 'project_environments e',
      conditions,
      page,
    });
  }
}
