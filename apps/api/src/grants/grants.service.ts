import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { rightsOfGrants } from '@credvault/access/granted-rights.js';
import { holdMember } from '@credvault/access/held-member.js';
import { memberIdOf } from '@credvault/access/member-id.js';
import { assertWithin } from '@credvault/access/rights.js';
import { levelOfRank, rankOf, type VaultLevel } from '@credvault/access/vault-levels.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { newUuid, publicId, uuidOf } from '@credvault/database/typed-id.js';
import { assertPrecondition } from '@credvault/http/etag.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import { toPage, type Page } from '@credvault/http/pagination/page.js';
import { parsePageRequest, type SortColumn } from '@credvault/http/pagination/page-request.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import { UnknownMember } from '../teams/teams.errors.js';
import { TeamsService } from '../teams/teams.service.js';
import type { AuthorizedVault } from '../vaults/authorized-vault.js';
import { VaultCreated } from '../vaults/vault-created.js';
import { VaultsService } from '../vaults/vaults.service.js';
import type { CreateGrantDto, GrantsQuery } from './grant.dto.js';
import type { Grant } from './grant.entity.js';
import { GrantedAlready, GrantNotFound, OneGranteeNeeded, UnknownTeam } from './grants.errors.js';
import { GrantsRepository, type GrantView } from './grants.repository.js';

const sortable: Record<string, SortColumn> = {
  id: { sql: 'g.id', type: 'uuid' },
  createdAt: { sql: 'g.created_at', type: 'timestamptz' },
  updatedAt: { sql: 'g.updated_at', type: 'timestamptz' },
  level: { sql: 'g.level', type: 'int4' },
  name: { sql: 'coalesce(u.name, t.name)', type: 'text' },
};

/** Which vaults are granted to whom. Whoever manages a vault grants it, and never more than they have. */
@Injectable()
export class GrantsService implements OnModuleInit {
  constructor(
    private readonly grants: GrantsRepository,
    private readonly vaults: VaultsService,
    private readonly vaultCreated: VaultCreated,
    private readonly teams: TeamsService,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly idempotency: Idempotency,
    private readonly cursors: CursorCodec,
    private readonly credentials: CredentialRegistry,
  ) {}

  onModuleInit(): void {
    this.vaultCreated.register((transaction, vault) => this.grantToMaker(transaction, vault));
  }

