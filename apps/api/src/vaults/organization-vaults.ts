import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Transaction } from '@credvault/database/database.js';
import { OrganizationUsage, type OrganizationPart } from '../organizations/organization-usage.js';
import { DeletedVaultsRepository } from './deleted-vaults.repository.js';
import { VaultsRepository } from './vaults.repository.js';

/**
 * Tells how many vaults an organization that is to be deleted still has. Whoever deletes a vault locks it, and then the
 * organization for its count of vaults; so does whoever deletes the organization. Vaults that were deleted and can be restored
 * are a part of their own (`restorableVaults`): what somebody may still want back is not lost by the way.
 */
@Injectable()
export class OrganizationVaults implements OnModuleInit, OrganizationPart {
  readonly name = 'vaults';

  constructor(
    private readonly vaults: VaultsRepository,
    private readonly deleted: DeletedVaultsRepository,
    private readonly usage: OrganizationUsage,
  ) {}

  onModuleInit(): void {
    this.usage.register(this);
    this.usage.register({
      name: 'restorableVaults',
      count: (transaction, organizationId) => this.deleted.countAll(transaction, organizationId),
    });
  }

  count(transaction: Transaction, organizationId: string): Promise<number> {
    return this.vaults.countAll(transaction, organizationId);
  }

  async hold(transaction: Transaction, organizationId: string): Promise<void> {
    await this.vaults.lockAll(transaction, organizationId);
    await this.deleted.lockAll(transaction, organizationId);
  }
}
