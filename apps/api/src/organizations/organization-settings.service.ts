import { Injectable } from '@nestjs/common';
import { ScopeMissing } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import { AddressRanges, parseAddressRanges } from '@credvault/access/address-ranges.js';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { RightsTooWide } from '@credvault/access/rights.js';
import type { Scope } from '@credvault/access/scopes.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { operatorRow } from '@credvault/audit-log/audit-record.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { publicId } from '@credvault/database/typed-id.js';
import { assertPrecondition } from '@credvault/http/etag.js';
import { assertActsIn } from './acts-in.js';
import {
  changeOf,
  loosenedBy,
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
   * @throws ScopeMissing, OrganizationNotFound, PRECONDITION_FAILED, AddressRangeRefused; RightsTooWide for loosening a setting
   *   with a credential that is bounded itself; WouldLockOut and OwnMfaMissing for what would keep the actor out too
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
      assertMayLoosen(actor, present, change);
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
  assertActsIn(actor, organizationId);
}

/** Blocks of addresses in the form that is kept, where some are sent. @throws AddressRangeRefused */
function addressesOf({ allowedIps }: Partial<OrganizationSettings>): Partial<OrganizationSettings> {
  return allowedIps ? { allowedIps: parseAddressRanges(allowedIps, 'allowedIps') } : {};
}

/**
 * What is bounded by the settings does not loosen them: neither its own end nor what others may is its to extend. A session is a
 * person, who has just proved who they are.
 *
 * @throws RightsTooWide naming the settings
 */
function assertMayLoosen(actor: Actor, present: Organization, change: SettingsChange): void {
  const loosened = loosenedBy(present, change);
  if (loosened.length === 0 || actor.credentialType === 'session') return;
  const { maxKeyLifetimeDays, maxTokenLifetimeDays } = present;
  // Asked of the locked row too: a lifetime that was set a moment ago may not have reached the cached principal.
  const lifetime = actor.credentialType === 'api_key' ? maxKeyLifetimeDays : maxTokenLifetimeDays;
  const ends = lifetime !== null || actor.expiresAt !== undefined || actor.secretEndsAt !== undefined;
  if (!ends && !actor.allowedAddresses && !actor.vaultIds) return;
  const message = 'is loosened by a session, or by a credential that never ends and is bound to nothing';
  throw new RightsTooWide(loosened.map((path) => ({ path, code: 'too_wide', message })));
}

/** Nobody shuts the door on themselves, as those would who mistype an address. @throws WouldLockOut, OwnMfaMissing */
function assertStaysIn({ origin, hasMfa }: Actor, settings: Partial<OrganizationSettings>): void {
  const { allowedIps, requireMfa } = settings;
  if (allowedIps && !new AddressRanges(allowedIps).holds(origin.ip)) throw new WouldLockOut(origin.ip);
  if (requireMfa === true && hasMfa !== true) throw new OwnMfaMissing();
}
