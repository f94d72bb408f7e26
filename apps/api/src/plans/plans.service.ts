import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { assertAdministrator } from '@credvault/access/administrator.js';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { assertPrecondition } from '@credvault/http/etag.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { toPage, type Page } from '@credvault/http/pagination/page.js';
import { parsePageRequest, type SortColumn } from '@credvault/http/pagination/page-request.js';
import type { Plan } from './plan.entity.js';
import { PlanNotFound, UnknownPlan } from './plans.errors.js';
import { PlansRepository } from './plans.repository.js';

const sortable: Record<string, SortColumn> = {
  position: { sql: 'position', type: 'int4' },
  name: { sql: 'name', type: 'text' },
  createdAt: { sql: 'created_at', type: 'timestamptz' },
  updatedAt: { sql: 'updated_at', type: 'timestamptz' },
  // A plan has no id beside its name.
  id: { sql: 'name', type: 'text' },
};

/** How the name of a plan is written; whatever is written otherwise names none. */
const planName = /^[a-z][a-z0-9_-]{0,63}$/;

/** Requests a minute; null: unlimited. */
export type PlanLimits = Pick<Plan, 'apiKeyRequestsPerMinute' | 'tokenRequestsPerMinute'>;

/** The plans of this installation and their limits, which its administrators change. */
@Injectable()
export class PlansService {
  constructor(
    private readonly plans: PlansRepository,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly cursors: CursorCodec,
    private readonly credentials: CredentialRegistry,
  ) {}

  /** @throws AdministratorRequired */
  async list<T>(actor: Actor, query: ListQuery, toItem: (plan: Plan) => T): Promise<Page<T>> {
    assertAdministrator(actor);
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: 'position',
      defaultLimit: 50,
      cursors: this.cursors,
      list: 'plans',
    });
    return toPage(page, await this.plans.list(query, page), toItem, sortValue);
  }

  /** @throws AdministratorRequired, PlanNotFound */
  async get(actor: Actor, name: string): Promise<Plan> {
    assertAdministrator(actor);
    const plan = planName.test(name) ? await this.plans.find(name) : null;
    if (!plan) throw new PlanNotFound();
    return plan;
  }

  /**
   * Changes limits of a plan, for every organization that has it and at once: requests of the present minute count.
   *
   * @throws AdministratorRequired, PlanNotFound, PRECONDITION_FAILED
   */
  async update(actor: Actor, name: string, limits: Partial<PlanLimits>, ifMatch?: string): Promise<Plan> {
    assertAdministrator(actor);
    if (!planName.test(name)) throw new PlanNotFound();
    return this.database.transaction(async (transaction) => {
      const present = await this.plans.lock(transaction, name);
      if (!present) throw new PlanNotFound();
      assertPrecondition(ifMatch, name, present.revision);
      const updatedAt = new Date();
      await this.plans.update(transaction, name, { ...limits, updatedAt });
      await this.auditLog.recordChange(transaction, actor, {
        type: 'plan.updated',
        status: 200,
        details: { plan: name, ...limits },
      });
      transaction.afterCommit(() => this.credentials.invalidate({ kind: 'plan', id: name }));
      return { ...present, ...limits, updatedAt, revision: present.revision + 1 };
    }, actor.organizationId);
  }

  /**
   * @param field the field of the request that names the plan
   * @throws UnknownPlan, which names the plans there are
   */
  async assertExists(name: string, transaction?: Transaction, field = 'plan'): Promise<void> {
    const names = await this.plans.findNames(transaction);
    if (!names.includes(name)) throw new UnknownPlan(names, field);
  }
}

function sortValue(plan: Plan, field: string): unknown {
  return field === 'id' ? plan.name : plan[field as keyof Plan];
}
