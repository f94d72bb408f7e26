import { Injectable } from '@nestjs/common';
import { CredentialInvalid } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import { AddressRanges } from '@credvault/access/address-ranges.js';
import { memberRights, type MemberRights } from '@credvault/access/member-rights.js';
import type { Transaction } from '@credvault/database/database.js';
import { newUuid } from '@credvault/database/typed-id.js';
import type { Membership } from './membership.entity.js';
import type { Organization } from './organization.entity.js';
import { initialSettings } from './organization-settings.js';
import { OrganizationNotFound } from './organizations.errors.js';
import { OrganizationsRepository } from './organizations.repository.js';

/** An organization that a person may sign in to, with the only addresses it takes credentials from. */
export interface Home {
  organizationId: string;
  allowedIps: string[] | null;
}

/** Tenants and who belongs to them. */
@Injectable()
export class OrganizationsService {
  constructor(private readonly organizations: OrganizationsRepository) {}

  /** @throws OrganizationNotFound */
  async get(id: string): Promise<Organization> {
    const organization = await this.organizations.findById(id);
    if (!organization) throw new OrganizationNotFound();
    return organization;
  }

  /** The organization that a credential acts in. @throws CredentialInvalid when it was deleted a moment ago, and the credential with it */
  async getOwn({ organizationId }: Pick<Actor, 'organizationId'>): Promise<Organization> {
    const organization = await this.organizations.findById(organizationId);
    if (!organization) throw new CredentialInvalid();
    return organization;
  }

  /** Makes the personal organization of a new user, who becomes its owner. */
  createPersonal(transaction: Transaction, user: { id: string; name: string }): Promise<Organization> {
    return this.create(transaction, `${user.name} (personal)`, user.id);
  }

  /** Makes an organization with its first owner. */
  async create(transaction: Transaction, name: string, ownerId: string): Promise<Organization> {
    const now = new Date();
    const organization: Organization = {
      id: newUuid(),
      name,
      plan: 'free',
      requestedPlan: null,
      apiKeyRequestsPerMinute: null,
      tokenRequestsPerMinute: null,
      ...initialSettings,
      vaultCount: 0,
      revision: 1,
      createdAt: now,
      updatedAt: now,
    };
    const owner: Membership = {
      organizationId: organization.id,
      userId: ownerId,
      role: 'owner',
      createdAt: now,
    };
    await this.organizations.insert(transaction, organization, owner);
    return organization;
  }

  /**
   * The organization a sign-in acts in: the oldest one the person belongs to; null when there is none left.
   *
   * @param transaction the one the caller is in, if it is in one
   */
  async homeOf(userId: string, transaction?: Transaction): Promise<string | null> {
    return (await this.organizations.findOldestOf(userId, transaction)) ?? null;
  }

  /**
   * The organization that a sign-in from an address acts in: the oldest one the person belongs to that takes credentials from
   * there, or the oldest one when none does; null when there is none left.
   */
  async homeFor(userId: string, address: string | undefined): Promise<Home | null> {
    const homes = await this.organizations.findHomesOf(userId);
    const open = homes.find(
      ({ allowedIps }) => !allowedIps || AddressRanges.shared(allowedIps).holds(address),
    );
    return open ?? homes[0] ?? null;
  }

  /**
   * What a member of an organization may do, and where; undefined when they are no member.
   *
   * @param transaction the one the caller is in, if it is in one
   */
  async rightsOf(
    transaction: Transaction | undefined,
    organizationId: string,
    userId: string,
  ): Promise<MemberRights | undefined> {
    const row = await this.organizations.findMember(transaction, organizationId, userId);
    return row && memberRights(row);
  }

  /**
   * As `rightsOf`, counting every deleted vault that can be restored as there: what somebody gets who is handed a role, or has to
   * have who hands one out.
   */
  async rightsAtStakeOf(
    transaction: Transaction,
    organizationId: string,
    userId: string,
  ): Promise<MemberRights | undefined> {
    const row = await this.organizations.findMember(transaction, organizationId, userId, { atStake: true });
    return row && memberRights(row);
  }

  /**
   * Locks the organization's row, so that whoever changes or removes owners does so one after the other, and counts the
   * people who own it now: the last of them cannot leave.
   *
   * @throws OrganizationNotFound when it has been deleted
   */
  async lockOwners(transaction: Transaction, organizationId: string): Promise<number> {
    if (!(await this.organizations.lock(transaction, organizationId))) throw new OrganizationNotFound();
    return this.organizations.countOwners(transaction, organizationId);
  }

  /** How many people and how many service accounts belong to an organization. */
  countMembers(id: string): Promise<{ members: number; serviceAccounts: number }> {
    return this.organizations.countMembers(id);
  }

  /** Keeps the organization's count of vaults, in the transaction that makes or deletes one. */
  countVaults(transaction: Transaction, id: string, change: 1 | -1): Promise<void> {
    return this.organizations.addToVaultCount(transaction, id, change);
  }
}
