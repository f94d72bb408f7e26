import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { assertWithin } from '@credvault/access/rights.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { TokenDigester } from '@credvault/crypto/token-digest.js';
import { mintToken, tokenHint } from '@credvault/crypto/tokens.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { newUuid, publicId } from '@credvault/database/typed-id.js';
import { assertPrecondition } from '@credvault/http/etag.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import { toPage, type Page } from '@credvault/http/pagination/page.js';
import { parsePageRequest } from '@credvault/http/pagination/page-request.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import { LongLivedTokens } from '../auth/long-lived-tokens.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { ApiKeyBounds, bindingAfter } from './api-key-bounds.js';
import { changedExpiry, expiryOf, rotationInterval } from './api-key-expiry.js';
import { ApiKeyOwners } from './api-key-owners.js';
import { personOf, rightsOfNew, type KeyBounds } from './api-key-rights.js';
import type { ApiKeySecret } from './api-key-secret.entity.js';
import type { CreateApiKeyDto, UpdateApiKeyDto } from './api-key-requests.dto.js';
import type { ApiKeysQuery } from './api-keys-query.dto.js';
import type { ApiKey } from './api-key.entity.js';
import { ApiKeyNotFound, ApiKeyShownOnce } from './api-keys.errors.js';
import type { ApiKeyView, KeyOwner } from './api-key-view.js';
import { sortable, sortValue } from './api-key-sorting.js';
import { ApiKeyWidening } from './api-key-widening.js';
import { ApiKeysRepository } from './api-keys.repository.js';

/** A key with the secret that opens it, which is shown this once. */
export interface MintedKey {
  apiKey: ApiKeyView;
  key: string;
}

