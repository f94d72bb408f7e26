import { Injectable } from '@nestjs/common';
import { rightsOfGrants } from '@credvault/access/granted-rights.js';
import { assertWithin } from '@credvault/access/rights.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { isUniqueViolation } from '@credvault/database/postgres-errors.js';
import { publicId } from '@credvault/database/typed-id.js';
import { assertPrecondition } from '@credvault/http/etag.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { toPage, type Page } from '@credvault/http/pagination/page.js';
import { parsePageRequest, type SortColumn } from '@credvault/http/pagination/page-request.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import type { AuthorizedProject } from './authorized-project.js';
import type { CreateEnvironmentDto, UpdateEnvironmentDto } from './environment.dto.js';
import { isEnvironmentName } from './environment-name.js';
import { EnvironmentsRepository, type EnvironmentView } from './environments.repository.js';
import { EnvironmentHasVault, EnvironmentNameTaken, EnvironmentNotFound } from './projects.errors.js';
import { ProjectsService } from './projects.service.js';

const sortable: Record<string, SortColumn> = {
  id: { sql: 'e.name', type: 'text' },
  createdAt: { sql: 'e.created_at', type: 'timestamptz' },
  updatedAt: { sql: 'e.updated_at', type: 'timestamptz' },
  name: { sql: 'e.name', type: 'text' },
};

/** The environments of projects. Each may have one vault of its project. */
@Injectable()
export class EnvironmentsService {
  constructor(
    private readonly environments: EnvironmentsRepository,
    private readonly projects: ProjectsService,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly idempotency: Idempotency,
    private readonly cursors: CursorCodec,
  ) {}

  /** @throws ProjectNotFound */
  async list<T>(
    project: AuthorizedProject,
    query: ListQuery,
    toItem: (environment: EnvironmentView) => T,
  ): Promise<Page<T>> {
    await this.projects.get(project);
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: 'name',
      defaultLimit: 50,
      cursors: this.cursors,
      list: `environments:${project.id}`,
    });
    return toPage(page, await this.environments.list(project, query, page), toItem);
  }

  /** @throws ProjectNotFound, EnvironmentNotFound */
  async get(project: AuthorizedProject, name: string): Promise<EnvironmentView> {
    const found = isEnvironmentName(name) ? await this.environments.find(project, name) : undefined;
    if (found) return found;
    await this.projects.get(project);
    throw new EnvironmentNotFound();
  }

  /**
   * @param project proof that the actor manages it (`project:write`)
   * @throws ProjectNotFound, EnvironmentNameTaken
   */
  create(
    project: AuthorizedProject,
    { name, description = '' }: CreateEnvironmentDto,
    retry?: RetryKey,
  ): Promise<Outcome<EnvironmentView>> {
    const { organizationId, id: projectId } = project;
    return this.idempotency.once(project.actor, retry, {
      change: async (transaction) => {
        await this.projects.hold(transaction, project);
        const now = new Date();
        const place = { organizationId, projectId, name };
        const row = { ...place, description, revision: 1, createdAt: now, updatedAt: now };
        await unlessTaken(() => this.environments.insert(transaction, [row]));
        const entry = { type: 'environment.created', status: 201, details: { environment: name } };
        await this.record(transaction, project, entry);
        return { answer: { ...row, vaultId: null }, status: 201, resourceId: projectId };
      },
      replay: () => this.get(project, name),
    });
  }

  /**
   * Changes an environment; its vault stays in it. A new name is another place: API keys that are bound to environments with that
   * name reach the vault, so that it takes what putting the vault there would take.
   *
   * @param project proof that the actor manages it (`project:write`)
   * @throws ProjectNotFound, EnvironmentNotFound, PRECONDITION_FAILED, EnvironmentNameTaken, RightsTooWide
   */
  update(
    project: AuthorizedProject,
    name: string,
    fields: UpdateEnvironmentDto,
    ifMatch?: string,
  ): Promise<EnvironmentView> {
    return this.database.yieldingTransaction(async (transaction) => {
      const present = await this.lock(transaction, project, name, ifMatch);
      const isRenamed = fields.name !== undefined && fields.name !== name;
      if (isRenamed && present.vaultId !== null) {
        assertWithin(project.actor, rightsOfGrants(new Map(), new Map([[project.id, 'manager']])));
      }
      const updatedAt = new Date();
      await unlessTaken(() => this.environments.update(transaction, present, { ...fields, updatedAt }));
      const details = {
        environment: name,
        fields: Object.keys(fields),
        ...(isRenamed && { to: fields.name }),
      };
      await this.record(transaction, project, { type: 'environment.updated', status: 200, details });
      this.projects.forgetAfter(transaction, project.id);
      return { ...present, ...fields, updatedAt, revision: present.revision + 1 };
    }, project.organizationId);
  }

  /**
   * @param project proof that the actor manages it (`project:write`)
   * @throws ProjectNotFound, EnvironmentNotFound, PRECONDITION_FAILED, EnvironmentHasVault
   */
  async delete(project: AuthorizedProject, name: string, ifMatch?: string): Promise<void> {
    await this.database.yieldingTransaction(async (transaction) => {
      const present = await this.lock(transaction, project, name, ifMatch);
      if (present.vaultId !== null) throw new EnvironmentHasVault();
      await this.environments.delete(transaction, present);
      const entry = { type: 'environment.deleted', status: 204, details: { environment: name } };
      await this.record(transaction, project, entry);
    }, project.organizationId);
  }

  private async lock(
    transaction: Transaction,
    project: AuthorizedProject,
    name: string,
    ifMatch: string | undefined,
  ): Promise<EnvironmentView> {
    await this.projects.hold(transaction, project);
    const found = isEnvironmentName(name)
      ? await this.environments.lock(transaction, project, name)
      : undefined;
    if (!found) throw new EnvironmentNotFound();
    assertPrecondition(ifMatch, environmentTag(found), found.revision);
    return found;
  }

  private record(
    transaction: Transaction,
    { actor, id }: AuthorizedProject,
    entry: { type: string; status: number; details: Record<string, unknown> },
  ): Promise<void> {
    return this.auditLog.recordChange(transaction, actor, {
      ...entry,
      resourceType: 'project',
      resourceId: id,
    });
  }
}

/** What the entity tag of an environment names it by. */
export function environmentTag({ projectId, name }: EnvironmentView): string {
  return `${publicId('project', projectId)}.${name}`;
}

/** @throws EnvironmentNameTaken */
async function unlessTaken(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (isUniqueViolation(error, 'project_environments_pkey')) throw new EnvironmentNameTaken();
    throw error;
  }
}
