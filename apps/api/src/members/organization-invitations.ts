import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Transaction } from '@credvault/database/database.js';
import { OrganizationUsage, type OrganizationPart } from '../organizations/organization-usage.js';

/** Tells how many people are invited to an organization that is to be deleted. */
@Injectable()
export class OrganizationInvitations implements OnModuleInit, OrganizationPart {
  readonly name = 'invitations';

  constructor(private readonly usage: OrganizationUsage) {}

  onModuleInit(): void {
    this.usage.register(this);
  }

  /** Those that can still be accepted. */
  async count(transaction: Transaction, organizationId: string): Promise<number> {
    const [row] = await transaction.rows<{ count: number }>(
      `SELECT count(*)::int AS count FROM invitations WHERE organization_id = $1 AND expires_at > now()`,
      [organizationId],
    );
    return row?.count ?? 0;
  }
}