/** API keys: made, shown, changed and deleted by whoever manages the keys of an organization. */
@Injectable()
export class ApiKeysService implements OnModuleInit {
  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly bounds: ApiKeyBounds,
    private readonly owners: ApiKeyOwners,
    private readonly widening: ApiKeyWidening,
    private readonly organizations: OrganizationsService,
    private readonly database: Database,
    private readonly digester: TokenDigester,
    private readonly auditLog: AuditLog,
    private readonly idempotency: Idempotency,
    private readonly cursors: CursorCodec,
    private readonly credentials: CredentialRegistry,
    private readonly longLived: LongLivedTokens,
  ) {}

  onModuleInit(): void {
    this.longLived.register(async (userId) =>
      (await this.keys.findAllOf(userId)).map(({ id, name, hint, lastUsedAt }) => ({
        id: publicId('apiKey', id),
        name,
        hint,
        lastUsedAt,
      })),
    );
  }

  /**
   * Makes a key that the actor owns, or a service account.
   *
   * @throws RightsTooWide, ApiKeyFieldRefused, AddressRangeRefused, LifetimeTooLong; ApiKeyShownOnce for a repeated request
   */
  async create(actor: Actor, fields: CreateApiKeyDto, retry?: RetryKey): Promise<Outcome<MintedKey>> {
    const now = new Date();
    const owner = await this.owners.of(actor, fields.ownerId);
    const named = await this.bounds.namedIn(actor, fields);
    const { maxKeyLifetimeDays } = await this.organizations.getOwn(actor);
    const bounds = {
      ...bindingAfter(named),
      scopes: this.bounds.scopesOf(fields.scopes, owner.shared),
      allowedIps: named.allowedIps ?? null,
      expiresAt: expiryOf(fields, now, maxKeyLifetimeDays),
    };
    assertWithin(actor, rightsOfNew(actor, { ...bounds, granted: [] }, owner.userId));
    const { name, description = '' } = fields;
    return this.idempotency.once(actor, retry, {
      change: async (transaction) => {
        const held = await this.owners.hold(transaction, actor, owner.userId);
        const wanted = { name, description, ...bounds };
        const answer = await this.insert(transaction, actor, held, wanted, now);
        return { answer, status: 201, resourceId: answer.apiKey.id };
      },
      replay: (first) => Promise.reject(new ApiKeyShownOnce(publicId('apiKey', first.resourceId))),
    });
  }

  /** @throws ApiKeyNotFound */
  async get(actor: Actor, id: string): Promise<ApiKeyView> {
    const key = await this.keys.find(actor.organizationId, id);
    if (!key) throw new ApiKeyNotFound();
    return key;
  }

  /** How many keys an organization has, whoever owns them. Whether somebody may know, the caller has checked. */
  count(organizationId: string): Promise<number> {
    return this.keys.countAll(undefined, organizationId);
  }

  async list<T>(actor: Actor, query: ApiKeysQuery, toItem: (key: ApiKeyView) => T): Promise<Page<T>> {
    const { organizationId } = actor;
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: '-createdAt',
      defaultLimit: 50,
      cursors: this.cursors,
      list: `api-keys:${organizationId}`,
    });
    return toPage(page, await this.keys.list(organizationId, query, page), toItem, sortValue);
  }

  /**
   * @throws ApiKeyNotFound, PRECONDITION_FAILED, ApiKeyFieldRefused, LifetimeTooLong, KeyHasGrants; RightsTooWide and
   *   SecretOfAnother as `ApiKeyWidening`
   */
  async update(actor: Actor, id: string, fields: UpdateApiKeyDto, ifMatch?: string): Promise<ApiKeyView> {
    const named = await this.bounds.namedIn(actor, fields);
    return this.change(actor, id, { type: 'api_key.updated', ifMatch }, async (transaction, present) => {
      const owner = await this.organizations.rightsOf(transaction, present.organizationId, present.userId);
      const changed = {
        ...bindingAfter(named, present),
        scopes: fields.scopes
          ? this.bounds.scopesOf(fields.scopes, this.bounds.common(actor, owner))
          : present.scopes,
        allowedIps: named.allowedIps === undefined ? present.allowedIps : named.allowedIps,
        expiresAt: changedExpiry(fields.expiresAt, present, new Date()),
      };
      const { granted } = present;
      await this.widening.assertAllowed(transaction, actor, present, { ...changed, granted }, owner);
      const { name = present.name, description = present.description } = fields;
      return { fields: { name, description, ...changed }, details: { fields: Object.keys(fields) } };
    });
  }

  /** Deletes a key for good; its records stay in the trail. @throws ApiKeyNotFound, PRECONDITION_FAILED */
  async delete(actor: Actor, id: string, ifMatch?: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const key = await this.lock(transaction, actor, id, ifMatch);
      await this.keys.delete(transaction, key);
      await this.record(transaction, actor, id, { type: 'api_key.deleted', status: 204 });
      this.forgetAfter(transaction, id);
    }, actor.organizationId);
  }

  /**
   * Changes a locked key and records it. A plan without fields changes nothing.
   *
   * @param decide what to change, under the lock
   * @throws ApiKeyNotFound, PRECONDITION_FAILED
   */
  change(
    actor: Actor,
    id: string,
    how: { type: string; ifMatch?: string },
    decide: (transaction: Transaction, present: ApiKeyView) => Promise<KeyChange>,
  ): Promise<ApiKeyView> {
    return this.database.transaction(
      (transaction) => this.changeIn(transaction, actor, id, how, decide),
      actor.organizationId,
    );
  }

  /** As `change`, in a transaction that is open already. */
  async changeIn(
    transaction: Transaction,
    actor: Actor,
    id: string,
    { type, ifMatch }: { type: string; ifMatch?: string },
    decide: (transaction: Transaction, present: ApiKeyView) => Promise<KeyChange>,
  ): Promise<ApiKeyView> {
    const present = await this.lock(transaction, actor, id, ifMatch);
    const { fields, view, details } = await decide(transaction, present);
    if (!fields) {
      actor.origin.event = 'api_key.unchanged';
      return present;
    }
    const all = { ...fields, updatedAt: new Date(), revision: present.revision + 1 };
    await this.keys.update(transaction, present, all);
    await this.record(transaction, actor, id, { type, status: 200, details });
    this.forgetAfter(transaction, id);
    return { ...present, ...all, ...view };
  }

  /** A new secret for a key; only its digest is stored. */
  mintSecret(
    actor: Actor,
    { organizationId, id: apiKeyId }: Pick<ApiKey, 'organizationId' | 'id'>,
    now: Date,
  ): { key: string; secret: ApiKeySecret } {
    const key = mintToken('cv_');
    const secret: ApiKeySecret = {
      digest: this.digester.digest(key),
      organizationId,
      apiKeyId,
      id: newUuid(),
      hint: tokenHint(key),
      madeBy: personOf(actor),
      endsAt: null,
      lastUsedAt: null,
      createdAt: now,
    };
    return { key, secret };
  }

  private async insert(
    transaction: Transaction,
    actor: Actor,
    owner: KeyOwner,
    fields: Pick<ApiKey, 'name' | 'description'> & Omit<KeyBounds, 'granted'>,
    now: Date,
  ): Promise<MintedKey> {
    const { organizationId, userId: createdBy, ofServiceAccount } = actor;
    const { userId } = owner;
    const id = newUuid();
    const { key, secret } = this.mintSecret(actor, { organizationId, id }, now);
    const apiKey: ApiKey = {
      ...fields,
      organizationId,
      id,
      userId,
      createdBy,
      hint: secret.hint,
      pausedAt: null,
      lastUsedAt: null,
      lastRotatedAt: null,
      rotationDueAt: new Date(now.getTime() + rotationInterval),
      rotationDueNoted: false,
      revision: 1,
      createdAt: now,
      updatedAt: now,
    };
    await this.keys.insert(transaction, apiKey, secret);
    await this.record(transaction, actor, id, { type: 'api_key.created', status: 201 });
    const creatorKind = ofServiceAccount === true ? 'service' : 'person';
    // Its end is within the longest lifetime already.
    const maxLifetimeDays = null;
    const noPrevious = { previousHint: null, previousEndsAt: null, previousLastUsedAt: null };
    return { apiKey: { ...apiKey, ...owner, creatorKind, granted: [], maxLifetimeDays, ...noPrevious }, key };
  }

  private async lock(
    transaction: Transaction,
    actor: Actor,
    id: string,
    ifMatch?: string,
  ): Promise<ApiKeyView> {
    const key = await this.keys.lock(transaction, actor.organizationId, id);
    if (!key) throw new ApiKeyNotFound();
    assertPrecondition(ifMatch, publicId('apiKey', id), key.revision);
    return key;
  }

  private forgetAfter(transaction: Transaction, id: string): void {
    transaction.afterCommit(() => this.credentials.invalidate({ kind: 'credential', id }));
  }

  private record(
    transaction: Transaction,
    actor: Actor,
    id: string,
    entry: { type: string; status: number; details?: Record<string, unknown> },
  ): Promise<void> {
    return this.auditLog.recordChange(transaction, actor, {
      ...entry,
      resourceType: 'apiKey',
      resourceId: id,
    });
  }
}

/** What a change does to a key; without fields it does nothing. */
export interface KeyChange {
  fields?: Partial<ApiKey>;
  /** What it does to the key's secrets, as far as the key shows them. */
  view?: Pick<ApiKeyView, 'previousHint' | 'previousEndsAt' | 'previousLastUsedAt'>;
  /** For the record; never a secret. */
  details?: Record<string, unknown>;
}
