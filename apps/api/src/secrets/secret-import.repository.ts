import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';
import type { AuthorizedVault } from '../vaults/authorized-vault.js';
import type { SealedContent, VersionPlace } from './secret-cipher.js';

/** A version of a secret to be written, encrypted already. */
export interface SealedVersion extends VersionPlace {
  key: string;
  sealed: SealedContent;
}

/** A secret that an import found under one of its names. */
export interface PresentSecret {
  id: string;
  key: string;
  /** Its current version. */
  version: number;
}

/** The encrypted content of one version. */
export type StoredVersion = VersionPlace & SealedContent;

const selectByKeys = `SELECT id, key, current_version AS version FROM secrets
  WHERE organization_id = $1 AND vault_id = $2 AND key = ANY($3::text[])`;

/** Each row by its whole key: without statistics the planner would join the whole vault instead. */
const selectContents = `SELECT found.* FROM unnest($3::uuid[], $4::int[]) AS wanted (id, version), LATERAL (
    SELECT v.secret_id AS "secretId", v.version, v.key_version AS "keyVersion", v.value, v.notes FROM secret_versions v
    WHERE v.organization_id = $1 AND v.vault_id = $2 AND v.secret_id = wanted.id AND v.version = wanted.version
    LIMIT 1) AS found`;

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
  ): Promise<Map<string, PresentSecret>> {
    const rows = await this.read<PresentSecret>(
      selectByKeys,
      [vault.organizationId, vault.id, keys],
      transaction,
    );
    return new Map(rows.map((row) => [row.key, row]));
  }

  /** What the versions of these secrets hold, by secret id. */
  async findContents(
    vault: AuthorizedVault,
    secrets: PresentSecret[],
    transaction?: Transaction,
  ): Promise<Map<string, StoredVersion>> {
    if (secrets.length === 0) return new Map();
    const [ids, versions] = [secrets.map(({ id }) => id), secrets.map(({ version }) => version)];
    const values = [vault.organizationId, vault.id, ids, versions];
    const rows = await this.read<StoredVersion>(selectContents, values, transaction);
    return new Map(rows.map((row) => [row.secretId, row]));
  }

  /** Inserts new secrets with their first versions. */
  async insert(
    transaction: Transaction,
    vault: AuthorizedVault,
    rows: SealedVersion[],
    type: string,
    at: Date,
  ): Promise<void> {
    if (rows.length === 0) return;
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
    if (rows.length === 0) return;
    await this.insertVersions(transaction, vault, rows, at);
    const ids = rows.map((row) => row.secretId);
    await transaction.rows(
      `UPDATE secrets SET current_version = current_version + 1, revision = revision + 1, updated_at = $3
       WHERE organization_id = $1 AND vault_id = $2 AND id = ANY($4::uuid[])`,
      [vault.organizationId, vault.id, at, ids],
    );
    // The ids stand there twice because without statistics the planner would read the whole vault to join them.
    await transaction.rows(
      `DELETE FROM secret_versions v USING unnest($3::uuid[], $4::int[]) AS row (secret_id, newest)
       WHERE v.organization_id = $1 AND v.vault_id = $2 AND v.secret_id = ANY($3::uuid[])
         AND v.secret_id = row.secret_id AND v.version <= row.newest - $5`,
      [vault.organizationId, vault.id, ids, rows.map((row) => row.version), keep],
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

  private read<T extends object>(sql: string, values: unknown[], transaction?: Transaction): Promise<T[]> {
    return transaction ? transaction.rows<T>(sql, values) : this.database.rows<T>(sql, values);
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
