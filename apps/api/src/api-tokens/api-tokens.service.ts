import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CredentialInvalid } from '@credvault/access/access.errors.js';
import type { CredentialUse } from '@credvault/access/last-used.js';
import type { Actor, Principal } from '@credvault/access/actor.js';
import { CredentialRegistry, type CredentialResolver } from '@credvault/access/credential-registry.js';
import { endWithin, latestEnd } from '@credvault/access/lifetimes.js';
import { memberRights } from '@credvault/access/member-rights.js';
import { organizationBounds } from '@credvault/access/organization-bounds.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { serviceRow } from '@credvault/audit-log/audit-record.js';
import { TokenDigester } from '@credvault/crypto/token-digest.js';
import { mintToken, tokenHint } from '@credvault/crypto/tokens.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { newUuid, publicId } from '@credvault/database/typed-id.js';
import { assertPrecondition } from '@credvault/http/etag.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { toPage, type Page } from '@credvault/http/pagination/page.js';
import { parsePageRequest, type SortColumn } from '@credvault/http/pagination/page-request.js';
import { LongLivedTokens } from '../auth/long-lived-tokens.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import type { ApiToken } from './api-token.entity.js';
import { ApiTokenNotFound, ExpiryInThePast, TokenShownOnce } from './api-tokens.errors.js';
import { ApiTokensRepository } from './api-tokens.repository.js';

const sortable: Record<string, SortColumn> = {
  id: { sql: 't.id', type: 'uuid' },
  createdAt: { sql: 't.created_at', type: 'timestamptz' },
  updatedAt: { sql: 't.updated_at', type: 'timestamptz' },
  name: { sql: 't.name', type: 'text' },
};

/** A new token with the token itself, which is shown this once. */
export interface MintedToken {
  apiToken: ApiToken;
  token: string;
}

/** Personal tokens: made, paused, resumed and deleted by their owner, and resolved to a principal at the door. */
@Injectable()
export class ApiTokensService implements OnModuleInit, CredentialResolver {
  readonly prefix = 'ck_live_';
  readonly credentialType = 'api_token';

  constructor(
    private readonly tokens: ApiTokensRepository,
    private readonly database: Database,
    private readonly digester: TokenDigester,
    private readonly auditLog: AuditLog,
    private readonly idempotency: Idempotency,
    private readonly cursors: CursorCodec,
    private readonly credentials: CredentialRegistry,
    private readonly longLived: LongLivedTokens,
    private readonly organizations: OrganizationsService,
  ) {}

  onModuleInit(): void {
    this.credentials.register(this);
    this.longLived.register(async (userId) =>
      (await this.tokens.findAllOf(userId)).map(({ id, name, hint, lastUsedAt }) => ({
        id: publicId('apiToken', id),
        name,
        hint,
        lastUsedAt,
      })),
    );
  }

  async findPrincipal(digest: Buffer): Promise<Principal | null> {
    const row = await this.tokens.findPrincipal(digest);
    if (!row) return null;
    return {
      credentialType: this.credentialType,
      credentialId: row.id,
      userId: row.user_id,
      organizationId: row.organization_id,
      ...memberRights(row),
      ...organizationBounds(row),
      // Whom a provider vouched for administers nothing beyond its organization.
      isSuperuser: row.is_superuser && !row.from_provider,
      fromProvider: row.from_provider,
      expiresAt: row.expires_at?.getTime(),
      paused: row.paused_at !== null,
      plan: row.plan,
      requestsPerMinute: row.requests_per_minute ?? undefined,
    };
  }

  /** Whoever has a token may have made others with it: they are paused too, each with a record of its own. */
  async stop(transaction: Transaction, { organizationId, credentialId }: Principal): Promise<boolean> {
    const stopped: string[] = [];
    let paused: string[];
    do {
      paused = await this.tokens.pauseWithMade(transaction, organizationId, credentialId);
      stopped.push(...paused);
    } while (paused.length > 0);
    for (const id of stopped.filter((one) => one !== credentialId)) {
      const details = { madeWith: publicId('apiToken', credentialId) };
      const entry = { type: 'api_token.paused', resourceType: 'apiToken' as const, resourceId: id, details };
      await this.auditLog.appendRow(transaction, serviceRow(organizationId, entry));
      this.forgetAfter(transaction, id);
    }
    return stopped.length > 0;
  }

  saveLastUsed(uses: CredentialUse[]): Promise<void> {
    return this.tokens.saveLastUsed(uses);
  }

