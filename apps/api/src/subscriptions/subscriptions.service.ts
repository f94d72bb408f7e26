import { Injectable } from '@nestjs/common';
import { ScopeMissing } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import type { Scope } from '@credvault/access/scopes.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { publicId } from '@credvault/database/typed-id.js';
import { assertPrecondition } from '@credvault/http/etag.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import type { OrganizationLimits } from '../organizations/organization-limits.js';
import { OrganizationLimitsService } from '../organizations/organization-limits.service.js';
import { SubscriptionUsageService, type SubscriptionUsage } from './subscription-usage.service.js';
import type { Customer, Subscription } from './subscription.entity.js';
import { SubscriptionsRepository, type SubscriptionFields } from './subscriptions.repository.js';

/** The subscription of an organization: there is always exactly one, and its UUID is the organization's. */
export interface SubscriptionFacts {
  /** The organization, whose UUID is the subscription's too. */
  organizationId: string;
  /** Name of the plan. */
  plan: string;
  /** The plan it has asked for; null: none. */
  requestedPlan: string | null;
  /** Requests a minute of one API key, and of the personal tokens of one user; null: unlimited. */
  limits: { apiKeyRequestsPerMinute: number | null; tokenRequestsPerMinute: number | null };
  /** Who pays; null when nobody has said, and to whoever does not manage the subscription. */
  billing: Customer | null;
  notificationsEnabled: boolean;
  /** Since when there is the organization. */
  createdAt: Date;
  /** Grows with every change of the subscription and of its organization. */
  revision: number;
}

/** A subscription with what was used of it. */
export interface SubscriptionView extends SubscriptionFacts {
  usage: SubscriptionUsage;
}

/** What to change; what is left out stays as it is. Null takes the billing details or the request away. */
export interface SubscriptionChange extends SubscriptionFields {
  requestedPlan?: string | null;
}

/** The subscription of the organization that an actor acts in. Nothing is paid here. */
@Injectable()
export class SubscriptionsService {
  constructor(
    private readonly subscriptions: SubscriptionsRepository,
    private readonly usage: SubscriptionUsageService,
    private readonly limits: OrganizationLimitsService,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly idempotency: Idempotency,
  ) {}

  /** The subscription without its usage. @throws ScopeMissing, OrganizationNotFound */
  find(actor: Actor): Promise<SubscriptionFacts> {
    assertScope(actor, 'organization:read');
    return this.factsFor(actor);
  }

  /** The subscription with what was used of it this month. @throws ScopeMissing, OrganizationNotFound */
  get(actor: Actor): Promise<SubscriptionView> {
    assertScope(actor, 'organization:read');
    return this.viewFor(actor);
  }

  /**
   * Who pays for the organization; null when nobody has said.
   *
   * @throws ScopeMissing without `billing:manage`
   */
  async findCustomer(actor: Actor): Promise<Customer | null> {
    assertScope(actor, 'billing:manage');
    return (await this.subscriptions.find(actor.organizationId))?.billing ?? null;
  }

  /**
   * Changes what the organization says about its subscription. Its plan stays what it is: `requestedPlan` is a wish.
   *
   * @throws ScopeMissing without `billing:manage`; UnknownPlan, PRECONDITION_FAILED, OrganizationNotFound
   */
  async update(actor: Actor, change: SubscriptionChange, ifMatch?: string): Promise<SubscriptionView> {
    await this.change(actor, change, ifMatch);
    return this.viewFor(actor);
  }

  /**
   * Notes the plan that the organization would like to have, as `update` does; may be asked for twice.
   *
   * @throws ScopeMissing without `billing:manage`; UnknownPlan, OrganizationNotFound
   */
  requestPlan(actor: Actor, plan: string, retry?: RetryKey): Promise<Outcome<SubscriptionFacts>> {
    assertScope(actor, 'billing:manage');
    const resourceId = actor.organizationId;
    return this.idempotency.once(actor, retry, {
      change: async (transaction) => {
        await this.changeIn(transaction, actor, { requestedPlan: plan });
        return { answer: await this.factsFor(actor, transaction), status: 200, resourceId };
      },
      replay: () => this.factsFor(actor),
    });
  }

