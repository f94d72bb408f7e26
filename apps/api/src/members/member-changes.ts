import { Injectable } from '@nestjs/common';
import { ScopeMissing } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import { actorAsMember } from '@credvault/access/actor-as-member.js';
import type { MemberRights } from '@credvault/access/member-rights.js';
import type { Transaction } from '@credvault/database/database.js';
import { memberIdOf } from '@credvault/access/member-id.js';
import { assertPrecondition } from '@credvault/http/etag.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { assertNotOutranked } from '../roles/outranking.js';
import type { ResolvedRole } from '../roles/roles.service.js';
import type { MemberView } from './member.dto.js';
import type { MemberId } from './member-id.js';
import { IsServiceAccount, LastOwner, MemberNotFound } from './members.errors.js';
import { MembersRepository } from './members.repository.js';

/** A member who is about to change or go, under the lock of their organization. */
export interface LockedMember {
  member: MemberView;
  /** What the member may do as yet, in deleted vaults too that can be restored. */
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
    const { actor, owners } = await this.lockOrganization(transaction, asking);
    const isOneself = memberId.userId === actor.userId;
    if (!isOneself) assertManagesTeam(actor);
    const member = await this.members.lock(transaction, organizationId, memberId);
    const { userId } = memberId;
    const rights = await this.organizations.rightsAtStakeOf(transaction, organizationId, userId);
    if (!member || !rights) throw new MemberNotFound();
    assertPrecondition(ifMatch, memberIdOf(member.kind, member.id), member.revision);
    if (member.kind === 'service') throw new IsServiceAccount(member.id);
    if (!isOneself) assertNotOutranked(actor, rights, 'memberId');
    return { member, rights, actor, isOnlyOwner: member.role === 'owner' && owners === 1 };
  }

  /**
   * Locks the organization for a change of another member than the actor: of two changes at once one waits here, before it
   * has locked any member that the other one needs.
   *
   * @returns the actor with the rights that they have by now
   * @throws OrganizationNotFound, ScopeMissing
   */
  async lockToManage(transaction: Transaction, asking: Actor): Promise<Actor> {
    const { actor } = await this.lockOrganization(transaction, asking);
    assertManagesTeam(actor);
    return actor;
  }

  /**
   * Takes from a member who shall reach every vault no longer what is granted to them directly: they could grant themselves
   * any vault, and so stay where they were.
   *
   * @param before what the member may do as yet
   * @returns how many grants they lose
   */
  async takeGrants(
    transaction: Transaction,
    { organizationId }: Actor,
    member: { id: string; before: MemberRights; next: ResolvedRole },
  ): Promise<number> {
    if (member.before.grants !== undefined || member.next.reachesAllVaults) return 0;
    return this.members.deleteGrants(transaction, organizationId, member.id);
  }

  /** @throws LastOwner */
  assertNotLastOwner({ isOnlyOwner }: LockedMember): void {
    if (isOnlyOwner) throw new LastOwner();
  }

  private async lockOrganization(
    transaction: Transaction,
    asking: Actor,
  ): Promise<{ actor: Actor; owners: number }> {
    const { organizationId, userId } = asking;
    const owners = await this.organizations.lockOwners(transaction, organizationId);
    const rights = await this.organizations.rightsAtStakeOf(transaction, organizationId, userId);
    return { actor: actorAsMember(asking, rights), owners };
  }
}

/** @throws ScopeMissing */
export function assertManagesTeam({ scopes }: Pick<Actor, 'scopes'>): void {
  if (!scopes.has('team:manage')) throw new ScopeMissing('team:manage');
}
