import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ScopeMissing } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import { knownProjects } from '@credvault/access/project-levels.js';
import { levelOfRank, rankOf, type VaultLevel } from '@credvault/access/vault-levels.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { newUuid, publicId } from '@credvault/database/typed-id.js';
import { assertPrecondition } from '@credvault/http/etag.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import { toPage, type Page } from '@credvault/http/pagination/page.js';
import { parsePageRequest, type SortColumn } from '@credvault/http/pagination/page-request.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import { ProjectCreated } from '../projects/project-created.js';
import { VaultCreated } from '../vaults/vault-created.js';
import type { CreateGrantDto, GrantsQuery } from './grant.dto.js';
import { GrantRecords } from './grant-records.js';
import { assertMayGrant, GrantedObjects, objectColumns, type GrantedObject } from './granted-object.js';
import { assertOneGrantee, granteeDetails, Grantees, pathOf, type Grantee } from './grantees.js';
import { GrantedAlready, GrantNotFound } from './grants.errors.js';
import { GrantsRepository, type GrantView } from './grants.repository.js';

const sortable: Record<string, SortColumn> = {
  id: { sql: 'g.id', type: 'uuid' },
  createdAt: { sql: 'g.created_at', type: 'timestamptz' },
  updatedAt: { sql: 'g.updated_at', type: 'timestamptz' },
  level: { sql: 'g.level', type: 'int4' },
  name: { sql: 'coalesce(u.name, t.name, k.name)', type: 'text' },
};

/** What is granted to whom. Whoever manages a vault or a project grants it, and never more than they have. */
@Injectable()
export class GrantsService implements OnModuleInit {
  constructor(
    private readonly grants: GrantsRepository,
    private readonly objects: GrantedObjects,
    private readonly grantees: Grantees,
    private readonly vaultCreated: VaultCreated,
    private readonly projectCreated: ProjectCreated,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly idempotency: Idempotency,
    private readonly cursors: CursorCodec,
    private readonly records: GrantRecords,
  ) {}

  onModuleInit(): void {
    this.vaultCreated.register((transaction, vault) => this.grantToMaker(transaction, vault));
    this.projectCreated.register((transaction, project) => this.grantToMaker(transaction, project));
  }

