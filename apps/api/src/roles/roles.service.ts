import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { actorAsMember } from '@credvault/access/actor-as-member.js';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { levelsOf } from '@credvault/access/granted-rights.js';
import { assertWithin } from '@credvault/access/rights.js';
import {
  isBuiltInRole,
  isReservedRoleName,
  reachesAllVaults,
  scopesOfRole,
  type Role as BuiltInRole,
} from '@credvault/access/roles.js';
import { withImplied, type Scope } from '@credvault/access/scopes.js';
import { knownVaults } from '@credvault/access/vault-levels.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { isUniqueViolation } from '@credvault/database/postgres-errors.js';
import { newUuid, publicId, uuidOf } from '@credvault/database/typed-id.js';
import { assertPrecondition } from '@credvault/http/etag.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import { toPage, type Page } from '@credvault/http/pagination/page.js';
import { parsePageRequest, type SortColumn } from '@credvault/http/pagination/page-request.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import type { CreateRoleDto, RolesQuery, UpdateRoleDto } from './role.dto.js';
import type { Role } from './role.entity.js';
import { assertNotOutranked } from './outranking.js';
import { RoleInUse, RoleNameTaken, RoleNotFound, UnknownRole } from './roles.errors.js';
import { losesReach, rightsOf, scopesOf, widens, type Granted } from './role-rights.js';
import { RolesRepository, type RoleRow } from './roles.repository.js';

const sortable: Record<string, SortColumn> = {
  id: { sql: 'id', type: 'text' },
  position: { sql: 'position', type: 'int4' },
  name: { sql: 'name', type: 'text' },
  // Built-in roles stand where 1970 would.
  createdAt: { sql: `coalesce(created_at, 'epoch')`, type: 'timestamptz' },
  updatedAt: { sql: `coalesce(updated_at, 'epoch')`, type: 'timestamptz' },
};

/** A role as a membership or an invitation names it, and what it gives. */
export interface ResolvedRole {
  role: BuiltInRole | 'custom';
  /** UUID of the row of `roles`; null for a built-in role. */
  customRoleId: string | null;
  scopes: ReadonlySet<Scope>;
  reachesAllVaults: boolean;
}

/** A role as the API names it, and the organization that has it if it is a custom one. */
export interface NamedRole {
  /** UUID. */
  organizationId: string;
  /** The name of a built-in role, or the public id of a custom one. */
  name: string;
}

/** A custom role with the number of members who have it. */
export type RoleView = Role & { memberCount: number };

/** The roles of an organization: the built-in ones, and those it makes for itself. */
@Injectable()
export class RolesService {
  constructor(
    private readonly roles: RolesRepository,
    private readonly organizations: OrganizationsService,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly idempotency: Idempotency,
    private readonly cursors: CursorCodec,
    private readonly credentials: CredentialRegistry,
  ) {}

  /**
   * The role that a request names, by a built-in name or the public id of a custom role.
   *
   * @param transaction the one the caller is in, if it is in one: a custom role then stays until it ends
   * @throws UnknownRole
   */
  async resolve(
    transaction: Transaction | undefined,
    organizationId: string,
    text: string,
  ): Promise<ResolvedRole> {
    if (isBuiltInRole(text)) {
      const scopes = scopesOfRole(text);
      return { role: text, customRoleId: null, scopes, reachesAllVaults: reachesAllVaults(text) };
    }
    const id = uuidOf('role', text);
    if (id === undefined) throw new UnknownRole();
    const found = await (transaction
      ? this.roles.hold(transaction, organizationId, id)
      : this.roles.find(organizationId, id));
    if (!found) throw new UnknownRole();
    const { scopes, reachesAllVaults: reachesAll } = found;
    return { role: 'custom', customRoleId: id, scopes: withImplied(scopes), reachesAllVaults: reachesAll };
  }

