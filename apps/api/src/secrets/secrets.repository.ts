import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';
import { SharedLookup } from '@credvault/database/shared-lookup.js';
import { isUniqueViolation } from '@credvault/database/postgres-errors.js';
import type { AuthorizedVault } from '../vaults/authorized-vault.js';
import type { SealedContent } from './secret-cipher.js';
import { SecretVersion } from './secret-version.entity.js';
import { Secret } from './secret.entity.js';
import { SecretKeyTaken } from './secrets.errors.js';

/** A secret with one of its versions. */
export interface SecretWithContent extends Secret {
  version: number;
  keyVersion: number;
  value: Buffer;
  notes: Buffer | null;
}

export const secretColumns = `s.organization_id AS "organizationId", s.vault_id AS "vaultId", s.id, s.key, s.type,
  s.current_version AS "currentVersion", s.revision, s.created_at AS "createdAt", s.updated_at AS "updatedAt"`;

export const contentColumns = `v.version, v.key_version AS "keyVersion", v.value, v.notes`;

/**
 * The one statement of the hot path, for the reads that arrived together. Each row is looked up by its own organization,
 * vault and id, so that sharing a statement shares nothing else.
 */
const selectCurrents = {
  name: 'select_secrets_current',
  text: `SELECT wanted.place::int AS place, found.* FROM unnest($1::uuid[], $2::uuid[], $3::uuid[])
      WITH ORDINALITY AS wanted (organization_id, vault_id, id, place),
    LATERAL (SELECT ${secretColumns}, ${contentColumns} FROM secrets s
      JOIN secret_versions v ON v.organization_id = s.organization_id AND v.vault_id = s.vault_id AND v.secret_id = s.id
        AND v.version = s.current_version
      WHERE s.organization_id = wanted.organization_id AND s.vault_id = wanted.vault_id AND s.id = wanted.id
      LIMIT 1) AS found`,
};

const selectLocked = `SELECT ${secretColumns}, ${contentColumns} FROM secrets s
  JOIN secret_versions v ON v.organization_id = s.organization_id AND v.vault_id = s.vault_id AND v.secret_id = s.id
    AND v.version = s.current_version
  WHERE s.organization_id = $1 AND s.vault_id = $2 AND s.id = $3`;

const insertSecret = {
  name: 'insert_secret',
  text: `WITH inserted AS (
      INSERT INTO secrets (organization_id, vault_id, id, key, type, created_at, updated_at)
      VALUES ($1, $2, $3, $4, $5, $6, $6))
    INSERT INTO secret_versions
      (organization_id, vault_id, secret_id, version, key_version, value, notes, created_by, created_at)
    VALUES ($1, $2, $3, 1, $7, $8, $9, $10, $6)`,
};

interface SecretPlaceKey {
  organizationId: string;
  vaultId: string;
  id: string;
}

const selectVersion = {
  name: 'select_secret_version',
  text: `SELECT ${secretColumns}, ${contentColumns} FROM secrets s
    JOIN secret_versions v ON v.organization_id = s.organization_id AND v.vault_id = s.vault_id AND v.secret_id = s.id
    WHERE s.organization_id = $1 AND s.vault_id = $2 AND s.id = $3 AND v.version = $4`,
};

@Injectable()
export class SecretsRepository {
  private readonly currents = new SharedLookup((keys: SecretPlaceKey[]) => this.findCurrents(keys));

  constructor(private readonly database: Database) {}

  /** A secret with its current version. */
  findCurrent(
    { organizationId, id: vaultId }: AuthorizedVault,
    id: string,
  ): Promise<SecretWithContent | undefined> {
    return this.currents.load({ organizationId, vaultId, id });
  }

  /** A secret with one of its versions. */
  async findVersion(
    vault: AuthorizedVault,
    id: string,
    version: number,
  ): Promise<SecretWithContent | undefined> {
    const values = [vault.organizationId, vault.id, id, version];
    return (await this.database.execute<SecretWithContent>(selectVersion, values))[0];
  }

