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
   * What holds for an organization, for those in it.
   *
   * @param transaction the one the caller is in, if it is in one
   * @throws OrganizationNotFound
   */
  async find(organizationId: string, transaction?: Transaction): Promise<OrganizationLimits> {
    const limits = await this.organizations.findLimits(organizationId, transaction);
    if (!limits) throw new OrganizationNotFound();
    return limits;
  }

  /** As `find`, and nobody changes the organization until the transaction ends. @throws OrganizationNotFound */
  async lock(transaction: Transaction, organizationId: string): Promise<OrganizationLimits> {
    if (!(await this.organizations.lock(transaction, organizationId))) throw new OrganizationNotFound();
    return this.find(organizationId, transaction);
  }

  /**
   * Notes the plan that an organization would like to have, until it has another plan; null: none any more. Only an
   * administrator of the installation gives it the plan.
   *
   * @throws UnknownPlan, which names the field `requestedPlan`
   */
  async requestPlan(
    transaction: Transaction,
    { id, plan }: Pick<OrganizationLimits, 'id' | 'plan'>,
    wanted: string | null,
  ): Promise<void> {
    if (wanted !== null) await this.plans.assertExists(wanted, transaction, 'requestedPlan');
    const requestedPlan = wanted === plan ? null : wanted;
    await this.organizations.update(transaction, id, { requestedPlan, updatedAt: new Date() });
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
    return this.database.transaction(
      (transaction) => this.change(transaction, actor, organizationId, change, ifMatch),
      organizationId,
    );
  }

  /** As `update`, in the transaction that the caller is in. */
  async change(
    transaction: Transaction,
    actor: Actor,
    organizationId: string,
    change: LimitChange,
    ifMatch?: string,
  ): Promise<OrganizationLimits> {
    assertAdministrator(actor);
    const present = await this.organizations.lock(transaction, organizationId);
    if (!present) throw new OrganizationNotFound();
    assertPrecondition(ifMatch, publicId('organization', organizationId), present.revision);
    if (change.plan !== undefined) await this.plans.assertExists(change.plan, transaction);
    // Whoever has another plan has been heard.
    const answered = change.plan === undefined ? {} : { requestedPlan: null };
    const updatedAt = new Date();
    await this.organizations.update(transaction, organizationId, { ...change, ...answered, updatedAt });
    await this.record(transaction, actor, organizationId, change);
    transaction.afterCommit(() => this.credentials.invalidate({ kind: 'organization', id: organizationId }));
    return this.find(organizationId, transaction);
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
