import { Injectable } from '@nestjs/common';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import type { AuditEntry } from '@credvault/audit-log/audit-record.js';
import { SecretValue } from '@credvault/crypto/secret-value.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { TableStatistics } from '@credvault/database/table-statistics.js';
import { newUuid, publicId } from '@credvault/database/typed-id.js';
import { assertPrecondition } from '@credvault/http/etag.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import type { AuthorizedVault } from '../vaults/authorized-vault.js';
import { RecoveryWindow } from '../vaults/recovery-window.js';
import { VaultsService } from '../vaults/vaults.service.js';
import { DeletedSecretsRepository } from './deleted-secrets.repository.js';
import { SecretCipher, retryAfterRotation, type SecretContent } from './secret-cipher.js';
import type { Secret } from './secret.entity.js';
import { SecretNotFound } from './secrets.errors.js';
import { SecretsRepository, type SecretWithContent } from './secrets.repository.js';

/** A secret as an answer may show it: with those parts of its content that this answer may hold. */
export interface SecretView {
  secret: Pick<Secret, 'id' | 'key' | 'type' | 'revision' | 'createdAt' | 'updatedAt'>;
  version: number;
  value?: SecretValue;
  /** null: it has none; undefined: this answer may not hold them. */
  notes?: SecretValue | null;
}

export interface NewSecret extends SecretContent {
  key: string;
  type: string;
}

/** What to change; undefined leaves a field as it is, and null notes take them away. */
export interface SecretChange {
  key?: string;
  type?: string;
  value?: SecretValue;
  notes?: SecretValue | null;
}

/** Stores, reveals, changes and deletes single secrets. */
@Injectable()
export class SecretsService {
  constructor(
    private readonly secrets: SecretsRepository,
    private readonly deleted: DeletedSecretsRepository,
    private readonly window: RecoveryWindow,
    private readonly vaults: VaultsService,
    private readonly cipher: SecretCipher,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly idempotency: Idempotency,
    private readonly statistics: TableStatistics,
  ) {}

  /** Reveals a secret: the value leaves only after the record of this read is durable. @throws SecretNotFound */
  async reveal(vault: AuthorizedVault, secretId: string): Promise<SecretView> {
    return retryAfterRotation(async () => {
      const row = await this.secrets.findCurrent(vault, secretId);
      if (!row) throw new SecretNotFound();
      const content = await this.cipher.open(vault, { secretId, version: row.version }, row);
      await this.auditLog.recordReveal(vault.actor, revealEntry(vault, secretId, row.version));
      return { secret: row, version: row.version, ...content };
    });
  }

  /** Stores a new secret. @throws VaultNotFound, SecretKeyTaken */
  create(vault: AuthorizedVault, fresh: NewSecret, retry?: RetryKey): Promise<Outcome<SecretView>> {
    return this.idempotency.once(vault.actor, retry, {
      change: async (transaction) => {
        const answer = await this.insert(transaction, vault, fresh);
        return { answer, status: 201, resourceId: answer.secret.id, resourceVersion: 1 };
      },
      replay: async (first) => {
        const secret = await this.secrets.find(vault, first.resourceId);
        if (!secret) throw new SecretNotFound();
        // The retried request holds the same content, so that nothing has to be revealed to answer it.
        return { secret, version: first.resourceVersion ?? 1, value: fresh.value, notes: fresh.notes };
      },
    });
  }

  /** Changes a secret; a new value or new notes make a new version. @throws SecretNotFound, SecretKeyTaken */
  update(
    vault: AuthorizedVault,
    secretId: string,
    change: SecretChange,
    ifMatch?: string,
  ): Promise<SecretView> {
    return this.database.transaction(async (transaction) => {
      const { keyVersion, maxVersions } = await this.vaults.holdKey(transaction, vault);
      const present = await this.lockMatching(transaction, vault, secretId, ifMatch);
      const stored = await this.cipher.open(
        vault,
        { secretId, version: present.version },
        present,
        transaction,
      );
      const content: SecretContent = {
        value: change.value ?? stored.value,
        notes: change.notes === undefined ? stored.notes : change.notes,
      };
      const updatedAt = new Date();
      let { version } = present;
      if (change.value !== undefined || change.notes !== undefined) {
        version += 1;
        const sealed = await this.cipher.seal(vault, keyVersion, { secretId, version }, content, transaction);
        const added = { id: secretId, version, keep: maxVersions, createdAt: updatedAt };
        await this.secrets.insertVersion(transaction, vault, added, sealed);
      }
      const fields = { key: change.key ?? present.key, type: change.type ?? present.type, updatedAt };
      await this.secrets.update(transaction, vault, secretId, { ...fields, currentVersion: version });
      await this.recordUpdate(transaction, vault, secretId, version, change);
      const secret = { ...present, ...fields, revision: present.revision + 1 };
      return this.viewAfterWrite(transaction, vault, { secret, version, ...content }, change);
    }, vault.organizationId);
  }

