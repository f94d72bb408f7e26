import { Injectable } from '@nestjs/common';
import { ScopeMissing } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import type { MemberRights } from '@credvault/access/member-rights.js';
import { knownVaults } from '@credvault/access/vault-levels.js';
import type { Transaction } from '@credvault/database/database.js';
import { memberIdOf } from '@credvault/access/member-id.js';
import { assertPrecondition } from '@credvault/http/etag.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import type { MemberView } from './member.dto.js';
import type { MemberId } from './member-id.js';
import { IsServiceAccount, LastOwner, MemberNotFound, MemberOutranks } from './members.errors.js';
import { MembersRepository } from './members.repository.js';

/** A member who is about to change or go, under the lock of their organization. */
export interface LockedMember {
  member: MemberView;
  /** What the member may do as yet. */
  rights: MemberRights;
  /** The actor with the rights that they have by now. */
  actor: Actor;
  isOnlyOwner: boolean;
}

/** What a change and a removal of a member have in common: whom nobody may touch, and in what order it is found out. */
@Injectable()
export class MemberChanges {
  constructor(
    private readonly organizations: OrganizationsService,
    private readonly members: MembersRepository,
  ) {}

  /**
   * Locks the organization and then the member, so that of two changes at once the second sees the first: also when the
   * first one has taken from the second actor what they need.
   *
   * @throws MemberNotFound, ScopeMissing, PRECONDITION_FAILED, IsServiceAccount, MemberOutranks
   */
  async lock(
    transaction: Transaction,
    asking: Actor,
    memberId: MemberId,
    ifMatch: string | undefined,
  ): Promise<LockedMember> {
    const { organizationId } = asking;
    const owners = await this.organizations.lockOwners(transaction, organizationId);
    const actor = await this.asTheyAreNow(transaction, asking);
    const isOneself = memberId.userId === actor.userId;
    if (!isOneself && !actor.scopes.has('team:manage')) throw new ScopeMissing('team:manage');
    const member = await this.members.lock(transaction, organizationId, memberId);
    const rights = await this.organizations.rightsOf(transaction, organizationId, memberId.userId);
    if (!member || !rights) throw new MemberNotFound();
    assertPrecondition(ifMatch, memberIdOf(member.kind, member.id), member.revision);
    if (member.kind === 'service') throw new IsServiceAccount(member.id);
    if (!isOneself) assertNotOutranked(actor, rights);
    return { member, rights, actor, isOnlyOwner: member.role === 'owner' && owners === 1 };
  }

  /** @throws LastOwner */
  assertNotLastOwner({ isOnlyOwner }: LockedMember): void {
    if (isOnlyOwner) throw new LastOwner();
  }

  /** The actor with no more rights than their membership gives them at this moment. */
  private async asTheyAreNow(transaction: Transaction, actor: Actor): Promise<Actor> {
    const rights = await this.organizations.rightsOf(transaction, actor.organizationId, actor.userId);
    const scopes = actor.scopes.intersection(rights?.scopes ?? new Set());
    return { ...actor, scopes, grants: rights ? rights.grants : new Map() };
  }
}

/** Nobody changes or removes somebody whose role can do more than they can. @throws MemberOutranks */
function assertNotOutranked(actor: Actor, { scopes, grants }: MemberRights): void {
  const reachesFurther = grants === undefined && knownVaults(actor) !== undefined;
  if (scopes.isSubsetOf(actor.scopes) && !reachesFurther) return;
  actor.origin.remark = 'member outranks';
  throw new MemberOutranks();
}
