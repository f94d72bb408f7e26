import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import type { Role } from '@credvault/access/roles.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import { toPage, type Page } from '@credvault/http/pagination/page.js';
import { parsePageRequest, type SortColumn } from '@credvault/http/pagination/page-request.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import { assertActsIn } from '../organizations/acts-in.js';
import { RolesService, type ResolvedRole } from '../roles/roles.service.js';
import { memberDto, type MemberDto, type MembersQuery, type MemberView } from './member.dto.js';
import { MemberChanges, type LockedMember } from './member-changes.js';
import type { MemberId } from './member-id.js';
import { MemberNotFound } from './members.errors.js';
import { MembersRepository } from './members.repository.js';
import { Ownership } from './ownership.js';

const sortable: Record<string, SortColumn> = {
  id: { sql: 'u.id', type: 'uuid' },
  createdAt: { sql: 'm.created_at', type: 'timestamptz' },
  updatedAt: { sql: 'm.updated_at', type: 'timestamptz' },
  name: { sql: 'u.name', type: 'text' },
};

/** Who belongs to an organization, and with which role. */
@Injectable()
export class MembersService {
  constructor(
    private readonly members: MembersRepository,
    private readonly changes: MemberChanges,
    private readonly ownership: Ownership,
    private readonly roles: RolesService,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly idempotency: Idempotency,
    private readonly cursors: CursorCodec,
    private readonly credentials: CredentialRegistry,
  ) {}

  /** @throws OrganizationNotFound, UnknownRole */
  async list(actor: Actor, organizationId: string, query: MembersQuery): Promise<Page<MemberDto>> {
    assertActsIn(actor, organizationId);
    const role =
      query.role === undefined ? undefined : await this.roles.resolve(undefined, organizationId, query.role);
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: 'createdAt',
      defaultLimit: 50,
      cursors: this.cursors,
      list: `members:${organizationId}`,
    });
    const found = await this.members.list(organizationId, query, role, page);
    return toPage(page, found, (member) => this.toDto(member));
  }

  /** @throws OrganizationNotFound, MemberNotFound */
  async get(actor: Actor, organizationId: string, memberId: MemberId): Promise<MemberView> {
    assertActsIn(actor, organizationId);
    const member = await this.members.find(organizationId, memberId);
    if (!member) throw new MemberNotFound();
    return member;
  }

  /** The person with an e-mail address, whatever its case; undefined when no member has it. @throws OrganizationNotFound */
  findByAddress(actor: Actor, organizationId: string, email: string): Promise<MemberView | undefined> {
    assertActsIn(actor, organizationId);
    return this.members.findByAddress(organizationId, email);
  }

  /**
   * Gives a person a role, unless they have it or another one that does for it.
   *
   * @param wanted the built-in role, and those with which somebody stays what they are
   * @throws as `changeRole`
   */
  giveRole(
    actor: Actor,
    memberId: MemberId,
    { role, instead }: { role: Role; instead: readonly Role[] },
    retry?: RetryKey,
  ): Promise<Outcome<MemberView>> {
    const { organizationId } = actor;
    return this.idempotency.once(actor, retry, {
      change: async (transaction) => {
        const present = await this.members.find(organizationId, memberId, transaction);
        const stays = [role, ...instead].some((one) => one === present?.role);
        if (stays) actor.origin.event = 'member.unchanged';
        const answer =
          present && stays ? present : await this.changeIn(transaction, actor, memberId, role, undefined);
        return { answer, status: 200, resourceId: answer.id };
      },
      replay: (first) => this.get(actor, organizationId, { kind: 'person', userId: first.resourceId }),
    });
  }

  /**
   * Gives a person another role, which counts at once.
   *
   * @param role name of a built-in role, or public id of a custom one
   * @throws OrganizationNotFound, MemberNotFound, PRECONDITION_FAILED, UnknownRole, LastOwner, IsServiceAccount
   * @throws MemberOutranks, RightsTooWide: nobody gives or takes what they do not have; OwnerNeeded
   */
  changeRole(
    actor: Actor,
    organizationId: string,
    memberId: MemberId,
    role: string,
    ifMatch?: string,
  ): Promise<MemberView> {
    assertActsIn(actor, organizationId);
    return this.database.transaction(
      (transaction) => this.changeIn(transaction, actor, memberId, role, ifMatch),
      organizationId,
    );
  }

  /** A member as the API shows them. */
  toDto(member: MemberView): MemberDto {
    return memberDto(member, this.roles.nameOf(member));
  }

  private async changeIn(
    transaction: Transaction,
    actor: Actor,
    memberId: MemberId,
    role: string,
    ifMatch: string | undefined,
  ): Promise<MemberView> {
    const { organizationId } = actor;
    const locked = await this.changes.lock(transaction, actor, memberId, ifMatch);
    const { member, rights: before } = locked;
    const next = await this.roles.resolve(transaction, organizationId, role);
    if (next.role !== 'owner') this.changes.assertNotLastOwner(locked);
    await this.assertMayGive(transaction, locked, next);
    const updatedAt = new Date();
    await this.members.updateRole(transaction, organizationId, member.id, next, updatedAt);
    const grants = await this.changes.takeGrants(transaction, actor, { id: member.id, before, next });
    const [from, to] = [this.roles.nameOf(member), this.roles.nameOf(next)];
    await this.auditLog.recordChange(transaction, actor, {
      type: 'member.updated',
      status: 200,
      resourceType: 'user',
      resourceId: member.id,
      details: { from, to, ...(grants > 0 ? { grants } : {}) },
    });
    transaction.afterCommit(() => this.credentials.invalidate({ kind: 'user', id: member.id }));
    const { role: name, customRoleId } = next;
    return { ...member, role: name, customRoleId, revision: member.revision + 1, updatedAt };
  }

  /** Taking away is free; giving more takes having it oneself, in every vault that is granted to the member. */
  private async assertMayGive(
    transaction: Transaction,
    { actor, member, rights }: LockedMember,
    next: ResolvedRole,
  ): Promise<void> {
    const reachesFurther = next.reachesAllVaults && rights.grants !== undefined;
    const isMore = reachesFurther || !next.scopes.isSubsetOf(rights.scopes);
    if (isMore) this.roles.assertMayAssign(actor, next, rights);
    if (next.role === 'owner' && member.role !== 'owner') {
      await this.ownership.assertMayGive(transaction, actor);
    }
  }
}