  find(vault: AuthorizedVault, id: string): Promise<Secret | null> {
    return this.database.manager.findOneBy(Secret, {
      organizationId: vault.organizationId,
      vaultId: vault.id,
      id,
    });
  }

  /** Locks a secret and reads it with its current version. The vault is locked before (`VaultsService.holdKey`). */
  async lockCurrent(
    transaction: Transaction,
    vault: AuthorizedVault,
    id: string,
  ): Promise<SecretWithContent | undefined> {
    const values = [vault.organizationId, vault.id, id];
    await transaction.rows(
      `SELECT 1 FROM secrets WHERE organization_id = $1 AND vault_id = $2 AND id = $3 FOR UPDATE`,
      values,
    );
    // A statement of its own: the one that waited for the lock does not see the version that the other writer made.
    const [row] = await transaction.rows<SecretWithContent>(selectLocked, values);
    return row;
  }

  /** Reads one version of a locked secret. */
  async findVersionIn(
    transaction: Transaction,
    vault: AuthorizedVault,
    id: string,
    version: number,
  ): Promise<SecretWithContent | undefined> {
    const [row] = await transaction.rows<SecretWithContent>(selectVersion.text, [
      vault.organizationId,
      vault.id,
      id,
      version,
    ]);
    return row;
  }

  /** Inserts a secret with its first version. @throws SecretKeyTaken */
  async insert(
    transaction: Transaction,
    vault: AuthorizedVault,
    secret: Secret,
    sealed: SealedContent,
  ): Promise<void> {
    try {
      await transaction.execute(insertSecret, [
        vault.organizationId,
        vault.id,
        secret.id,
        secret.key,
        secret.type,
        secret.createdAt,
        sealed.keyVersion,
        sealed.value,
        sealed.notes,
        vault.actor.userId,
      ]);
    } catch (error) {
      throw isUniqueViolation(error, 'secrets_key_unique') ? new SecretKeyTaken() : error;
    }
  }

  /** Adds a version to a locked secret, and drops those beyond the number its vault keeps. */
  async insertVersion(
    transaction: Transaction,
    vault: AuthorizedVault,
    secret: { id: string; version: number; keep: number; createdAt: Date },
    sealed: SealedContent,
  ): Promise<void> {
    await transaction.manager.insert(SecretVersion, {
      organizationId: vault.organizationId,
      vaultId: vault.id,
      secretId: secret.id,
      version: secret.version,
      ...sealed,
      createdBy: vault.actor.userId,
      createdAt: secret.createdAt,
    });
    await transaction.rows(
      `DELETE FROM secret_versions WHERE organization_id = $1 AND vault_id = $2 AND secret_id = $3 AND version <= $4`,
      [vault.organizationId, vault.id, secret.id, secret.version - secret.keep],
    );
  }

  /** Changes a locked secret. @throws SecretKeyTaken */
  async update(
    transaction: Transaction,
    vault: AuthorizedVault,
    id: string,
    fields: Partial<Pick<Secret, 'key' | 'type' | 'currentVersion' | 'updatedAt'>>,
  ): Promise<void> {
    const where = { organizationId: vault.organizationId, vaultId: vault.id, id };
    try {
      await transaction.manager.update(Secret, where, { ...fields, revision: () => 'revision + 1' });
    } catch (error) {
      throw isUniqueViolation(error, 'secrets_key_unique') ? new SecretKeyTaken() : error;
    }
  }

  async delete(transaction: Transaction, vault: AuthorizedVault, id: string): Promise<void> {
    await transaction.manager.delete(Secret, { organizationId: vault.organizationId, vaultId: vault.id, id });
  }

  private async findCurrents(keys: SecretPlaceKey[]): Promise<(SecretWithContent | undefined)[]> {
    const rows = await this.database.execute<SecretWithContent & { place: number }>(selectCurrents, [
      keys.map(({ organizationId }) => organizationId),
      keys.map(({ vaultId }) => vaultId),
      keys.map(({ id }) => id),
    ]);
    const found = new Array<SecretWithContent | undefined>(keys.length);
    for (const row of rows) found[row.place - 1] = row;
    return found;
  }
}
