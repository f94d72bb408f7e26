import { Injectable } from '@nestjs/common';
import { GrantTooLow, ScopeMissing } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import type { Scope } from '@credvault/access/scopes.js';
import { knownVaults, levelAllows, reachInto } from '@credvault/access/vault-levels.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { Keyring, type KeyOwner } from '@credvault/crypto/keyring.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { newUuid, publicId } from '@credvault/database/typed-id.js';
import { assertPrecondition } from '@credvault/http/etag.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import { toPage, type Page } from '@credvault/http/pagination/page.js';
import { parsePageRequest, type SortColumn } from '@credvault/http/pagination/page-request.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { proveAuthorized, type AuthorizedVault } from './authorized-vault.js';
import type { VaultsQuery } from './vault.dto.js';
import type { Vault } from './vault.entity.js';
import { VaultCreated } from './vault-created.js';
import {
  placeDetails,
  unlessEnvironmentTaken,
  VaultPlaces,
  type NewPlace,
  type WantedPlace,
} from './vault-places.js';
import { VaultDeletion } from './vault-deletion.js';
import { VaultNotFound } from './vaults.errors.js';
import { VaultsRepository } from './vaults.repository.js';

const sortable: Record<string, SortColumn> = {
  createdAt: { sql: 'created_at', type: 'timestamptz' },
  updatedAt: { sql: 'updated_at', type: 'timestamptz' },
  name: { sql: 'name', type: 'text' },
};

export interface VaultFields extends WantedPlace {
  name: string;
  description?: string;
  maxVersions?: number;
}

/** Versions kept of each secret unless the vault says otherwise. */
export const defaultMaxVersions = 100;

/** Vaults, and who may do what with them. */
@Injectable()
export class VaultsService {
  constructor(
    private readonly vaults: VaultsRepository,
    private readonly organizations: OrganizationsService,
    private readonly keyring: Keyring,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly idempotency: Idempotency,
    private readonly cursors: CursorCodec,
    private readonly created: VaultCreated,
    private readonly places: VaultPlaces,
    private readonly deletion: VaultDeletion,
  ) {}

  /**
   * The proof that an actor may do something with a vault. Costs no round trip: the actor's rights came with the actor,
   * and the statements that take the proof look only into the actor's organization.
   *
   * @throws ScopeMissing; VaultNotFound for a vault that the actor may not know of; GrantTooLow for one that is granted to
   *   them, but not for this
   */
  authorize(actor: Actor, scope: Scope, vaultId: string): AuthorizedVault {
    if (!actor.scopes.has(scope)) throw new ScopeMissing(scope);
    const level = reachInto(actor, vaultId);
    if (level === undefined) throw new VaultNotFound();
    if (!levelAllows(level, scope)) throw new GrantTooLow(scope);
    return proveAuthorized(actor, vaultId, level);
  }

  /** @throws VaultNotFound */
  async get(vault: AuthorizedVault): Promise<Vault> {
    const found = await this.vaults.find(vault);
    if (!found) throw new VaultNotFound();
    return found;
  }

