import { Injectable } from '@nestjs/common';
import { OutsideVaults, ScopeMissing } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { knownProjects, projectLevelAllows, reachIntoProject } from '@credvault/access/project-levels.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { newUuid, publicId, uuidOf } from '@credvault/database/typed-id.js';
import { assertPrecondition } from '@credvault/http/etag.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { toPage, type Page } from '@credvault/http/pagination/page.js';
import { parsePageRequest, type SortColumn } from '@credvault/http/pagination/page-request.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import { proveAuthorized, type AuthorizedProject } from './authorized-project.js';
import { usualEnvironments } from './environment-name.js';
import { EnvironmentsRepository } from './environments.repository.js';
import { ProjectCreated } from './project-created.js';
import type { BackupLocation, Project } from './project.entity.js';
import {
  ProjectGrantTooLow,
  ProjectHasVaults,
  ProjectNotFound,
  UnknownEnvironment,
  UnknownProject,
} from './projects.errors.js';
import { ProjectsRepository, type ProjectView } from './projects.repository.js';

const sortable: Record<string, SortColumn> = {
  createdAt: { sql: 'created_at', type: 'timestamptz' },
  updatedAt: { sql: 'updated_at', type: 'timestamptz' },
  name: { sql: 'name', type: 'text' },
};

export interface ProjectFields {
  name: string;
  description?: string;
  /** Names of environments; the usual ones when left out. */
  environments?: readonly string[];
  /** Kept for the clients of the cloud-style API, as `backupLocation`. */
  region?: string | null;
  backupLocation?: BackupLocation | null;
}

/** Projects, and who may do what with them. */
@Injectable()
export class ProjectsService {
  constructor(
    private readonly projects: ProjectsRepository,
    private readonly environments: EnvironmentsRepository,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly idempotency: Idempotency,
    private readonly cursors: CursorCodec,
    private readonly created: ProjectCreated,
    private readonly credentials: CredentialRegistry,
  ) {}

  /**
   * The proof that an actor may do something with a project. Costs no round trip, as that of a vault.
   *
   * @param scope `project:read` or `project:write`
   * @throws ScopeMissing; ProjectNotFound for a project that the actor may not know of; ProjectGrantTooLow for changing one that
   *   they do not manage
   */
  authorize(actor: Actor, scope: 'project:read' | 'project:write', projectId: string): AuthorizedProject {
    if (!actor.scopes.has(scope)) throw new ScopeMissing(scope);
    const level = reachIntoProject(actor, projectId);
    if (level === undefined) throw new ProjectNotFound();
    if (!projectLevelAllows(level, scope)) throw new ProjectGrantTooLow();
    return proveAuthorized(actor, projectId);
  }

  /**
   * The proof that an actor may put something into the project that a field of a request names.
   *
   * @param projectId its public id
   * @throws ScopeMissing, UnknownProject, ProjectGrantTooLow
   */
  authorizeNamed(actor: Actor, projectId: string): AuthorizedProject {
    const id = uuidOf('project', projectId);
    if (id === undefined || reachIntoProject(actor, id) === undefined) throw new UnknownProject();
    return this.authorize(actor, 'project:write', id);
  }

  /** Which of these projects, by UUID, an actor may know of. */
  async known(actor: Actor, ids: readonly string[]): Promise<Set<string>> {
    const existing = await this.projects.findExisting(actor.organizationId, ids);
    const known = knownProjects(actor);
    return known ? existing.intersection(known) : existing;
  }

  /** @throws ProjectNotFound */
  async get(project: AuthorizedProject): Promise<ProjectView> {
    const found = await this.projects.find(project);
    if (!found) throw new ProjectNotFound();
    return this.withCount(project.actor, found);
  }

