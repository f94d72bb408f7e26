import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';
import type { AuthorizedVault } from '../vaults/authorized-vault.js';
import type { SealedContent, VersionPlace } from './secret-cipher.js';
import { contentColumns, secretColumns, type SecretWithContent } from './secrets.repository.js';

/** A version of a secret to be written, encrypted already. */
export interface SealedVersion extends VersionPlace {
  key: string;
  sealed: SealedContent;
}

const selectByKeys = `SELECT ${secretColumns}, ${contentColumns} FROM secrets s
  JOIN secret_versions v ON v.organization_id = s.organization_id AND v.vault_id = s.vault_id AND v.secret_id = s.id
    AND v.version = s.current_version
  WHERE s.organization_id = $1 AND s.vault_id = $2 AND s.key = ANY($3::text[])`;

const insertVersions = `INSERT INTO secret_versions
    (organization_id, vault_id, secret_id, version, key_version, value, notes, created_by, created_at)
  SELECT $1, $2, row.secret_id, row.version, row.key_version, row.value, row.notes, $3, $4
  FROM unnest($5::uuid[], $6::int[], $7::int[], $8::bytea[], $9::bytea[])
    AS row (secret_id, version, key_version, value, notes)`;

/** Writes many secrets with few statements. */
@Injectable()
export class SecretImportRepository {
  constructor(private readonly database: Database) {}

  /** The present secrets of these names, by name. */
  async findByKeys(
    vault: AuthorizedVault,
    keys: string[],
    transaction?: Transaction,
  ): Promise<Map<string, SecretWithContent>> {
    const values = [vault.organizationId, vault.id, keys];
    const rows = transaction
      ? await transaction.rows<SecretWithContent>(selectByKeys, values)
      : await this.database.rows<SecretWithContent>(selectByKeys, values);
    return new Map(rows.map((row) => [row.key, row]));
  }

  /** Inserts new secrets with their first versions. */
  async insert(
    transaction: Transaction,
    vault: AuthorizedVault,
    rows: SealedVersion[],
    type: string,
    at: Date,
  ): Promise<void> {
    await transaction.rows(
      `INSERT INTO secrets (organization_id, vault_id, id, key, type, created_at, updated_at)
       SELECT $1, $2, row.id, row.key, $3, $4, $4 FROM unnest($5::uuid[], $6::text[]) AS row (id, key)`,
      [vault.organizationId, vault.id, type, at, rows.map((row) => row.secretId), rows.map((row) => row.key)],
    );
    await this.insertVersions(transaction, vault, rows, at);
  }

  /** Adds a version to secrets that exist, and drops those beyond the number the vault keeps. */
  async addVersions(
    transaction: Transaction,
    vault: AuthorizedVault,
    rows: SealedVersion[],
    keep: number,
    at: Date,
  ): Promise<void> {
    await this.insertVersions(transaction, vault, rows, at);
    const ids = rows.map((row) => row.secretId);
    await transaction.rows(
      `UPDATE secrets SET current_version = current_version + 1, revision = revision + 1, updated_at = $3
       WHERE organization_id = $1 AND vault_id = $2 AND id = ANY($4::uuid[])`,
      [vault.organizationId, vault.id, at, ids],
    );
    await transaction.rows(
      `DELETE FROM secret_versions v USING secrets s
       WHERE v.organization_id = $1 AND v.vault_id = $2 AND v.secret_id = ANY($3::uuid[])
         AND s.organization_id = v.organization_id AND s.vault_id = v.vault_id AND s.id = v.secret_id
         AND v.version <= s.current_version - $4`,
      [vault.organizationId, vault.id, ids, keep],
    );
  }

  /** Keeps what an import did for as long as it may be asked for again. */
  async insertResult(
    transaction: Transaction,
    vault: AuthorizedVault,
    id: string,
    result: object,
  ): Promise<void> {
    await transaction.rows(
      `INSERT INTO secret_imports (organization_id, vault_id, id, result) VALUES ($1, $2, $3, $4)`,
      [vault.organizationId, vault.id, id, JSON.stringify(result)],
    );
  }

  async findResult<T>(vault: AuthorizedVault, id: string): Promise<T | undefined> {
    const [row] = await this.database.rows<{ result: T }>(
      `SELECT result FROM secret_imports WHERE organization_id = $1 AND vault_id = $2 AND id = $3`,
      [vault.organizationId, vault.id, id],
    );
    return row?.result;
  }

  private async insertVersions(
    transaction: Transaction,
    vault: AuthorizedVault,
    rows: SealedVersion[],
    at: Date,
  ): Promise<void> {
    await transaction.rows(insertVersions, [
      vault.organizationId,
      vault.id,
      vault.actor.userId,
      at,
      rows.map((row) => row.secretId),
      rows.map((row) => row.version),
      rows.map((row) => row.sealed.keyVersion),
      rows.map((row) => row.sealed.value),
      rows.map((row) => row.sealed.notes),
    ]);
  }
}