  /**
   * Makes a token that acts as the actor; where the organization sets a longest lifetime, one that says nothing else lives
   * as long.
   *
   * @throws ExpiryInThePast, LifetimeTooLong; TokenShownOnce for a repeated request; CredentialInvalid when the token that makes
   *   it was paused or deleted meanwhile
   */
  async create(
    actor: Actor,
    { name, expiresAt }: { name: string; expiresAt?: Date },
    retry?: RetryKey,
  ): Promise<Outcome<MintedToken>> {
    const now = new Date();
    if (expiresAt && expiresAt <= now) throw new ExpiryInThePast();
    const { maxTokenLifetimeDays } = await this.organizations.getOwn(actor);
    const end = endWithin(expiresAt, latestEnd(now, maxTokenLifetimeDays), 'expiresAt');
    return this.idempotency.once(actor, retry, {
      change: async (transaction) => {
        const answer = await this.mint(transaction, actor, { name, expiresAt: end }, now);
        return { answer, status: 201, resourceId: answer.apiToken.id };
      },
      replay: (first) => Promise.reject(new TokenShownOnce(publicId('apiToken', first.resourceId))),
    });
  }

  /** @throws ApiTokenNotFound */
  async get(actor: Actor, id: string): Promise<ApiToken> {
    const token = await this.tokens.find(actor, id);
    if (!token) throw new ApiTokenNotFound();
    return token;
  }

  async list<T>(actor: Actor, query: ListQuery, toItem: (token: ApiToken) => T): Promise<Page<T>> {
    const list = `api-tokens:${actor.organizationId}:${actor.userId}`;
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: '-createdAt',
      defaultLimit: 50,
      cursors: this.cursors,
      list,
    });
    return toPage(page, await this.tokens.list(actor, query, page), toItem);
  }

  /** Stops a token until it is resumed. Pausing a paused token changes nothing. @throws ApiTokenNotFound */
  pause(actor: Actor, id: string, retry?: RetryKey): Promise<Outcome<ApiToken>> {
    return this.setPaused(actor, id, true, retry);
  }

  /** Lets a paused token work again. @throws ApiTokenNotFound */
  resume(actor: Actor, id: string, retry?: RetryKey): Promise<Outcome<ApiToken>> {
    return this.setPaused(actor, id, false, retry);
  }

  /** Deletes a token for good. @throws ApiTokenNotFound, PRECONDITION_FAILED */
  async delete(actor: Actor, id: string, ifMatch?: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const token = await this.tokens.lock(transaction, actor, id);
      if (!token) throw new ApiTokenNotFound();
      assertPrecondition(ifMatch, publicId('apiToken', id), token.revision);
      await this.tokens.delete(transaction, token);
      await this.record(transaction, actor, id, 'api_token.deleted', 204);
      this.forgetAfter(transaction, id);
    }, actor.organizationId);
  }

  private async mint(
    transaction: Transaction,
    actor: Actor,
    fields: Pick<ApiToken, 'name' | 'expiresAt'>,
    now: Date,
  ): Promise<MintedToken> {
    const token = mintToken('ck_live_');
    const madeWith = actor.credentialType === 'api_token' ? actor.credentialId : null;
    if (madeWith !== null && !(await this.tokens.hold(transaction, actor.organizationId, madeWith))) {
      throw new CredentialInvalid();
    }
    const apiToken: ApiToken = {
      organizationId: actor.organizationId,
      id: newUuid(),
      userId: actor.userId,
      ...fields,
      hint: tokenHint(token),
      digest: this.digester.digest(token),
      pausedAt: null,
      madeWith,
      lastUsedAt: null,
      fromProvider: actor.fromProvider === true,
      revision: 1,
      createdAt: now,
      updatedAt: now,
    };
    await this.tokens.insert(transaction, apiToken);
    await this.record(transaction, actor, apiToken.id, 'api_token.created', 201);
    return { apiToken, token };
  }

  private setPaused(
    actor: Actor,
    id: string,
    paused: boolean,
    retry: RetryKey | undefined,
  ): Promise<Outcome<ApiToken>> {
    return this.idempotency.once(actor, retry, {
      change: async (transaction) => {
        const token = await this.tokens.lock(transaction, actor, id);
        if (!token) throw new ApiTokenNotFound();
        if ((token.pausedAt !== null) === paused) {
          actor.origin.event = 'api_token.unchanged';
          return { answer: token, status: 200, resourceId: id };
        }
        const updatedAt = new Date();
        const pausedAt = paused ? updatedAt : null;
        const changed = { ...token, pausedAt, updatedAt, revision: token.revision + 1 };
        await this.tokens.updatePaused(transaction, changed);
        await this.record(transaction, actor, id, paused ? 'api_token.paused' : 'api_token.resumed', 200);
        this.forgetAfter(transaction, id);
        return { answer: changed, status: 200, resourceId: id };
      },
      replay: (first) => this.get(actor, first.resourceId),
    });
  }

  private forgetAfter(transaction: Transaction, id: string): void {
    transaction.afterCommit(() => this.credentials.invalidate({ kind: 'credential', id }));
  }

  private record(
    transaction: Transaction,
    actor: Actor,
    id: string,
    type: string,
    status: number,
  ): Promise<void> {
    return this.auditLog.recordChange(transaction, actor, {
      type,
      status,
      resourceType: 'apiToken',
      resourceId: id,
    });
  }
}