  /** @throws VaultNotFound */
  async list<T>(
    vault: AuthorizedVault,
    query: GrantsQuery,
    toItem: (grant: GrantView) => T,
  ): Promise<Page<T>> {
    await this.vaults.get(vault);
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: 'createdAt',
      defaultLimit: 50,
      cursors: this.cursors,
      list: `grants:${vault.id}`,
    });
    return toPage(page, await this.grants.list(vault, query, page), toItem);
  }

  /** @throws VaultNotFound, GrantNotFound */
  async get(vault: AuthorizedVault, id: string): Promise<GrantView> {
    const grant = await this.grants.find(vault, id);
    if (grant) return grant;
    await this.vaults.get(vault);
    throw new GrantNotFound();
  }

  /**
   * Grants a vault to a member or a team.
   *
   * @param vault proof that the actor manages it (`vault:write`)
   * @throws VaultNotFound, OneGranteeNeeded, UnknownMember, UnknownTeam, GrantedAlready; RightsTooWide
   */
  create(vault: AuthorizedVault, fields: CreateGrantDto, retry?: RetryKey): Promise<Outcome<GrantView>> {
    const { memberId, teamId, level } = fields;
    if ((memberId === undefined) === (teamId === undefined)) {
      throw new OneGranteeNeeded(memberId === undefined ? 'memberId' : 'teamId');
    }
    assertMayGrant(vault, level);
    return this.idempotency.once(vault.actor, retry, {
      change: async (transaction) => {
        await this.vaults.holdKey(transaction, vault);
        const grantee = await this.holdGrantee(transaction, vault, fields);
        const answer = await this.insert(transaction, vault, grantee, level);
        return { answer, status: 201, resourceId: answer.id };
      },
      replay: (first) => this.get(vault, first.resourceId),
    });
  }

  /**
   * Changes how far a vault is granted. Lowering it is free.
   *
   * @param vault proof that the actor manages it (`vault:write`)
   * @throws VaultNotFound, GrantNotFound, PRECONDITION_FAILED; RightsTooWide for raising it beyond the actor
   */
  update(vault: AuthorizedVault, id: string, level: VaultLevel, ifMatch?: string): Promise<GrantView> {
    return this.database.transaction(async (transaction) => {
      const present = await this.lock(transaction, vault, id, ifMatch);
      const rank = rankOf(level);
      if (rank > present.level) assertMayGrant(vault, level);
      const updatedAt = new Date();
      await this.grants.update(transaction, present, { level: rank, updatedAt });
      const details = { ...granteeIn(present), from: levelOfRank(present.level), level };
      await this.record(transaction, vault, id, { type: 'grant.updated', status: 200, details });
      this.forgetAfter(transaction, present);
      return { ...present, level: rank, updatedAt, revision: present.revision + 1 };
    }, vault.organizationId);
  }

  /**
   * Takes a grant back.
   *
   * @param vault proof that the actor manages it (`vault:write`)
   * @throws VaultNotFound, GrantNotFound, PRECONDITION_FAILED
   */
  async delete(vault: AuthorizedVault, id: string, ifMatch?: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const present = await this.lock(transaction, vault, id, ifMatch);
      await this.grants.delete(transaction, present);
      const details = { ...granteeIn(present), level: levelOfRank(present.level) };
      await this.record(transaction, vault, id, { type: 'grant.deleted', status: 204, details });
      this.forgetAfter(transaction, present);
    }, vault.organizationId);
  }

  /** Whoever makes a vault manages it; who reaches every vault needs no grant for that. */
  private async grantToMaker(transaction: Transaction, vault: AuthorizedVault): Promise<void> {
    const { grants, userId } = vault.actor;
    if (grants === undefined) return;
    const id = newUuid();
    if (!(await this.grants.insertForMaker(transaction, vault, id))) return;
    const details = { level: 'manager' };
    await this.record(transaction, vault, id, {
      type: 'grant.created',
      status: 201,
      details,
      secondary: true,
    });
    this.forgetAfter(transaction, { userId, teamId: null });
  }

  /** Whom the vault shall be granted to, who then stays until the transaction ends. */
  private async holdGrantee(
    transaction: Transaction,
    { organizationId }: AuthorizedVault,
    { memberId, teamId }: CreateGrantDto,
  ): Promise<Grantee> {
    if (memberId !== undefined) {
      const member = await holdMember(transaction, organizationId, memberId);
      if (!member) throw new UnknownMember();
      const { id, kind, name } = member;
      return { userId: id, teamId: null, granteeId: id, memberKind: kind, name };
    }
    const id = uuidOf('team', teamId ?? '');
    const team = id === undefined ? undefined : await this.teams.hold(transaction, organizationId, id);
    if (!team) throw new UnknownTeam();
    return { userId: null, teamId: team.id, granteeId: team.id, memberKind: null, name: team.name };
  }

  private async insert(
    transaction: Transaction,
    vault: AuthorizedVault,
    grantee: Grantee,
    level: VaultLevel,
  ): Promise<GrantView> {
    const now = new Date();
    const grant: GrantView = {
      ...grantee,
      organizationId: vault.organizationId,
      id: newUuid(),
      vaultId: vault.id,
      level: rankOf(level),
      createdBy: vault.actor.userId,
      revision: 1,
      createdAt: now,
      updatedAt: now,
    };
    const present = await this.grants.insertUnlessGranted(transaction, grant);
    if (present !== undefined) {
      throw new GrantedAlready(grantee.teamId === null ? 'memberId' : 'teamId', publicId('grant', present));
    }
    const details = { ...granteeIn(grant), level };
    await this.record(transaction, vault, grant.id, { type: 'grant.created', status: 201, details });
    this.forgetAfter(transaction, grantee);
    return grant;
  }

  private async lock(
    transaction: Transaction,
    vault: AuthorizedVault,
    id: string,
    ifMatch?: string,
  ): Promise<GrantView> {
    await this.vaults.holdKey(transaction, vault);
    const grant = await this.grants.lock(transaction, vault, id);
    if (!grant) throw new GrantNotFound();
    assertPrecondition(ifMatch, publicId('grant', id), grant.revision);
    return grant;
  }

  /** Forgets, in this process at once, what those whom a grant concerns may do. */
  private forgetAfter(transaction: Transaction, { userId, teamId }: Pick<Grant, 'userId' | 'teamId'>): void {
    transaction.afterCommit(() => {
      if (userId !== null) this.credentials.invalidate({ kind: 'user', id: userId });
      if (teamId !== null) this.credentials.invalidate({ kind: 'team', id: teamId });
    });
  }

  private record(
    transaction: Transaction,
    { actor, id: vaultId }: AuthorizedVault,
    grantId: string,
    entry: { type: string; status: number; details: Record<string, unknown>; secondary?: true },
  ): Promise<void> {
    return this.auditLog.recordChange(transaction, actor, {
      ...entry,
      resourceType: 'grant',
      resourceId: grantId,
      vaultId,
    });
  }
}

/** To whom a vault is granted. */
type Grantee = Pick<GrantView, 'userId' | 'teamId' | 'granteeId' | 'memberKind' | 'name'>;

/** Nobody grants more than they have, be it to somebody whose role makes less of it. @throws RightsTooWide */
function assertMayGrant({ actor, id }: AuthorizedVault, level: VaultLevel): void {
  assertWithin(actor, rightsOfGrants(new Map([[id, level]])));
}

/** Whom a grant is for, as its records say it. */
function granteeIn({ granteeId, memberKind }: Grantee): Record<string, string> {
  return memberKind === null
    ? { teamId: publicId('team', granteeId) }
    : { memberId: memberIdOf(memberKind, granteeId) };
}
