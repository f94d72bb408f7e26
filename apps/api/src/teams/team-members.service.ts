import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { actorAsMember } from '@credvault/access/actor-as-member.js';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { levelsOf, rightsOfGrants } from '@credvault/access/granted-rights.js';
import { holdMember, type HeldMember } from '@credvault/access/held-member.js';
import { memberIdOf, parseMemberId } from '@credvault/access/member-id.js';
import { assertWithin } from '@credvault/access/rights.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { isUniqueViolation } from '@credvault/database/postgres-errors.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import { toPage, type Page } from '@credvault/http/pagination/page.js';
import { parsePageRequest, type SortColumn } from '@credvault/http/pagination/page-request.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import { assertManagesTeam } from '../members/member-changes.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import type { TeamMembersQuery } from './team.dto.js';
import type { TeamMember } from './team-member.entity.js';
import { TeamMembersRepository, type TeamMemberView } from './team-members.repository.js';
import {
  AlreadyInTeam,
  TeamMemberNotFound,
  TeamNotFound,
  TeamsDoNotNest,
  UnknownMember,
} from './teams.errors.js';
import { TeamsService } from './teams.service.js';

const sortable: Record<string, SortColumn> = {
  id: { sql: 'u.id', type: 'uuid' },
  createdAt: { sql: 't.created_at', type: 'timestamptz' },
  name: { sql: 'u.name', type: 'text' },
};

/** Who belongs to which team. What is granted to a team is granted to its members. */
@Injectable()
export class TeamMembersService {
  constructor(
    private readonly members: TeamMembersRepository,
    private readonly teams: TeamsService,
    private readonly organizations: OrganizationsService,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly idempotency: Idempotency,
    private readonly cursors: CursorCodec,
    private readonly credentials: CredentialRegistry,
  ) {}

  /** @throws TeamNotFound */
  async list<T>(
    actor: Actor,
    teamId: string,
    query: TeamMembersQuery,
    toItem: (member: TeamMemberView) => T,
  ): Promise<Page<T>> {
    const { organizationId } = actor;
    await this.teams.get(actor, teamId);
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: 'name',
      defaultLimit: 50,
      cursors: this.cursors,
      list: `team-members:${organizationId}:${teamId}`,
    });
    return toPage(page, await this.members.list(organizationId, teamId, query, page), toItem);
  }

  /**
   * @param memberId public id of the member
   * @throws TeamNotFound, TeamMemberNotFound
   */
  async get(actor: Actor, teamId: string, memberId: string): Promise<TeamMemberView> {
    const { organizationId } = actor;
    await this.teams.get(actor, teamId);
    const named = parseMemberId(memberId);
    const member = named && (await this.members.find({ organizationId, teamId, userId: named.uuid }));
    if (!member || member.kind !== named.kind) throw new TeamMemberNotFound();
    return member;
  }

  /**
   * Adds a member to a team, and so hands them what is granted to it.
   *
   * @param memberId public id of the member, as the request names it
   * @throws TeamNotFound, UnknownMember, TeamsDoNotNest, AlreadyInTeam, ScopeMissing; RightsTooWide when the team reaches further
   *   than the actor
   */
  add(actor: Actor, teamId: string, memberId: string, retry?: RetryKey): Promise<Outcome<TeamMemberView>> {
    return this.idempotency.once(actor, retry, {
      change: async (transaction) => {
        const member = await this.prepare(transaction, actor, teamId, memberId);
        const answer = await this.insert(transaction, actor, teamId, member);
        return { answer, status: 201, resourceId: member.id };
      },
      replay: () => this.get(actor, teamId, memberId),
    });
  }

  /**
   * Takes a member out of a team.
   *
   * @param memberId public id of the member
   * @throws TeamNotFound, TeamMemberNotFound
   */
  async remove(actor: Actor, teamId: string, memberId: string): Promise<void> {
    const { organizationId } = actor;
    const { id: userId } = await this.get(actor, teamId, memberId);
    await this.database.transaction(async (transaction) => {
      const removed = await this.members.delete(transaction, { organizationId, teamId, userId });
      if (!removed) throw new TeamMemberNotFound();
      const entry = { type: 'team_member.removed', status: 204, details: { memberId } };
      await this.record(transaction, actor, teamId, entry);
      this.forgetAfter(transaction, userId);
    }, organizationId);
  }

  /**
   * Holds the team and the member, and sees to it that the actor may bring them together, with the rights that they have by now:
   * who adds themselves has waited, to be held, for the end of a change of their own role.
   */
  private async prepare(
    transaction: Transaction,
    actor: Actor,
    teamId: string,
    memberId: string,
  ): Promise<HeldMember> {
    const { organizationId } = actor;
    if (!(await this.teams.hold(transaction, organizationId, teamId))) throw new TeamNotFound();
    if (uuidOf('team', memberId) !== undefined) throw new TeamsDoNotNest();
    const member = await holdMember(transaction, organizationId, memberId);
    if (!member) throw new UnknownMember();
    const granted = await this.members.findGrants(transaction, organizationId, teamId);
    const own = await this.organizations.rightsAtStakeOf(transaction, organizationId, actor.userId);
    const present = actorAsMember(actor, own);
    assertManagesTeam(present);
    const { grants, projects } = levelsOf(granted);
    assertWithin(present, rightsOfGrants(grants, projects));
    return member;
  }

  private async insert(
    transaction: Transaction,
    actor: Actor,
    teamId: string,
    { id, kind, name }: HeldMember,
  ): Promise<TeamMemberView> {
    const { organizationId } = actor;
    const row: TeamMember = { organizationId, teamId, userId: id, createdAt: new Date() };
    try {
      await this.members.insert(transaction, row);
    } catch (error) {
      if (isUniqueViolation(error, 'team_members_pkey')) throw new AlreadyInTeam();
      throw error;
    }
    const details = { memberId: memberIdOf(kind, id) };
    await this.record(transaction, actor, teamId, { type: 'team_member.added', status: 201, details });
    this.forgetAfter(transaction, id);
    return { id, kind, name, createdAt: row.createdAt };
  }

  private forgetAfter(transaction: Transaction, userId: string): void {
    transaction.afterCommit(() => this.credentials.invalidate({ kind: 'user', id: userId }));
  }

  private record(
    transaction: Transaction,
    actor: Actor,
    teamId: string,
    entry: { type: string; status: number; details: Record<string, unknown> },
  ): Promise<void> {
    return this.auditLog.recordChange(transaction, actor, {
      ...entry,
      resourceType: 'team',
      resourceId: teamId,
    });
  }
}
