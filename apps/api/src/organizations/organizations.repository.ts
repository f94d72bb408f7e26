import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Membership } from './membership.entity.js';
import { Organization } from './organization.entity.js';

interface MembershipRow {
  organization_id: string;
}

const selectOldest = `SELECT organization_id FROM memberships WHERE user_id = $1
  ORDER BY created_at, organization_id LIMIT 1`;

@Injectable()
export class OrganizationsRepository {
  constructor(private readonly database: Database) {}

  findById(id: string): Promise<Organization | null> {
    return this.database.manager.findOneBy(Organization, { id });
  }

  /** The organization of a person's oldest membership. */
  async findOldestOf(userId: string, transaction?: Transaction): Promise<string | undefined> {
    const [row] = transaction
      ? await transaction.rows<MembershipRow>(selectOldest, [userId])
      : await this.database.rows<MembershipRow>(selectOldest, [userId]);
    return row?.organization_id;
  }

  async insert(transaction: Transaction, organization: Organization, membership: Membership): Promise<void> {
    await transaction.manager.insert(Organization, organization);
    await transaction.manager.insert(Membership, membership);
  }

  async addToVaultCount(transaction: Transaction, id: string, change: number): Promise<void> {
    await transaction.manager.increment(Organization, { id }, 'vaultCount', change);
  }
}
