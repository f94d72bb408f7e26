import { Injectable } from '@nestjs/common';
import { ScopeMissing } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import type { Scope } from '@credvault/access/scopes.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { Database } from '@credvault/database/database.js';
import { publicId } from '@credvault/database/typed-id.js';
import { assertPrecondition } from '@credvault/http/etag.js';
import type { Organization } from './organization.entity.js';
import { OrganizationNotFound } from './organizations.errors.js';
import { OrganizationsRepository } from './organizations.repository.js';

/** What an organization decides about itself. */
export type OrganizationSettings = Pick<Organization, 'leakedTokens'>;

/** The settings of an organization, which its members see and its administrators change. */
@Injectable()
export class OrganizationSettingsService {
  constructor(
    private readonly organizations: OrganizationsRepository,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
  ) {}

  /** @throws ScopeMissing, OrganizationNotFound */
  async get(actor: Actor, organizationId: string): Promise<Organization> {
    assertOwn(actor, 'organization:read', organizationId);
    const organization = await this.organizations.findById(actor.organizationId);
    if (!organization) throw new OrganizationNotFound();
    return organization;
  }

  /** @throws ScopeMissing, OrganizationNotFound, PRECONDITION_FAILED */
  async update(
    actor: Actor,
    organizationId: string,
    settings: Partial<OrganizationSettings>,
    ifMatch?: string,
  ): Promise<Organization> {
    assertOwn(actor, 'settings:modify', organizationId);
    const id = actor.organizationId;
    return this.database.transaction(async (transaction) => {
      const present = await this.organizations.lock(transaction, id);
      if (!present) throw new OrganizationNotFound();
      assertPrecondition(ifMatch, publicId('organization', id), present.revision);
      const updatedAt = new Date();
      await this.organizations.update(transaction, id, { ...settings, updatedAt });
      await this.auditLog.recordChange(transaction, actor, {
        type: 'organization_settings.updated',
        status: 200,
        resourceType: 'organization',
        resourceId: id,
        details: { ...settings },
      });
      return { ...present, ...settings, updatedAt, revision: present.revision + 1 };
    }, id);
  }
}

/** The actor's own organization is the only one they may know of. */
function assertOwn(actor: Actor, scope: Scope, organizationId: string): void {
  if (!actor.scopes.has(scope)) throw new ScopeMissing(scope);
  if (organizationId !== actor.organizationId) throw new OrganizationNotFound();
}
