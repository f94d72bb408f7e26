import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import type { MemberRights } from '@credvault/access/member-rights.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { newUuid, publicId } from '@credvault/database/typed-id.js';
import { assertPrecondition } from '@credvault/http/etag.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import { toPage, type Page } from '@credvault/http/pagination/page.js';
import { parsePageRequest, type SortColumn } from '@credvault/http/pagination/page-request.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { assertNotOutranked } from '../roles/outranking.js';
import { RolesService, type ResolvedRole } from '../roles/roles.service.js';
import { fateOf, KeySettlement } from './key-settlement.js';
import type { RemoveMemberQuery } from './member.dto.js';
import { MemberChanges } from './member-changes.js';
import type {
  CreateServiceAccountDto,
  ServiceAccountsQuery,
  UpdateServiceAccountDto,
} from './service-account.dto.js';
import type { ServiceAccount } from './service-account.entity.js';
import { OwnerIsAPerson, ServiceAccountNotFound } from './service-accounts.errors.js';
import { ServiceAccountsRepository, type ServiceAccountView } from './service-accounts.repository.js';

const sortable: Record<string, SortColumn> = {
  id: { sql: 'u.id', type: 'uuid' },
  createdAt: { sql: 'u.created_at', type: 'timestamptz' },
  updatedAt: { sql: 'greatest(u.updated_at, m.updated_at)', type: 'timestamptz' },
  name: { sql: 'u.name', type: 'text' },
};

/** Members that are programs: they own API keys, so that production does not end with an employee, and cannot sign in. */
@Injectable()
export class ServiceAccountsService {
  constructor(
    private readonly accounts: ServiceAccountsRepository,
    private readonly roles: RolesService,
    private readonly organizations: OrganizationsService,
    private readonly changes: MemberChanges,
    private readonly settlement: KeySettlement,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly idempotency: Idempotency,
    private readonly cursors: CursorCodec,
    private readonly credentials: CredentialRegistry,
  ) {}

  /** @throws UnknownRole, OwnerIsAPerson, RightsTooWide */
  create(
    actor: Actor,
    fields: CreateServiceAccountDto,
    retry?: RetryKey,
  ): Promise<Outcome<ServiceAccountView>> {
    const { name, description = '' } = fields;
    const now = new Date();
    const id = newUuid();
    const row = { id, name, description, revision: 1, createdAt: now, updatedAt: now };
    return this.idempotency.once(actor, retry, {
      change: async (transaction) => {
        const role = await this.resolve(transaction, actor, fields.role);
        this.roles.assertMayAssign(actor, role);
        const account: ServiceAccount = { ...row, kind: 'service' };
        await this.accounts.insert(transaction, actor.organizationId, account, role);
        const details = { role: this.roles.nameOf(role) };
        await this.record(transaction, actor, id, { type: 'service_account.created', status: 201, details });
        const answer = { ...row, role: role.role, customRoleId: role.customRoleId };
        return { answer, status: 201, resourceId: id };
      },
      replay: (first) => this.get(actor, first.resourceId),
    });
  }

  /** @throws ServiceAccountNotFound */
  async get({ organizationId }: Actor, id: string): Promise<ServiceAccountView> {
    const account = await this.accounts.find(organizationId, id);
    if (!account) throw new ServiceAccountNotFound();
    return account;
  }

