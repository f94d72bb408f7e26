import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { Keyring } from '@credvault/crypto/keyring.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { publicId } from '@credvault/database/typed-id.js';
import { assertPrecondition } from '@credvault/http/etag.js';
import type { Organization } from './organization.entity.js';
import { OrganizationDeletionRepository } from './organization-deletion.repository.js';
import { OrganizationUsage } from './organization-usage.js';
import {
  DeletionNotConfirmed,
  LastOrganization,
  OrganizationNotEmpty,
  OrganizationNotFound,
  OwnerRequired,
} from './organizations.errors.js';
import { OwnOrganizationsRepository } from './own-organizations.repository.js';

/** What somebody says who wants an organization deleted although it is not empty. */
export interface Confirmation {
  force?: boolean;
  /** The name of the organization, as they know it. */
  name?: string;
}

/** Deletes organizations: with everything in them, for good, and on every process at once. */
@Injectable()
export class OrganizationDeletionService {
  constructor(
    private readonly organizations: OrganizationDeletionRepository,
    private readonly own: OwnOrganizationsRepository,
    private readonly usage: OrganizationUsage,
    private readonly keyring: Keyring,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly credentials: CredentialRegistry,
  ) {}

  /**
   * Deletes the organization that the actor acts in and owns. Its credentials end, its ciphertexts are shredded; its trail
   * stays.
   *
   * @throws OrganizationNotFound, OwnerRequired, PRECONDITION_FAILED, LastOrganization
   * @throws DeletionNotConfirmed when the confirmation names another organization
   * @throws OrganizationNotEmpty when there is something in it and no confirmation
   */
  delete(actor: Actor, organizationId: string, confirmation: Confirmation, ifMatch?: string): Promise<void> {
    const otherwise = 'repeat the request with force=true and its name';
    return this.remove(actor, organizationId, confirmation, { ifMatch, otherwise });
  }

  /** As `delete`, for whoever has no way to confirm. */
  deleteEmpty(actor: Actor, organizationId: string): Promise<void> {
    return this.remove(actor, organizationId, {}, { otherwise: 'use /api/v1' });
  }

  private async remove(
    actor: Actor,
    organizationId: string,
    confirmation: Confirmation,
    { ifMatch, otherwise }: { ifMatch?: string; otherwise: string },
  ): Promise<void> {
    const id = actor.organizationId;
    if (organizationId !== id) throw new OrganizationNotFound();
    const isForced = assertWhole(confirmation);
    await this.database.yieldingTransaction(async (transaction) => {
      const organization = await this.lock(transaction, actor);
      assertPrecondition(ifMatch, publicId('organization', id), organization.revision);
      if (isForced && confirmation.name !== organization.name) {
        throw new DeletionNotConfirmed('name', 'must be the name of the organization, exactly as it is');
      }
      if ((await this.own.countOf(transaction, actor.userId)).all < 2) throw new LastOrganization();
      const left = await this.leftIn(transaction, actor);
      if (!isForced && Object.keys(left).length > 0) throw new OrganizationNotEmpty(left, otherwise);
      await this.keyring.destroyAllDataKeys(transaction, id);
      await this.organizations.delete(transaction, id);
      await this.auditLog.recordChange(transaction, actor, {
        type: 'organization.deleted',
        status: 204,
        resourceType: 'organization',
        resourceId: id,
        details: left,
      });
      transaction.afterCommit(() => this.credentials.invalidate({ kind: 'organization', id }));
    }, id);
  }

  /** Keeps everybody else out of the organization, in the order in which everybody locks. */
  private async lock(transaction: Transaction, actor: Actor): Promise<Organization> {
    const { organizationId, userId } = actor;
    // Before anything is locked, so that nobody else can hold the organization up; and again under the lock.
    await this.assertOwner(transaction, actor);
    await this.own.lockNumberOf(transaction, userId);
    await this.usage.hold(transaction, organizationId);
    const organization = await this.organizations.lock(transaction, organizationId);
    if (!organization) throw new OrganizationNotFound();
    await this.assertOwner(transaction, actor);
    return organization;
  }

  private async assertOwner(transaction: Transaction, actor: Actor): Promise<void> {
    if (await this.organizations.isOwner(transaction, actor)) return;
    actor.origin.remark = 'owner required';
    throw new OwnerRequired();
  }

  private async leftIn(transaction: Transaction, actor: Actor): Promise<Record<string, number>> {
    const others = await this.organizations.countOthers(transaction, actor);
    return { ...others, ...(await this.usage.left(transaction, actor.organizationId)) };
  }
}

/** Whether it is a confirmation at all. @throws DeletionNotConfirmed when half of it is missing */
function assertWhole({ force = false, name }: Confirmation): boolean {
  if (force && name === undefined) throw new DeletionNotConfirmed('name', 'must be given with force=true');
  if (!force && name !== undefined)
    throw new DeletionNotConfirmed('force', 'must be true when a name is given');
  return force;
}
