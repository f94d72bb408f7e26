import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Transaction } from '@credvault/database/database.js';
import { OrganizationUsage, type OrganizationPart } from '../organizations/organization-usage.js';
import { ApiKeysRepository } from './api-keys.repository.js';

/** Tells how many API keys an organization that is to be deleted still has, whoever owns them. */
@Injectable()
export class OrganizationApiKeys implements OnModuleInit, OrganizationPart {
  readonly name = 'apiKeys';

  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly usage: OrganizationUsage,
  ) {}

  onModuleInit(): void {
    this.usage.register(this);
  }

  count(transaction: Transaction, organizationId: string): Promise<number> {
    return this.keys.countAll(transaction, organizationId);
  }
}
