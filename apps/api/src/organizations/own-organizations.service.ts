import { Injectable } from '@nestjs/common';
import { ScopeMissing } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import { AddressRanges } from '@credvault/access/address-ranges.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { publicId } from '@credvault/database/typed-id.js';
import { assertPrecondition } from '@credvault/http/etag.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { toPage, type Page } from '@credvault/http/pagination/page.js';
import { parsePageRequest, type SortColumn } from '@credvault/http/pagination/page-request.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import { OrganizationNotFound, TooManyOrganizations } from './organizations.errors.js';
import { OrganizationsRepository } from './organizations.repository.js';
import { OrganizationsService } from './organizations.service.js';
import { OwnOrganizationsRepository, type OwnOrganization } from './own-organizations.repository.js';

/** Organizations that one person may own: more than anybody works in, and few enough that nobody fills the service. */
export const mostOwned = 20;

const sortable: Record<string, SortColumn> = {
  id: { sql: 'o.id', type: 'uuid' },
  createdAt: { sql: 'o.created_at', type: 'timestamptz' },
  updatedAt: { sql: 'o.updated_at', type: 'timestamptz' },
  name: { sql: 'o.name', type: 'text' },
};

/** An organization as a credential sees it that may act in another one. */
export interface SeenOrganization extends OwnOrganization {
  /** Whether it would take the person from where they are and with what they have proved; otherwise it tells nothing of what is in it. */
  isOpen: boolean;
}

/** What else becomes of an organization in the transaction that makes or changes it. */
export interface AlsoChange {
  /** Names of what it changes, for the record. */
  fields: string[];
  make(transaction: Transaction, organizationId: string): Promise<void>;
}

/**
 * The organizations that somebody belongs to. Where people belong is theirs to know whatever their role; an API key
 * stands for a program in one organization, and knows of no other.
 */
@Injectable()
export class OwnOrganizationsService {
  constructor(
    private readonly own: OwnOrganizationsRepository,
    private readonly organizations: OrganizationsService,
    private readonly rows: OrganizationsRepository,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly idempotency: Idempotency,
    private readonly cursors: CursorCodec,
  ) {}

  /** @throws ScopeMissing for an API key that may not read its organization */
  async list<T>(
    actor: Actor,
    query: ListQuery,
    toItem: (organization: SeenOrganization) => T,
  ): Promise<Page<T>> {
    const organizationId = onlyOrganizationOf(actor);
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: 'createdAt',
      defaultLimit: 50,
      cursors: this.cursors,
      list: `organizations:${actor.userId}:${organizationId ?? ''}`,
    });
    const found = await this.own.list({ userId: actor.userId, organizationId }, query, page);
    return toPage(page, found, (organization) => toItem(seenBy(actor, organization)));
  }

  /** @throws OrganizationNotFound; ScopeMissing for an API key that may not read its organization */
  async get(actor: Actor, organizationId: string): Promise<SeenOrganization> {
    const only = onlyOrganizationOf(actor);
    if (only !== undefined && only !== organizationId) throw new OrganizationNotFound();
    return this.find(actor, organizationId);
  }

  /** Makes an organization, which the actor then owns. @throws TooManyOrganizations */
  create(
    actor: Actor,
    name: string,
    retry?: RetryKey,
    also?: AlsoChange,
  ): Promise<Outcome<SeenOrganization>> {
    return this.idempotency.once(actor, retry, {
      change: async (transaction) => {
        await this.own.lockNumberOf(transaction, actor.userId);
        const { owned } = await this.own.countOf(transaction, actor.userId);
        if (owned >= mostOwned) throw new TooManyOrganizations(mostOwned);
        const { id } = await this.organizations.create(transaction, name, actor.userId);
        await this.recordCreation(transaction, actor, id);
        await also?.make(transaction, id);
        return { answer: await this.find(actor, id, transaction), status: 201, resourceId: id };
      },
      replay: (first) => this.get(actor, first.resourceId),
    });
  }

  /** Renames the organization that the actor acts in. @throws ScopeMissing, OrganizationNotFound, PRECONDITION_FAILED */
  update(
    actor: Actor,
    organizationId: string,
    fields: { name?: string },
    ifMatch?: string,
    also?: AlsoChange,
  ): Promise<SeenOrganization> {
    if (!actor.scopes.has('settings:modify')) throw new ScopeMissing('settings:modify');
    const id = actor.organizationId;
    if (organizationId !== id) throw new OrganizationNotFound();
    return this.database.transaction(async (transaction) => {
      const present = await this.rows.lock(transaction, id);
      if (!present) throw new OrganizationNotFound();
      assertPrecondition(ifMatch, publicId('organization', id), present.revision);
      await this.rows.update(transaction, id, { ...fields, updatedAt: new Date() });
      await this.auditLog.recordChange(transaction, actor, {
        type: 'organization.updated',
        status: 200,
        resourceType: 'organization',
        resourceId: id,
        details: { fields: [...Object.keys(fields), ...(also?.fields ?? [])] },
      });
      await also?.make(transaction, id);
      return this.find(actor, id, transaction);
    }, id);
  }

  private async find(
    actor: Actor,
    organizationId: string,
    transaction?: Transaction,
  ): Promise<SeenOrganization> {
    const found = await this.own.find(actor.userId, organizationId, transaction);
    if (!found) throw new OrganizationNotFound();
    return seenBy(actor, found);
  }

  /**
   * One record in the trail of each organization: the new one's begins with who made it, and the one the actor acts in
   * has the request, without the name and the id of what is none of its business.
   */
  private async recordCreation(transaction: Transaction, actor: Actor, id: string): Promise<void> {
    const entry = { type: 'organization.created', status: 201 };
    await this.auditLog.recordChange(transaction, actor, entry);
    await this.auditLog.recordChange(
      transaction,
      { ...actor, organizationId: id },
      { ...entry, resourceType: 'organization', resourceId: id },
    );
  }
}

/** Where somebody belongs is theirs to know; what is there, only where they could act as they come. */
function seenBy(actor: Actor, organization: OwnOrganization): SeenOrganization {
  const { id, allowedIps, requireMfa, memberCount } = organization;
  const takesAddress = allowedIps === null || AddressRanges.shared(allowedIps).holds(actor.origin.ip);
  const takesPerson = !requireMfa || actor.hasMfa === true;
  // Into their own one the door has let them.
  const isOpen = id === actor.organizationId || (takesAddress && takesPerson);
  return { ...organization, isOpen, memberCount: isOpen ? memberCount : null };
}

/** The only organization that a credential may know of; undefined: all that its person belongs to. @throws ScopeMissing */
function onlyOrganizationOf(actor: Actor): string | undefined {
  if (actor.credentialType !== 'api_key') return actor.fromProvider ? actor.organizationId : undefined;
  if (!actor.scopes.has('organization:read')) throw new ScopeMissing('organization:read');
  return actor.organizationId;
}