  async list<T>(actor: Actor, query: VaultsQuery, toItem: (vault: Vault) => T): Promise<Page<T>> {
    if (!actor.scopes.has('vault:read')) throw new ScopeMissing('vault:read');
    const list = `vaults:${actor.organizationId}`;
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: 'createdAt',
      defaultLimit: 1_000,
      cursors: this.cursors,
      list,
    });
    return toPage(page, await this.vaults.list(actor, query, page), toItem);
  }

  /** How many vaults an organization has, and how many secrets are in them. Whether somebody may know, the caller has checked. */
  countWithSecrets(organizationId: string): Promise<{ vaults: number; secrets: number }> {
    return this.vaults.countWithSecrets(organizationId);
  }

  /** Makes a vault with a data key of its own. @throws EnvironmentTaken, and what `VaultPlaces.ofNew` throws */
  create(actor: Actor, fields: VaultFields, retry?: RetryKey): Promise<Outcome<Vault>> {
    if (!actor.scopes.has('vault:write')) throw new ScopeMissing('vault:write');
    const place = this.places.ofNew(actor, fields);
    const vault = proveAuthorized(actor, newUuid(), 'manager');
    return this.idempotency.once(actor, retry, {
      change: async (transaction) => ({
        answer: await this.insert(transaction, vault, fields, place),
        status: 201,
        resourceId: vault.id,
      }),
      replay: (first) => this.get(this.authorize(actor, 'vault:write', first.resourceId)),
    });
  }

  /** @throws VaultNotFound, PRECONDITION_FAILED, EnvironmentTaken, and what `VaultPlaces.holdNext` throws */
  update(vault: AuthorizedVault, fields: Partial<VaultFields>, ifMatch?: string): Promise<Vault> {
    return this.database.transaction(async (transaction) => {
      const present = await this.lockMatching(transaction, vault, ifMatch);
      const place = await this.places.holdNext(transaction, vault, present, fields);
      const { projectId: _project, environment: _environment, ...others } = fields;
      const change = { ...others, ...place, updatedAt: new Date() };
      await unlessEnvironmentTaken(() => this.vaults.update(transaction, vault, change));
      await this.auditLog.recordChange(transaction, vault.actor, {
        type: 'vault.updated',
        status: 200,
        resourceType: 'vault',
        resourceId: vault.id,
        vaultId: vault.id,
        details: { fields: Object.keys(fields), ...(place && placeDetails(place)) },
      });
      return { ...present, ...change, revision: present.revision + 1 };
    }, vault.organizationId);
  }

  /**
   * Deletes a vault with all its secrets: for good, or so that it can be restored while its recovery window lasts.
   *
   * @throws VaultNotFound, PRECONDITION_FAILED
   */
  async delete(vault: AuthorizedVault, ifMatch?: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const { secretCount } = await this.lockMatching(transaction, vault, ifMatch);
      const restorableUntil = await this.deletion.delete(transaction, vault);
      await this.auditLog.recordChange(transaction, vault.actor, {
        type: 'vault.deleted',
        status: 204,
        resourceType: 'vault',
        resourceId: vault.id,
        vaultId: vault.id,
        details: { secretCount, restorableUntil },
      });
    }, vault.organizationId);
  }

  /**
   * Holds a vault in a transaction that writes ciphertexts, so that its data key cannot be rotated away under them.
   * Always before any of its secrets is locked: vault first, secret second, and no two writers wait for each other.
   *
   * @throws VaultNotFound
   */
  async holdKey(transaction: Transaction, vault: AuthorizedVault): Promise<Vault> {
    const found = await this.vaults.holdKey(transaction, vault);
    if (!found) throw new VaultNotFound();
    return found;
  }

  /** As `holdKey`, for writers that also change the number of secrets. @throws VaultNotFound */
  async lock(transaction: Transaction, vault: AuthorizedVault): Promise<Vault> {
    const found = await this.vaults.lock(transaction, vault);
    if (!found) throw new VaultNotFound();
    return found;
  }

  /**
   * Keeps the vault's count of secrets, in the transaction that makes or deletes them, and holds the vault as `lock` does.
   *
   * @returns the version of the data key that new ciphertexts use
   * @throws VaultNotFound
   */
  async countSecrets(transaction: Transaction, vault: AuthorizedVault, change: number): Promise<number> {
    const keyVersion = await this.vaults.addToSecretCount(transaction, vault, change);
    if (keyVersion === undefined) throw new VaultNotFound();
    return keyVersion;
  }

  /** Which of these vaults, by UUID, an actor may know of. */
  async known(actor: Actor, ids: readonly string[]): Promise<Set<string>> {
    const existing = await this.vaults.findExisting(actor.organizationId, ids);
    const known = knownVaults(actor);
    return known ? existing.intersection(known) : existing;
  }

  /** The organization of a vault, for the operator's rotation of its key. @throws VaultNotFound */
  async organizationOf(vaultId: string): Promise<string> {
    const organizationId = await this.vaults.findOrganization(vaultId);
    if (organizationId === undefined) throw new VaultNotFound();
    return organizationId;
  }

  /** Locks a vault for a step of its rotation, and tells the current version of its data key. @throws VaultNotFound */
  async lockKeyVersion(transaction: Transaction, owner: KeyOwner): Promise<number> {
    const keyVersion = await this.vaults.lockKeyVersion(transaction, owner);
    if (keyVersion === undefined) throw new VaultNotFound();
    return keyVersion;
  }

  setKeyVersion(transaction: Transaction, owner: KeyOwner, keyVersion: number): Promise<void> {
    return this.vaults.setKeyVersion(transaction, owner, keyVersion);
  }

  private async insert(
    transaction: Transaction,
    vault: AuthorizedVault,
    fields: VaultFields,
    wanted: NewPlace,
  ): Promise<Vault> {
    const now = new Date();
    const place = await this.places.holdNew(transaction, wanted);
    const row: Vault = {
      organizationId: vault.organizationId,
      id: vault.id,
      name: fields.name,
      description: fields.description ?? '',
      secretCount: 0,
      maxVersions: fields.maxVersions ?? defaultMaxVersions,
      ...place,
      keyVersion: 1,
      revision: 1,
      createdBy: vault.actor.userId,
      createdAt: now,
      updatedAt: now,
    };
    await unlessEnvironmentTaken(() => this.vaults.insert(transaction, row));
    await this.keyring.createDataKey(transaction, vault.keyOwner, row.keyVersion);
    await this.organizations.countVaults(transaction, vault.organizationId, 1);
    // In a project it is managed by who manages that.
    if (place.projectId === null) await this.created.tell(transaction, vault);
    await this.auditLog.recordChange(transaction, vault.actor, {
      type: 'vault.created',
      status: 201,
      resourceType: 'vault',
      resourceId: vault.id,
      vaultId: vault.id,
      details: place.projectId === null ? undefined : placeDetails(place),
    });
    return row;
  }

  private async lockMatching(
    transaction: Transaction,
    vault: AuthorizedVault,
    ifMatch?: string,
  ): Promise<Vault> {
    const present = await this.lock(transaction, vault);
    assertPrecondition(ifMatch, publicId('vault', vault.id), present.revision);
    return present;
  }
}
