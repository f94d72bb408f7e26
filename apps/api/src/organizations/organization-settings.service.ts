import { Injectable } from '@nestjs/common';
import { ScopeMissing } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import { AddressRanges, parseAddressRanges } from '@credvault/access/address-ranges.js';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import type { Scope } from '@credvault/access/scopes.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { operatorRow } from '@credvault/audit-log/audit-record.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { publicId } from '@credvault/database/typed-id.js';
import { assertPrecondition } from '@credvault/http/etag.js';
import {
  changeOf,
  settingsAfter,
  type OrganizationSettings,
  type SettingsChange,
} from './organization-settings.js';
import type { Organization } from './organization.entity.js';
import { OrganizationNotFound, OwnMfaMissing, WouldLockOut } from './organizations.errors.js';
import { OrganizationsRepository } from './organizations.repository.js';

/** The settings of an organization, which its members see and its administrators change. */
@Injectable()
export class OrganizationSettingsService {
  constructor(
    private readonly organizations: OrganizationsRepository,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly credentials: CredentialRegistry,
  ) {}

  /** @throws ScopeMissing, OrganizationNotFound */
  async get(actor: Actor, organizationId: string): Promise<Organization> {
    assertOwn(actor, 'organization:read', organizationId);
    const organization = await this.organizations.findById(actor.organizationId);
    if (!organization) throw new OrganizationNotFound();
    return organization;
  }

  /**
   * Changes what is sent; it counts for every credential of the organization from then on, on every process.
   *
   * @throws ScopeMissing, OrganizationNotFound, PRECONDITION_FAILED, AddressRangeRefused; WouldLockOut and OwnMfaMissing
   *   for what would keep the actor out too
   */
  async update(
    actor: Actor,
    organizationId: string,
    wanted: Partial<OrganizationSettings>,
    ifMatch?: string,
  ): Promise<Organization> {
    assertOwn(actor, 'settings:modify', organizationId);
    const settings = { ...wanted, ...addressesOf(wanted) };
    const id = actor.organizationId;
    return this.database.transaction(async (transaction) => {
      const present = await this.organizations.lock(transaction, id);
      if (!present) throw new OrganizationNotFound();
      assertPrecondition(ifMatch, publicId('organization', id), present.revision);
      const change = changeOf(present, settings);
      assertStaysIn(actor, settingsAfter(change));
      if (Object.keys(change).length === 0) {
        actor.origin.event = 'organization_settings.unchanged';
        return present;
      }
      const changed = await this.apply(transaction, present, change);
      await this.auditLog.recordChange(transaction, actor, {
        type: 'organization_settings.updated',
        status: 200,
        resourceType: 'organization',
        resourceId: id,
        details: change,
      });
      return changed;
    }, id);
  }

  /**
   * Lets credentials of an organization come from anywhere again: for the operator, when nobody can from where they are.
   *
   * @returns the blocks of addresses that it had; null when it had none
   * @throws OrganizationNotFound
   */
  clearAllowedIps(id: string): Promise<string[] | null> {
    return this.database.transaction(async (transaction) => {
      const present = await this.organizations.lock(transaction, id);
      if (!present) throw new OrganizationNotFound();
      if (present.allowedIps === null) return null;
      const change = changeOf(present, { allowedIps: null });
      await this.apply(transaction, present, change);
      const row = operatorRow(id, {
        type: 'organization_settings.updated',
        resourceType: 'organization',
        resourceId: id,
        details: change,
      });
      await this.auditLog.appendRow(transaction, row);
      return present.allowedIps;
    }, id);
  }

  private async apply(
    transaction: Transaction,
    present: Organization,
    change: SettingsChange,
  ): Promise<Organization> {
    const { id, revision } = present;
    const settings = settingsAfter(change);
    const updatedAt = new Date();
    await this.organizations.update(transaction, id, { ...settings, updatedAt });
    transaction.afterCommit(() => this.credentials.invalidate({ kind: 'organization', id }));
    return { ...present, ...settings, updatedAt, revision: revision + 1 };
  }
}

/** The actor's own organization is the only one they may know of. */
function assertOwn(actor: Actor, scope: Scope, organizationId: string): void {
  if (!actor.scopes.has(scope)) throw new ScopeMissing(scope);
  if (organizationId !== actor.organizationId) throw new OrganizationNotFound();
}

/** Blocks of addresses in the form that is kept, where some are sent. @throws AddressRangeRefused */
function addressesOf({ allowedIps }: Partial<OrganizationSettings>): Partial<OrganizationSettings> {
  return allowedIps ? { allowedIps: parseAddressRanges(allowedIps, 'allowedIps') } : {};
}

/** Nobody shuts the door on themselves, as those would who mistype an address. @throws WouldLockOut, OwnMfaMissing */
function assertStaysIn({ origin, hasMfa }: Actor, settings: Partial<OrganizationSettings>): void {
  const { allowedIps, requireMfa } = settings;
  if (allowedIps && !new AddressRanges(allowedIps).holds(origin.ip)) throw new WouldLockOut(origin.ip);
  if (requireMfa === true && hasMfa !== true) throw new OwnMfaMissing();
}