  /**
   * Deletes a secret with all its versions: for good, or so that it can be restored while its recovery window lasts.
   *
   * @throws SecretNotFound
   */
  async delete(vault: AuthorizedVault, secretId: string, ifMatch?: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      await this.vaults.lock(transaction, vault);
      await this.lockMatching(transaction, vault, secretId, ifMatch);
      const deletion = await this.window.deletionBy(transaction, vault.actor);
      if (deletion) await this.deleted.withdrawOne(transaction, vault, secretId, deletion);
      else await this.secrets.delete(transaction, vault, secretId);
      await this.vaults.countSecrets(transaction, vault, -1);
      await this.auditLog.recordChange(transaction, vault.actor, {
        type: 'secret.deleted',
        status: 204,
        resourceType: 'secret',
        resourceId: secretId,
        vaultId: vault.id,
        ...(deletion && { details: { restorableUntil: deletion.restorableUntil } }),
      });
    }, vault.organizationId);
  }

  /**
   * What a write may answer with: the parts the request sent, and the stored ones too if the actor may read, which is a
   * reveal and recorded as one.
   */
  async viewAfterWrite(
    transaction: Transaction,
    vault: AuthorizedVault,
    view: SecretView & SecretContent,
    sent: Pick<SecretChange, 'value' | 'notes'>,
  ): Promise<SecretView> {
    const { value, notes, ...bare } = view;
    const holdsStored = sent.value === undefined || (sent.notes === undefined && notes !== null);
    if (vault.allows('secret:read')) {
      if (holdsStored) {
        const entry = revealEntry(vault, view.secret.id, view.version);
        await this.auditLog.recordChange(transaction, vault.actor, { ...entry, secondary: true });
      }
      return view;
    }
    return {
      ...bare,
      ...(sent.value === undefined ? {} : { value }),
      ...(sent.notes === undefined ? {} : { notes }),
    };
  }

  private async insert(
    transaction: Transaction,
    vault: AuthorizedVault,
    fresh: NewSecret,
  ): Promise<SecretView> {
    const keyVersion = await this.vaults.countSecrets(transaction, vault, 1);
    const now = new Date();
    const secret: Secret = {
      organizationId: vault.organizationId,
      vaultId: vault.id,
      id: newUuid(),
      key: fresh.key,
      type: fresh.type,
      currentVersion: 1,
      revision: 1,
      createdAt: now,
      updatedAt: now,
    };
    const sealed = await this.cipher.seal(
      vault,
      keyVersion,
      { secretId: secret.id, version: 1 },
      fresh,
      transaction,
    );
    await this.secrets.insert(transaction, vault, secret, sealed);
    transaction.afterCommit(() => this.statistics.noteChanges(1));
    await this.auditLog.recordChange(transaction, vault.actor, {
      type: 'secret.created',
      status: 201,
      resourceType: 'secret',
      resourceId: secret.id,
      vaultId: vault.id,
      details: { version: 1 },
    });
    return { secret, version: 1, value: fresh.value, notes: fresh.notes };
  }

  private async lockMatching(
    transaction: Transaction,
    vault: AuthorizedVault,
    secretId: string,
    ifMatch: string | undefined,
  ): Promise<SecretWithContent> {
    const present = await this.secrets.lockCurrent(transaction, vault, secretId);
    if (!present) throw new SecretNotFound();
    assertPrecondition(ifMatch, publicId('secret', secretId), present.revision);
    return present;
  }

  private recordUpdate(
    transaction: Transaction,
    vault: AuthorizedVault,
    secretId: string,
    version: number,
    change: SecretChange,
  ): Promise<void> {
    const fields = Object.entries(change).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    return this.auditLog.recordChange(transaction, vault.actor, {
      type: 'secret.updated',
      status: 200,
      resourceType: 'secret',
      resourceId: secretId,
      vaultId: vault.id,
      details: { fields, version },
    });
  }
}

/** The record of a revealed version. */
export function revealEntry(vault: AuthorizedVault, secretId: string, version: number): AuditEntry {
  return {
    type: 'secret.revealed',
    status: 200,
    resourceType: 'secret',
    resourceId: secretId,
    vaultId: vault.id,
    details: { version },
  };
}
