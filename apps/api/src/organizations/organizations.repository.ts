import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Membership } from './membership.entity.js';
import { Organization } from './organization.entity.js';

@Injectable()
export class OrganizationsRepository {
  constructor(private readonly database: Database) {}

  findById(id: string): Promise<Organization | null> {
    return this.database.manager.findOneBy(Organization, { id });
  }

  /** The memberships of a person, the oldest first. */
  findMemberships(userId: string): Promise<Membership[]> {
    return this.database.manager.find(Membership, {
      where: { userId },
      order: { createdAt: 'ASC', organizationId: 'ASC' },
    });
  }

  async insert(transaction: Transaction, organization: Organization, membership: Membership): Promise<void> {
    await transaction.manager.insert(Organization, organization);
    await transaction.manager.insert(Membership, membership);
  }

  async addToVaultCount(transaction: Transaction, id: string, change: number): Promise<void> {
    await transaction.manager.increment(Organization, { id }, 'vaultCount', change);
  }
}