  list<T>(
    { organizationId }: Actor,
    query: ServiceAccountsQuery,
    toItem: (account: ServiceAccountView) => T,
  ): Promise<Page<T>> {
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: '-createdAt',
      defaultLimit: 50,
      cursors: this.cursors,
      list: `service-accounts:${organizationId}`,
    });
    return this.accounts.list(organizationId, query, page).then((found) => toPage(page, found, toItem));
  }

  /**
   * Changes a service account; its keys may do what its new role allows, at once.
   *
   * @throws ServiceAccountNotFound, PRECONDITION_FAILED, UnknownRole, OwnerIsAPerson; RightsTooWide for a role that does more
   *   than the actor, MemberOutranks for taking one that does
   */
  async update(
    asking: Actor,
    id: string,
    { role: named, ...fields }: UpdateServiceAccountDto,
    ifMatch?: string,
  ): Promise<ServiceAccountView> {
    await this.database.transaction(async (transaction) => {
      const actor = await this.changes.lockToManage(transaction, asking);
      const present = await this.lock(transaction, actor, id, ifMatch);
      const grants = named === undefined ? 0 : await this.changeRole(transaction, actor, present, named);
      await this.accounts.update(transaction, id, { ...fields, updatedAt: new Date() });
      const changed = Object.keys({ ...fields, ...(named === undefined ? {} : { role: named }) });
      const details = { fields: changed, ...(grants > 0 ? { grants } : {}) };
      await this.record(transaction, actor, id, { type: 'service_account.updated', status: 200, details });
      this.forgetAfter(transaction, id);
    }, asking.organizationId);
    return this.get(asking, id);
  }

  /**
   * Deletes a service account for good.
   *
   * @throws ServiceAccountNotFound, PRECONDITION_FAILED, MemberOutranks, TransferRefused; MemberOwnsKeys when nothing was said about its
   *   keys; what `MemberKeys.transferAll` throws
   */
  async delete(asking: Actor, id: string, query: RemoveMemberQuery, ifMatch?: string): Promise<void> {
    const fate = fateOf(query);
    const { organizationId } = asking;
    await this.database.transaction(async (transaction) => {
      const actor = await this.changes.lockToManage(transaction, asking);
      await this.lock(transaction, actor, id, ifMatch);
      await this.assertNotOutranked(transaction, actor, id);
      const keys = await this.settlement.settle(transaction, actor, id, fate);
      await this.accounts.delete(transaction, organizationId, id);
      await this.record(transaction, actor, id, {
        type: 'service_account.deleted',
        status: 204,
        details: { keys, ...(keys > 0 ? { fate: fate?.keys } : {}) },
      });
      this.forgetAfter(transaction, id);
    }, organizationId);
  }

  /** @returns how many grants the service account loses with its role */
  private async changeRole(
    transaction: Transaction,
    actor: Actor,
    present: ServiceAccountView,
    named: string,
  ): Promise<number> {
    const role = await this.resolve(transaction, actor, named);
    if (this.roles.nameOf(role) === this.roles.nameOf(present)) return 0;
    const before = await this.assertNotOutranked(transaction, actor, present.id);
    this.roles.assertMayAssign(actor, role, before);
    await this.accounts.setRole(transaction, actor.organizationId, present.id, role);
    return this.changes.takeGrants(transaction, actor, { id: present.id, before, next: role });
  }

  /** @returns what the service account may do @throws ServiceAccountNotFound, MemberOutranks */
  private async assertNotOutranked(
    transaction: Transaction,
    actor: Actor,
    id: string,
  ): Promise<MemberRights> {
    const rights = await this.organizations.rightsAtStakeOf(transaction, actor.organizationId, id);
    if (!rights) throw new ServiceAccountNotFound();
    assertNotOutranked(actor, rights, 'serviceAccountId');
    return rights;
  }

  private async resolve(transaction: Transaction, actor: Actor, named: string): Promise<ResolvedRole> {
    const role = await this.roles.resolve(transaction, actor.organizationId, named);
    if (role.role === 'owner') throw new OwnerIsAPerson();
    return role;
  }

  private async lock(
    transaction: Transaction,
    { organizationId }: Actor,
    id: string,
    ifMatch?: string,
  ): Promise<ServiceAccountView> {
    const account = await this.accounts.lock(transaction, organizationId, id);
    if (!account) throw new ServiceAccountNotFound();
    assertPrecondition(ifMatch, publicId('serviceAccount', id), account.revision);
    return account;
  }

  private forgetAfter(transaction: Transaction, id: string): void {
    transaction.afterCommit(() => this.credentials.invalidate({ kind: 'user', id }));
  }

  private record(
    transaction: Transaction,
    actor: Actor,
    id: string,
    entry: { type: string; status: number; details?: Record<string, unknown> },
  ): Promise<void> {
    const about = { resourceType: 'serviceAccount', resourceId: id } as const;
    return this.auditLog.recordChange(transaction, actor, { ...entry, ...about });
  }
}