  /**
   * What each of these roles may do, in one statement; nothing, for a custom one that is not there any more. The organizations
   * may be any: the caller has found out that the roles are to be known.
   */
  async scopesOf(named: readonly NamedRole[]): Promise<ReadonlySet<Scope>[]> {
    const places = named.flatMap(({ organizationId, name }) => {
      const id = uuidOf('role', name);
      return id === undefined ? [] : [{ organizationId, id }];
    });
    const found = places.length === 0 ? [] : await this.roles.findScopes(places);
    const byPlace = new Map(
      found.map(({ organizationId, id, scopes }) => [`${organizationId} ${publicId('role', id)}`, scopes]),
    );
    return named.map(({ organizationId, name }) =>
      isBuiltInRole(name) ? scopesOfRole(name) : withImplied(byPlace.get(`${organizationId} ${name}`) ?? []),
    );
  }

  /** How the API names the role of a membership or an invitation. */
  nameOf({ role, customRoleId }: { role: string; customRoleId: string | null }): string {
    return customRoleId === null ? role : publicId('role', customRoleId);
  }

  /**
   * Nobody gives a role that can do more than they can: so only an owner makes an owner.
   *
   * @param granted what is granted to whoever gets the role: with it, they can do there what it says
   * @throws RightsTooWide naming what reaches further
   */
  assertMayAssign(
    actor: Actor,
    role: Pick<ResolvedRole, 'scopes' | 'reachesAllVaults'>,
    granted: Granted = {},
  ): void {
    assertWithin(actor, rightsOf(role, granted));
  }

  /** @throws RightsTooWide, RoleNameTaken */
  create(actor: Actor, fields: CreateRoleDto, retry?: RetryKey): Promise<Outcome<RoleView>> {
    const now = new Date();
    const role: Role = {
      organizationId: actor.organizationId,
      id: newUuid(),
      name: fields.name,
      description: fields.description ?? '',
      scopes: scopesOf(fields.scopes, actor),
      reachesAllVaults: fields.reachesAllVaults ?? false,
      revision: 1,
      createdAt: now,
      updatedAt: now,
    };
    assertWithin(actor, rightsOf(role));
    assertNotReserved(role.name);
    return this.idempotency.once(actor, retry, {
      change: async (transaction) => {
        await unlessTaken(() => this.roles.insert(transaction, role));
        await this.record(transaction, actor, role, { type: 'role.created', status: 201 });
        return { answer: { ...role, memberCount: 0 }, status: 201, resourceId: role.id };
      },
      replay: (first) => this.get(actor, first.resourceId),
    });
  }

  /** A custom role. @throws RoleNotFound */
  async get({ organizationId }: Actor, id: string): Promise<RoleView> {
    const role = await this.roles.find(organizationId, id);
    if (!role) throw new RoleNotFound();
    return { ...role, memberCount: await this.roles.countMembers(role) };
  }

