import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { isUniqueViolation } from '@credvault/database/postgres-errors.js';
import { newUuid, publicId } from '@credvault/database/typed-id.js';
import { assertPrecondition } from '@credvault/http/etag.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { toPage, type Page } from '@credvault/http/pagination/page.js';
import { parsePageRequest, type SortColumn } from '@credvault/http/pagination/page-request.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import type { CreateTeamDto, UpdateTeamDto } from './team.dto.js';
import type { Team } from './team.entity.js';
import { TeamNameTaken, TeamNotFound } from './teams.errors.js';
import { TeamsRepository, type TeamView } from './teams.repository.js';

const sortable: Record<string, SortColumn> = {
  createdAt: { sql: 'created_at', type: 'timestamptz' },
  updatedAt: { sql: 'updated_at', type: 'timestamptz' },
  name: { sql: 'name', type: 'text' },
};

/** The teams of an organization. */
@Injectable()
export class TeamsService {
  constructor(
    private readonly teams: TeamsRepository,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly idempotency: Idempotency,
    private readonly cursors: CursorCodec,
    private readonly credentials: CredentialRegistry,
  ) {}

  /** Makes a team with no members. @throws TeamNameTaken */
  create(
    actor: Actor,
    { name, description = '' }: CreateTeamDto,
    retry?: RetryKey,
  ): Promise<Outcome<TeamView>> {
    const { organizationId } = actor;
    const now = new Date();
    const team: Team = {
      organizationId,
      id: newUuid(),
      name,
      description,
      revision: 1,
      createdAt: now,
      updatedAt: now,
    };
    return this.idempotency.once(actor, retry, {
      change: async (transaction) => {
        await unlessTaken(() => this.teams.insert(transaction, team));
        await this.record(transaction, actor, team, { type: 'team.created', status: 201 });
        return { answer: { ...team, memberCount: 0 }, status: 201, resourceId: team.id };
      },
      replay: (first) => this.get(actor, first.resourceId),
    });
  }

  /** @throws TeamNotFound */
  async get({ organizationId }: Pick<Actor, 'organizationId'>, id: string): Promise<TeamView> {
    const team = await this.teams.find(organizationId, id);
    if (!team) throw new TeamNotFound();
    return team;
  }

  /** A team, which is not deleted until the transaction ends; undefined when there is none. */
  hold(
    transaction: Transaction,
    organizationId: string,
    id: string,
  ): Promise<Pick<Team, 'id' | 'name'> | undefined> {
    return this.teams.hold(transaction, organizationId, id);
  }

  async list<T>(
    { organizationId }: Actor,
    query: ListQuery,
    toItem: (team: TeamView) => T,
  ): Promise<Page<T>> {
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: 'name',
      defaultLimit: 50,
      cursors: this.cursors,
      list: `teams:${organizationId}`,
    });
    return toPage(page, await this.teams.list(organizationId, query, page), toItem);
  }

  /** @throws TeamNotFound, PRECONDITION_FAILED, TeamNameTaken */
  update(actor: Actor, id: string, fields: UpdateTeamDto, ifMatch?: string): Promise<TeamView> {
    return this.database.transaction(async (transaction) => {
      const present = await this.lock(transaction, actor, id, ifMatch);
      const updatedAt = new Date();
      await unlessTaken(() => this.teams.update(transaction, present, { ...fields, updatedAt }));
      const details = { fields: Object.keys(fields) };
      await this.record(transaction, actor, present, { type: 'team.updated', status: 200, details });
      return { ...present, ...fields, updatedAt, revision: present.revision + 1 };
    }, actor.organizationId);
  }

  /** Deletes a team; what was granted to it is granted to nobody by it any more. @throws TeamNotFound, PRECONDITION_FAILED */
  async delete(actor: Actor, id: string, ifMatch?: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const team = await this.lock(transaction, actor, id, ifMatch);
      await this.teams.delete(transaction, team);
      const details = { memberCount: team.memberCount };
      await this.record(transaction, actor, team, { type: 'team.deleted', status: 204, details });
      transaction.afterCommit(() => this.credentials.invalidate({ kind: 'team', id }));
    }, actor.organizationId);
  }

  private async lock(
    transaction: Transaction,
    actor: Actor,
    id: string,
    ifMatch?: string,
  ): Promise<TeamView> {
    const team = await this.teams.lock(transaction, actor.organizationId, id);
    if (!team) throw new TeamNotFound();
    assertPrecondition(ifMatch, publicId('team', id), team.revision);
    return team;
  }

  private record(
    transaction: Transaction,
    actor: Actor,
    { id }: Team,
    entry: { type: string; status: number; details?: Record<string, unknown> },
  ): Promise<void> {
    return this.auditLog.recordChange(transaction, actor, { ...entry, resourceType: 'team', resourceId: id });
  }
}

/** @throws TeamNameTaken */
async function unlessTaken(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (isUniqueViolation(error, 'teams_name_key')) throw new TeamNameTaken();
    throw error;
  }
}
