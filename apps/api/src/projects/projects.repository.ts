import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { knownProjects } from '@credvault/access/project-levels.js';
import { knownVaults } from '@credvault/access/vault-levels.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import type { AuthorizedProject } from './authorized-project.js';
import { Project } from './project.entity.js';

/** A project with the number of its vaults, as far as somebody may see them. */
export type ProjectView = Project & { vaultCount: number };

const columns = `id, organization_id AS "organizationId", name, description, region,
  backup_location AS "backupLocation", revision, created_by AS "createdBy", created_at AS "createdAt",
  updated_at AS "updatedAt"`;

@Injectable()
export class ProjectsRepository {
  constructor(private readonly database: Database) {}

  async find({ organizationId, id }: AuthorizedProject): Promise<Project | undefined> {
    const [row] = await this.database.rows<Project>(
      `SELECT ${columns} FROM projects WHERE organization_id = $1 AND id = $2`,
      [organizationId, id],
    );
    return row;
  }

  /** Which of these are ids of projects of the organization. */
  async findExisting(organizationId: string, ids: readonly string[]): Promise<Set<string>> {
    const rows = await this.database.rows<{ id: string }>(
      `SELECT id FROM projects WHERE organization_id = $1 AND id = ANY($2::uuid[])`,
      [organizationId, ids],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Keeps a project from being deleted until the transaction ends. @returns whether there is one */
  async hold(transaction: Transaction, { organizationId, id }: AuthorizedProject): Promise<boolean> {
    const rows = await transaction.rows(
      `SELECT 1 FROM projects WHERE organization_id = $1 AND id = $2 FOR KEY SHARE`,
      [organizationId, id],
    );
    return rows.length > 0;
  }

  async lock(
    transaction: Transaction,
    { organizationId, id }: AuthorizedProject,
  ): Promise<Project | undefined> {
    const [row] = await transaction.rows<Project>(
      `SELECT ${columns} FROM projects WHERE organization_id = $1 AND id = $2 FOR NO KEY UPDATE`,
      [organizationId, id],
    );
    return row;
  }

  /** As `lock`, and waits for whoever holds it: nothing is put into it any more. */
  async lockToDelete(
    transaction: Transaction,
    { organizationId, id }: AuthorizedProject,
  ): Promise<Project | undefined> {
    const [row] = await transaction.rows<Project>(
      `SELECT ${columns} FROM projects WHERE organization_id = $1 AND id = $2 FOR UPDATE`,
      [organizationId, id],
    );
    return row;
  }

  async insert(transaction: Transaction, project: Project): Promise<void> {
    await transaction.manager.insert(Project, project);
  }

  async update(
    transaction: Transaction,
    { organizationId, id }: AuthorizedProject,
    fields: Partial<Pick<Project, 'name' | 'description' | 'region' | 'backupLocation' | 'updatedAt'>>,
  ): Promise<void> {
    await transaction.manager.update(
      Project,
      { organizationId, id },
      { ...fields, revision: () => 'revision + 1' },
    );
  }

  /** Its environments and what is granted of it go with it, by foreign keys. */
  async delete(transaction: Transaction, { organizationId, id }: AuthorizedProject): Promise<void> {
    await transaction.manager.delete(Project, { organizationId, id });
  }

  /** Whether vaults belong to a project, of whomever. */
  async hasVaults(transaction: Transaction, { organizationId, id }: AuthorizedProject): Promise<boolean> {
    const rows = await transaction.rows(
      `SELECT 1 FROM vaults WHERE organization_id = $1 AND project_id = $2 LIMIT 1`,
      [organizationId, id],
    );
    return rows.length > 0;
  }

  /** How many vaults of each of these projects an actor may know of; without those that have none. */
  async countVaults(
    actor: Pick<Actor, 'organizationId' | 'vaultIds' | 'grants'>,
    projectIds: readonly string[],
  ): Promise<Map<string, number>> {
    const known = knownVaults(actor);
    const rows = await this.database.rows<{ id: string; count: number }>(
      `SELECT project_id AS id, count(*)::int AS count FROM vaults
       WHERE organization_id = $1 AND project_id = ANY($2::uuid[]) AND ($3::uuid[] IS NULL OR id = ANY($3::uuid[]))
       GROUP BY project_id`,
      [actor.organizationId, projectIds, known ? [...known] : null],
    );
    return new Map(rows.map(({ id, count }) => [id, count]));
  }

  async countAll(transaction: Transaction, organizationId: string): Promise<number> {
    const [row] = await transaction.rows<{ count: number }>(
      `SELECT count(*)::int AS count FROM projects WHERE organization_id = $1`,
      [organizationId],
    );
    return row?.count ?? 0;
  }

  /** How many projects somebody may know of. */
  async countKnown(
    actor: Parameters<typeof knownProjects>[0] & Pick<Actor, 'organizationId'>,
  ): Promise<number> {
    const known = knownProjects(actor);
    const [row] = await this.database.rows<{ count: number }>(
      `SELECT count(*)::int AS count FROM projects
       WHERE organization_id = $1 AND ($2::uuid[] IS NULL OR id = ANY($2::uuid[]))`,
      [actor.organizationId, known ? [...known] : null],
    );
    return row?.count ?? 0;
  }

  /**
   * How many projects a member may know of in each of these organizations, by what their role reaches and what is granted to
   * them and their teams (`memberJoins`).
   */
  async countReached(userId: string, organizationIds: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.database.rows<{ id: string; count: number }>(
      `SELECT m.organization_id AS id, count(*)::int AS count
       FROM memberships m
       LEFT JOIN roles r ON r.organization_id = m.organization_id AND r.id = m.custom_role_id
       JOIN projects p ON p.organization_id = m.organization_id
       WHERE m.user_id = $1 AND m.organization_id = ANY($2::uuid[]) AND (
         coalesce(r.reaches_all_vaults, m.role IN ('owner', 'admin'), false) OR p.id IN (
           SELECT g.project_id FROM grants g
           LEFT JOIN team_members t ON t.organization_id = g.organization_id AND t.team_id = g.team_id AND t.user_id = m.user_id
           WHERE g.organization_id = m.organization_id AND g.project_id IS NOT NULL
             AND (g.user_id = m.user_id OR t.user_id IS NOT NULL)))
       GROUP BY m.organization_id`,
      [userId, organizationIds],
    );
    return new Map(rows.map(({ id, count }) => [id, count]));
  }

  /** A page of the projects that somebody may know of. */
  list(
    actor: Pick<Actor, 'organizationId' | 'vaultIds' | 'grants' | 'projects' | 'projectIds'>,
    query: ListQuery,
    page: PageRequest,
  ): Promise<{ rows: Project[]; total: number }> {
    const known = knownProjects(actor);
    const conditions = new Conditions()
      .add('organization_id = ?', actor.organizationId)
      .add('id = ANY(?::uuid[])', known && [...known])
      .addCommon(query, { created: 'created_at', updated: 'updated_at', search: 'name' });
    return listRows<Project>(this.database, { columns, from: 'projects', conditions, page });
  }
}
