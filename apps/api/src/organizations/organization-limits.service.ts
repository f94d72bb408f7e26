import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { assertAdministrator } from '@credvault/access/administrator.js';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { publicId } from '@credvault/database/typed-id.js';
import { assertPrecondition } from '@credvault/http/etag.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { toPage, type Page } from '@credvault/http/pagination/page.js';
import { parsePageRequest, type SortColumn } from '@credvault/http/pagination/page-request.js';
import { PlansService } from '../plans/plans.service.js';
import type { LimitChange, OrganizationLimits } from './organization-limits.js';
import { OrganizationNotFound } from './organizations.errors.js';
import { OrganizationsRepository } from './organizations.repository.js';

const sortable: Record<string, SortColumn> = {
  createdAt: { sql: 'o.created_at', type: 'timestamptz' },
  updatedAt: { sql: 'o.updated_at', type: 'timestamptz' },
  name: { sql: 'o.name', type: 'text' },
};

/**
 * Which plan each organization has, and what was negotiated with it: the matter of the installation's administrators, who
 * see nothing else of an organization here.
 */
@Injectable()
export class OrganizationLimitsService {
  constructor(
    private readonly organizations: OrganizationsRepository,
    private readonly plans: PlansService,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly cursors: CursorCodec,
    private readonly credentials: CredentialRegistry,
  ) {}

  /** @throws AdministratorRequired, UnknownPlan */
  async list<T>(
    actor: Actor,
    query: ListQuery & { plan?: string },
    toItem: (limits: OrganizationLimits) => T,
  ): Promise<Page<T>> {
    assertAdministrator(actor);
    if (query.plan !== undefined) await this.plans.assertExists(query.plan);
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: '-createdAt',
      defaultLimit: 50,
      cursors: this.cursors,
      list: 'organization-limits',
    });
    return toPage(page, await this.organizations.listLimits(query, page), toItem);
  }

  /** @throws AdministratorRequired, OrganizationNotFound */
  async get(actor: Actor, organizationId: string): Promise<OrganizationLimits> {
    assertAdministrator(actor);
    return this.find(organizationId);
  }

  /**
   * Moves an organization to another plan, or writes down what was negotiated with it. Takes effect at once, and stands
   * in the organization's own trail, where its auditors see who did it.
   *
   * @throws AdministratorRequired, OrganizationNotFound, UnknownPlan, PRECONDITION_FAILED
   */
  async update(
    actor: Actor,
    organizationId: string,
    change: LimitChange,
    ifMatch?: string,
  ): Promise<OrganizationLimits> {
    assertAdministrator(actor);
    return this.database.transaction(async (transaction) => {
      const present = await this.organizations.lock(transaction, organizationId);
      if (!present) throw new OrganizationNotFound();
      assertPrecondition(ifMatch, publicId('organization', organizationId), present.revision);
      if (change.plan !== undefined) await this.plans.assertExists(change.plan, transaction);
      await this.organizations.update(transaction, organizationId, { ...change, updatedAt: new Date() });
      await this.record(transaction, actor, organizationId, change);
      transaction.afterCommit(() =>
        this.credentials.invalidate({ kind: 'organization', id: organizationId }),
      );
      return this.find(organizationId, transaction);
    }, organizationId);
  }

  private async find(id: string, transaction?: Transaction): Promise<OrganizationLimits> {
    const limits = await this.organizations.findLimits(id, transaction);
    if (!limits) throw new OrganizationNotFound();
    return limits;
  }

  /** The actor keeps their origin, so that the request counts as recorded; only the trail is the organization's. */
  private record(
    transaction: Transaction,
    actor: Actor,
    organizationId: string,
    change: LimitChange,
  ): Promise<void> {
    return this.auditLog.recordChange(
      transaction,
      { ...actor, organizationId },
      {
        type: 'organization_limits.updated',
        status: 200,
        resourceType: 'organization',
        resourceId: organizationId,
        details: { ...change },
      },
    );
  }
}