  async list<T>(actor: Actor, query: ListQuery, toItem: (project: ProjectView) => T): Promise<Page<T>> {
    if (!actor.scopes.has('project:read')) throw new ScopeMissing('project:read');
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: 'createdAt',
      defaultLimit: 50,
      cursors: this.cursors,
      list: `projects:${actor.organizationId}`,
    });
    const { rows, total } = await this.projects.list(actor, query, page);
    const counts = await this.countVaults(actor, rows);
    const views = rows.map((project) => ({ ...project, vaultCount: counts.get(project.id) ?? 0 }));
    return toPage(page, { rows: views, total }, toItem);
  }

  /** How many projects an actor may know of. @throws ScopeMissing */
  count(actor: Actor): Promise<number> {
    if (!actor.scopes.has('project:read')) throw new ScopeMissing('project:read');
    return this.projects.countKnown(actor);
  }

  /**
   * How many projects a person may know of in each of these organizations, by UUID; without those where it is none. That their
   * role there shows projects is for the caller to find out.
   */
  countIn(organizationIds: readonly string[], userId: string): Promise<Map<string, number>> {
    return this.projects.countReached(userId, organizationIds);
  }

  /** Makes a project with its environments. @throws OutsideVaults for a key that is narrowed */
  create(actor: Actor, fields: ProjectFields, retry?: RetryKey): Promise<Outcome<ProjectView>> {
    if (!actor.scopes.has('project:write')) throw new ScopeMissing('project:write');
    if (actor.vaultIds) throw new OutsideVaults();
    const project = proveAuthorized(actor, newUuid());
    return this.idempotency.once(actor, retry, {
      change: async (transaction) => {
        const made = await this.insert(transaction, project, fields);
        return { answer: { ...made, vaultCount: 0 }, status: 201, resourceId: project.id };
      },
      replay: (first) => this.get(this.authorize(actor, 'project:write', first.resourceId)),
    });
  }

  /** @throws ProjectNotFound, PRECONDITION_FAILED */
  async update(
    project: AuthorizedProject,
    fields: Partial<Omit<ProjectFields, 'environments'>>,
    ifMatch?: string,
  ): Promise<ProjectView> {
    const updated = await this.database.transaction(async (transaction) => {
      const present = matching(await this.projects.lock(transaction, project), ifMatch);
      const updatedAt = new Date();
      await this.projects.update(transaction, project, { ...fields, updatedAt });
      const details = { fields: Object.keys(fields) };
      await this.record(transaction, project, { type: 'project.updated', status: 200, details });
      return { ...present, ...fields, updatedAt, revision: present.revision + 1 };
    }, project.organizationId);
    return this.withCount(project.actor, updated);
  }

  /**
   * Deletes a project with its environments and its grants.
   *
   * @throws ProjectNotFound, PRECONDITION_FAILED, ProjectHasVaults
   */
  async delete(project: AuthorizedProject, ifMatch?: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      matching(await this.projects.lockToDelete(transaction, project), ifMatch);
      if (await this.projects.hasVaults(transaction, project)) throw new ProjectHasVaults();
      await this.projects.delete(transaction, project);
      await this.record(transaction, project, { type: 'project.deleted', status: 204 });
      this.forgetAfter(transaction, project.id);
    }, project.organizationId);
  }

  /** Keeps a project where it is until the transaction ends. @throws ProjectNotFound */
  async hold(transaction: Transaction, project: AuthorizedProject): Promise<void> {
    if (!(await this.projects.hold(transaction, project))) throw new ProjectNotFound();
  }

  /**
   * Keeps the place of a vault, which the request names by its fields, where it is until the transaction ends. Always after the
   * vault is locked.
   *
   * @throws UnknownProject, UnknownEnvironment
   */
  async holdPlace(
    transaction: Transaction,
    project: AuthorizedProject,
    environment: string | null,
  ): Promise<void> {
    if (!(await this.projects.hold(transaction, project))) throw new UnknownProject();
    if (environment === null) return;
    if (!(await this.environments.hold(transaction, project, environment))) throw new UnknownEnvironment();
  }

  /** Forgets, in this process at once, who reaches what by a project. */
  forgetAfter(transaction: Transaction, id: string): void {
    transaction.afterCommit(() => this.credentials.invalidate({ kind: 'project', id }));
  }

  private async insert(
    transaction: Transaction,
    project: AuthorizedProject,
    { environments = usualEnvironments, ...fields }: ProjectFields,
  ): Promise<Project> {
    const { organizationId, id, actor } = project;
    const now = new Date();
    const dates = { revision: 1, createdAt: now, updatedAt: now };
    const { name, description = '', region = null, backupLocation = null } = fields;
    const row: Project = {
      organizationId,
      id,
      name,
      description,
      region,
      backupLocation,
      createdBy: actor.userId,
      ...dates,
    };
    await this.projects.insert(transaction, row);
    await this.environments.insert(
      transaction,
      environments.map((own) => ({ organizationId, projectId: id, name: own, description: '', ...dates })),
    );
    await this.created.tell(transaction, project);
    await this.record(transaction, project, {
      type: 'project.created',
      status: 201,
      details: { environments },
    });
    return row;
  }

  private async withCount(actor: Actor, project: Project): Promise<ProjectView> {
    const counts = await this.countVaults(actor, [project]);
    return { ...project, vaultCount: counts.get(project.id) ?? 0 };
  }

  /** Of vaults that the actor may see: to anybody else there are none. */
  private async countVaults(actor: Actor, projects: readonly Project[]): Promise<Map<string, number>> {
    if (!actor.scopes.has('vault:read') || projects.length === 0) return new Map();
    return this.projects.countVaults(
      actor,
      projects.map(({ id }) => id),
    );
  }

  private record(
    transaction: Transaction,
    { actor, id }: AuthorizedProject,
    entry: { type: string; status: number; details?: Record<string, unknown> },
  ): Promise<void> {
    return this.auditLog.recordChange(transaction, actor, {
      ...entry,
      resourceType: 'project',
      resourceId: id,
    });
  }
}

/** @throws ProjectNotFound, PRECONDITION_FAILED */
function matching(present: Project | undefined, ifMatch: string | undefined): Project {
  if (!present) throw new ProjectNotFound();
  assertPrecondition(ifMatch, publicId('project', present.id), present.revision);
  return present;
}