  /** Whether each of these organizations wants mail, by UUID; those that have said nothing want it. */
  async findNotified(organizationIds: readonly string[]): Promise<Map<string, boolean>> {
    const said = await this.subscriptions.findNotified(organizationIds);
    return new Map(organizationIds.map((id) => [id, said.get(id) ?? true]));
  }

  /**
   * Notes whether an organization wants mail, as a part of a change of the organization: the caller has locked and records it,
   * and has found out that the actor may.
   */
  async setNotified(
    transaction: Transaction,
    organizationId: string,
    notificationsEnabled: boolean,
  ): Promise<void> {
    await this.subscriptions.ensure(transaction, organizationId);
    await this.subscriptions.update(transaction, organizationId, { notificationsEnabled });
  }

  /** Says anew who pays, all of it. @throws ScopeMissing without `billing:manage`; OrganizationNotFound */
  async replaceCustomer(actor: Actor, customer: Customer): Promise<Customer> {
    await this.change(actor, { billing: customer });
    return customer;
  }

  private async change(actor: Actor, change: SubscriptionChange, ifMatch?: string): Promise<void> {
    assertScope(actor, 'billing:manage');
    await this.database.transaction(
      (transaction) => this.changeIn(transaction, actor, change, ifMatch),
      actor.organizationId,
    );
  }

  private async changeIn(
    transaction: Transaction,
    actor: Actor,
    change: SubscriptionChange,
    ifMatch?: string,
  ): Promise<void> {
    const { requestedPlan, ...fields } = change;
    const id = actor.organizationId;
    // The organization is locked first, and so nobody else changes the subscription meanwhile.
    const limits = await this.limits.lock(transaction, id);
    const present = await this.subscriptions.ensure(transaction, id);
    assertPrecondition(ifMatch, publicId('subscription', id), revisionOf(limits, present));
    if (requestedPlan !== undefined) await this.limits.requestPlan(transaction, limits, requestedPlan);
    await this.subscriptions.update(transaction, id, fields);
    await this.auditLog.recordChange(transaction, actor, {
      type: 'subscription.updated',
      status: 200,
      resourceType: 'subscription',
      resourceId: id,
      details: { fields: Object.keys(change), ...(requestedPlan !== undefined && { requestedPlan }) },
    });
  }

  /** @param transaction the one the caller is in, if it is in one */
  private async factsFor(actor: Actor, transaction?: Transaction): Promise<SubscriptionFacts> {
    const limits = await this.limits.find(actor.organizationId, transaction);
    return factsOf(actor, limits, await this.subscriptions.find(actor.organizationId, transaction));
  }

  private async viewFor(actor: Actor): Promise<SubscriptionView> {
    const [facts, usage] = await Promise.all([this.factsFor(actor), this.usage.of(actor)]);
    return { ...facts, usage };
  }
}

function assertScope(actor: Actor, scope: Scope): void {
  if (!actor.scopes.has(scope)) throw new ScopeMissing(scope);
}

function factsOf(actor: Actor, limits: OrganizationLimits, said: Subscription | null): SubscriptionFacts {
  return {
    organizationId: limits.id,
    plan: limits.plan,
    requestedPlan: limits.requestedPlan,
    limits: {
      apiKeyRequestsPerMinute: limits.effectiveApiKeyRequestsPerMinute,
      tokenRequestsPerMinute: limits.effectiveTokenRequestsPerMinute,
    },
    billing: actor.scopes.has('billing:manage') ? (said?.billing ?? null) : null,
    notificationsEnabled: said?.notificationsEnabled ?? true,
    createdAt: limits.createdAt,
    revision: revisionOf(limits, said),
  };
}

/**
 * Both parts of a subscription count their changes, and both only grow. So the sum never stands for two states, and one that
 * was read while they were changed stands for none that is present.
 */
function revisionOf(limits: OrganizationLimits, said: Subscription | null): number {
  return limits.revision + (said?.revision ?? 1);
}
