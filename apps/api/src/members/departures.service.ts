import { Injectable } from '@nestjs/common';
import { SessionRequired } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { Database } from '@credvault/database/database.js';
import { assertActsIn } from '../organizations/acts-in.js';
import { fateOf, KeySettlement } from './key-settlement.js';
import type { RemoveMemberQuery } from './member.dto.js';
import { assertManagesTeam, MemberChanges } from './member-changes.js';
import type { MemberId } from './member-id.js';
import { MembersRepository } from './members.repository.js';

/** Removes people from an organization, or lets them leave. */
@Injectable()
export class DeparturesService {
  constructor(
    private readonly members: MembersRepository,
    private readonly changes: MemberChanges,
    private readonly settlement: KeySettlement,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly credentials: CredentialRegistry,
  ) {}

  /**
   * Ends a membership: whoever manages the team ends that of others, and everybody their own, with a session. Sessions and
   * personal tokens of the person in this organization end in the same moment, on every process.
   *
   * @throws OrganizationNotFound, MemberNotFound, ScopeMissing, SessionRequired, PRECONDITION_FAILED
   * @throws LastOwner, IsServiceAccount, MemberOutranks, MemberOwnsKeys, TransferRefused; ScopeMissing for whoever leaves and
   *   wants their keys to go on without managing the team: they may know the secrets
   */
  async remove(
    actor: Actor,
    organizationId: string,
    memberId: MemberId,
    query: RemoveMemberQuery,
    ifMatch?: string,
  ): Promise<void> {
    assertActsIn(actor, organizationId);
    const isLeaving = memberId.userId === actor.userId;
    assertMayAsk(actor, isLeaving);
    const fate = fateOf(query);
    await this.database.transaction(async (transaction) => {
      const locked = await this.changes.lock(transaction, actor, memberId, ifMatch);
      if (fate?.keys === 'transfer') assertManagesTeam(locked.actor);
      this.changes.assertNotLastOwner(locked);
      const { id } = locked.member;
      const keys = await this.settlement.settle(transaction, locked.actor, id, fate);
      await this.members.delete(transaction, organizationId, id);
      await this.auditLog.recordChange(transaction, actor, {
        type: isLeaving ? 'member.left' : 'member.removed',
        status: 204,
        resourceType: 'user',
        resourceId: id,
        details: { keys, ...(keys > 0 ? { fate: fate?.keys } : {}) },
      });
      transaction.afterCommit(() => this.credentials.invalidate({ kind: 'user', id }));
    }, organizationId);
  }
}

/** @throws SessionRequired for leaving with a token; ScopeMissing for removing others */
function assertMayAsk(actor: Actor, isLeaving: boolean): void {
  if (!isLeaving) assertManagesTeam(actor);
  if (!isLeaving || actor.credentialType === 'session') return;
  const refusal = new SessionRequired();
  actor.origin.remark = refusal.reason;
  throw refusal;
}