  /** Built-in and custom roles, the built-in ones first unless sorted otherwise. */
  async list<T>(
    { organizationId }: Actor,
    query: RolesQuery,
    toItem: (role: RoleRow) => T,
  ): Promise<Page<T>> {
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: 'position,name',
      defaultLimit: 50,
      cursors: this.cursors,
      list: `roles:${organizationId}`,
    });
    return toPage(page, await this.roles.list(organizationId, query, page), toItem);
  }

  /**
   * Changes a custom role, for everybody who has it, at once. Narrowing it takes being able to do all that it can, if anybody
   * has it.
   *
   * @throws RoleNotFound, PRECONDITION_FAILED, RoleNameTaken; RightsTooWide for widening it beyond the actor, MemberOutranks
   *   for narrowing what members have who can do more than they
   */
  async update(actor: Actor, id: string, fields: UpdateRoleDto, ifMatch?: string): Promise<RoleView> {
    const updated = await this.database.transaction(async (transaction) => {
      // What may lock members locks the organization before them, as every change of a member does.
      if (fields.reachesAllVaults === false) {
        await this.organizations.lockOwners(transaction, actor.organizationId);
      }
      const present = await this.lock(transaction, actor, id, ifMatch);
      if (fields.name !== undefined && fields.name !== present.name) assertNotReserved(fields.name);
      const scopes = fields.scopes ? scopesOf(fields.scopes, actor) : present.scopes;
      const revision = present.revision + 1;
      const next: Role = { ...present, ...fields, scopes, revision, updatedAt: new Date() };
      if (widens(present, next)) await this.assertMayWiden(transaction, actor, next);
      // Narrower is what would be wider the other way round.
      if (widens(next, present)) await this.assertMayNarrow(transaction, actor, present);
      await unlessTaken(() => this.roles.update(transaction, next));
      const grants = losesReach(present, next)
        ? await this.roles.deleteGrantsOfMembers(transaction, next)
        : 0;
      const details = { fields: Object.keys(fields), ...(grants > 0 ? { grants } : {}) };
      await this.record(transaction, actor, present, { type: 'role.updated', status: 200, details });
      this.forgetAfter(transaction, id);
      return next;
    }, actor.organizationId);
    return { ...updated, memberCount: await this.roles.countMembers(updated) };
  }

  /** @throws RoleNotFound, PRECONDITION_FAILED, RoleInUse; MemberOutranks when members have it who can do more */
  async delete(actor: Actor, id: string, ifMatch?: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const role = await this.lock(transaction, actor, id, ifMatch);
      await this.assertMayNarrow(transaction, actor, role);
      const uses = await this.roles.countUses(transaction, role);
      if (uses.members + uses.invitations > 0) throw new RoleInUse(uses);
      await this.roles.delete(transaction, role);
      await this.record(transaction, actor, role, { type: 'role.deleted', status: 204 });
      this.forgetAfter(transaction, id);
    }, actor.organizationId);
  }

  /** Whoever widens a role gives more to all who have it, in all that is granted to one of them. */
  private async assertMayWiden(transaction: Transaction, actor: Actor, role: Role): Promise<void> {
    if (knownVaults(actor) === undefined) return assertWithin(actor, rightsOf(role));
    const { organizationId, userId } = actor;
    const own = await this.organizations.rightsAtStakeOf(transaction, organizationId, userId);
    const found = await this.roles.findGrantsOfMembers(transaction, role);
    assertWithin(actorAsMember(actor, own), rightsOf(role, levelsOf(found)));
  }

  /** Whoever narrows a role takes from all who have it; a role that nobody has takes nothing from anybody. */
  private async assertMayNarrow(transaction: Transaction, actor: Actor, role: Role): Promise<void> {
    if ((await this.roles.countMembers(role, transaction)) === 0) return;
    const { grants } = rightsOf(role);
    assertNotOutranked(actor, { scopes: withImplied(role.scopes), grants }, 'roleId');
  }

  private async lock(transaction: Transaction, actor: Actor, id: string, ifMatch?: string): Promise<Role> {
    const role = await this.roles.lock(transaction, actor.organizationId, id);
    if (!role) throw new RoleNotFound();
    assertPrecondition(ifMatch, publicId('role', id), role.revision);
    return role;
  }

  private forgetAfter(transaction: Transaction, id: string): void {
    transaction.afterCommit(() => this.credentials.invalidate({ kind: 'role', id }));
  }

  private record(
    transaction: Transaction,
    actor: Actor,
    { id }: Role,
    entry: { type: string; status: number; details?: Record<string, unknown> },
  ): Promise<void> {
    return this.auditLog.recordChange(transaction, actor, { ...entry, resourceType: 'role', resourceId: id });
  }
}

/** @throws RoleNameTaken */
function assertNotReserved(name: string): void {
  if (isReservedRoleName(name)) throw new RoleNameTaken();
}

/** @throws RoleNameTaken */
async function unlessTaken(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (isUniqueViolation(error, 'roles_name_key')) throw new RoleNameTaken();
    throw error;
  }
}
