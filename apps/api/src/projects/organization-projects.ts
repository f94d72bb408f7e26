import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Transaction } from '@credvault/database/database.js';
import { OrganizationUsage, type OrganizationPart } from '../organizations/organization-usage.js';
import { ProjectsRepository } from './projects.repository.js';

/** Tells how many projects an organization that is to be deleted still has. */
@Injectable()
export class OrganizationProjects implements OnModuleInit, OrganizationPart {
  readonly name = 'projects';

  constructor(
    private readonly projects: ProjectsRepository,
    private readonly usage: OrganizationUsage,
  ) {}

  onModuleInit(): void {
    this.usage.register(this);
  }

  count(transaction: Transaction, organizationId: string): Promise<number> {
    return this.projects.countAll(transaction, organizationId);
  }
}