  /** @throws VaultNotFound or ProjectNotFound */
  async list<T>(
    object: GrantedObject,
    query: GrantsQuery,
    toItem: (grant: GrantView) => T,
  ): Promise<Page<T>> {
    await this.objects.assertExists(object);
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: 'createdAt',
      defaultLimit: 50,
      cursors: this.cursors,
      list: `grants:${object.id}`,
    });
    return toPage(page, await this.grants.list(object, query, page), toItem);
  }

  /** @throws VaultNotFound or ProjectNotFound, GrantNotFound */
  async get(object: GrantedObject, id: string): Promise<GrantView> {
    const grant = await this.grants.find(object, id);
    if (grant) return grant;
    await this.objects.assertExists(object);
    throw new GrantNotFound();
  }

  /** The projects that an actor may know of and the people to whom they are granted, by UUID. @throws ScopeMissing */
  async listPeopleInProjects(
    actor: Actor,
  ): Promise<{ userId: string; projectId: string; level: VaultLevel }[]> {
    if (!actor.scopes.has('project:read')) throw new ScopeMissing('project:read');
    const known = knownProjects(actor);
    const found = await this.grants.findPeopleInProjects(actor.organizationId);
    return found
      .filter(({ projectId }) => known?.has(projectId) ?? true)
      .map((grant) => ({ ...grant, level: levelOfRank(grant.level) }));
  }

  /**
   * Grants a vault or a project to a member, a team or an API key.
   *
   * @param object proof that the actor manages it (`vault:write`, `project:write`)
   * @throws VaultNotFound or ProjectNotFound, OneGranteeNeeded, UnknownMember, UnknownTeam, GrantedAlready; RightsTooWide;
   *   for a key also UnknownKey and as `KeyGrantees.holdToGrant`
   */
  create(object: GrantedObject, fields: CreateGrantDto, retry?: RetryKey): Promise<Outcome<GrantView>> {
    assertOneGrantee(fields);
    assertMayGrant(object, fields.level);
    return this.idempotency.once(object.actor, retry, {
      change: async (transaction) => {
        const answer = await this.createIn(transaction, object, fields);
        return { answer, status: 201, resourceId: answer.id };
      },
      replay: (first) => this.get(object, first.resourceId),
    });
  }

  /** As `create`, in the transaction that the caller is in. */
  async createIn(
    transaction: Transaction,
    object: GrantedObject,
    fields: CreateGrantDto,
  ): Promise<GrantView> {
    const { level } = fields;
    assertMayGrant(object, level);
    await this.objects.hold(transaction, object);
    const wish = { ...objectColumns(object), level };
    const grantee = await this.grantees.hold(transaction, object.actor, fields, wish);
    await this.objects.assertStillMayGrant(transaction, object, level);
    return this.insert(transaction, object, grantee, level);
  }

  /**
   * Changes how far something is granted. Lowering it is free.
   *
   * @param object proof that the actor manages it (`vault:write`, `project:write`)
   * @throws VaultNotFound or ProjectNotFound, GrantNotFound, PRECONDITION_FAILED; RightsTooWide for raising it beyond the actor
   */
  update(object: GrantedObject, id: string, level: VaultLevel, ifMatch?: string): Promise<GrantView> {
    return this.database.transaction(async (transaction) => {
      const present = await this.lock(transaction, object, id, ifMatch);
      return this.updateIn(transaction, object, present, level);
    }, object.organizationId);
  }

  /** As `update`, of a locked grant in the transaction that the caller is in. */
  async updateIn(
    transaction: Transaction,
    object: GrantedObject,
    present: GrantView,
    level: VaultLevel,
  ): Promise<GrantView> {
    const rank = rankOf(level);
    if (rank > present.level) await this.assertMayRaise(transaction, object, present, level);
    const updatedAt = new Date();
    await this.grants.update(transaction, present, { level: rank, updatedAt });
    const details = { ...granteeDetails(present), from: levelOfRank(present.level), level };
    const entry = { type: 'grant.updated', status: 200, details };
    await this.records.record(transaction, object, present.id, entry);
    this.records.forgetAfter(transaction, present);
    return { ...present, level: rank, updatedAt, revision: present.revision + 1 };
  }

  /**
   * Takes a grant back.
   *
   * @param object proof that the actor manages it (`vault:write`, `project:write`)
   * @throws VaultNotFound or ProjectNotFound, GrantNotFound, PRECONDITION_FAILED
   */
  async delete(object: GrantedObject, id: string, ifMatch?: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const present = await this.lock(transaction, object, id, ifMatch);
      await this.deleteIn(transaction, object, present);
    }, object.organizationId);
  }

  /** As `delete`, of a locked grant in the transaction that the caller is in. */
  async deleteIn(transaction: Transaction, object: GrantedObject, present: GrantView): Promise<void> {
    await this.grants.delete(transaction, present);
    const details = { ...granteeDetails(present), level: levelOfRank(present.level) };
    const entry = { type: 'grant.deleted', status: 204, details };
    await this.records.record(transaction, object, present.id, entry);
    this.records.forgetAfter(transaction, present);
  }

  /** Takes back all that is granted to a key, in a change that is about more than that. */
  async takeFromKey(transaction: Transaction, actor: Actor, apiKeyId: string): Promise<void> {
    for (const grant of await this.grants.deleteOfKey(transaction, actor.organizationId, apiKeyId)) {
      const { id, vaultId, projectId, level } = grant;
      const ofProject = projectId === null ? {} : { projectId: publicId('project', projectId) };
      await this.auditLog.recordChange(transaction, actor, {
        type: 'grant.deleted',
        status: 204,
        resourceType: 'grant',
        resourceId: id,
        vaultId: vaultId ?? undefined,
        details: { keyId: publicId('apiKey', apiKeyId), level: levelOfRank(level), ...ofProject },
        secondary: true,
      });
    }
  }

  /** Whoever makes something manages it; who reaches everything needs no grant for that. */
  private async grantToMaker(transaction: Transaction, object: GrantedObject): Promise<void> {
    const { grants, userId } = object.actor;
    if (grants === undefined) return;
    const id = newUuid();
    if (!(await this.grants.insertForMaker(transaction, object, id))) return;
    const details = { level: 'manager' };
    await this.records.record(transaction, object, id, {
      type: 'grant.created',
      status: 201,
      details,
      secondary: true,
    });
    this.records.forgetAfter(transaction, { userId, teamId: null, apiKeyId: null });
  }

  private async insert(
    transaction: Transaction,
    object: GrantedObject,
    grantee: Grantee,
    level: VaultLevel,
  ): Promise<GrantView> {
    const now = new Date();
    const grant: GrantView = {
      ...grantee,
      ...objectColumns(object),
      organizationId: object.organizationId,
      id: newUuid(),
      level: rankOf(level),
      createdBy: object.actor.userId,
      revision: 1,
      createdAt: now,
      updatedAt: now,
    };
    const present = await this.grants.insertUnlessGranted(transaction, grant);
    if (present !== undefined) {
      throw new GrantedAlready(pathOf(grantee), publicId('grant', present));
    }
    const details = { ...granteeDetails(grant), level };
    await this.records.record(transaction, object, grant.id, { type: 'grant.created', status: 201, details });
    this.records.forgetAfter(transaction, grantee);
    return grant;
  }

  /** Raising a grant is granting; for a key it is widening it as well. */
  private async assertMayRaise(
    transaction: Transaction,
    object: GrantedObject,
    { apiKeyId }: GrantView,
    level: VaultLevel,
  ): Promise<void> {
    assertMayGrant(object, level);
    await this.objects.assertStillMayGrant(transaction, object, level);
    const wish = { ...objectColumns(object), level };
    if (apiKeyId !== null) await this.grantees.holdKey(transaction, object.actor, apiKeyId, wish);
  }

  private async lock(
    transaction: Transaction,
    object: GrantedObject,
    id: string,
    ifMatch?: string,
  ): Promise<GrantView> {
    await this.objects.hold(transaction, object);
    const grant = await this.grants.lock(transaction, object, id);
    if (!grant) throw new GrantNotFound();
    assertPrecondition(ifMatch, publicId('grant', id), grant.revision);
    return grant;
  }
}
