import { Injectable } from '@nestjs/common';
import type { MemberKind } from '@credvault/access/member-id.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import { isUniqueViolation } from '@credvault/database/postgres-errors.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import type { AuthorizedVault } from '../vaults/authorized-vault.js';
import type { Deletion } from '../vaults/recovery-window.js';
import type { VaultPlace } from '../vaults/vault-parts.js';
import type { Secret } from './secret.entity.js';
import { RestoredKeyTaken } from './secrets.errors.js';
import { secretColumns } from './secrets.repository.js';

/** A secret that can be restored, as a list shows it. */
export interface DeletedSecret extends Secret, Deletion {
  /** What `deletedBy` is; null when nobody of that id exists any more. */
  deletedByKind: MemberKind | null;
}

const kept = `organization_id, vault_id, id, type, current_version, created_at`;

const versionColumns = `organization_id, vault_id, secret_id, version, key_version, value, notes, created_by, created_at`;

const ofVault = `organization_id = $1 AND vault_id = $2`;

/** Without a third parameter, which is a secret, all of the vault. */
const thatSecret = (column: string): string => `${ofVault} AND ($3::uuid IS NULL OR ${column} = $3)`;

/** A secret that is deleted alone comes back alone. */
const copySecrets = `INSERT INTO deleted_secrets
    (${kept}, key, revision, updated_at, with_vault, deleted_by, deleted_at, restorable_until)
  SELECT ${kept}, key, revision, updated_at, $3::uuid IS NULL, $4, $5, $6 FROM secrets WHERE ${thatSecret('id')}`;

const moveVersions = [
  `INSERT INTO deleted_secret_versions (${versionColumns})
   SELECT ${versionColumns} FROM secret_versions WHERE ${thatSecret('secret_id')}`,
  `DELETE FROM secret_versions WHERE ${thatSecret('secret_id')}`,
  `DELETE FROM secrets WHERE ${thatSecret('id')}`,
];

const columns = `${secretColumns}, s.deleted_by AS "deletedBy", u.kind AS "deletedByKind", s.deleted_at AS "deletedAt",
  s.restorable_until AS "restorableUntil"`;

/** The clock is read once the lock is had: whoever waited for it may have waited beyond the end. */
const lockOne = `WITH locked AS MATERIALIZED (
    SELECT restorable_until FROM deleted_secrets WHERE ${ofVault} AND id = $3 AND NOT with_vault FOR UPDATE)
  SELECT 1 FROM locked WHERE restorable_until > clock_timestamp()`;

const restoreOne = `INSERT INTO secrets AS s (${kept}, key, revision, updated_at)
  SELECT ${kept}, coalesce($4, key), revision + 1, clock_timestamp() FROM deleted_secrets WHERE ${ofVault} AND id = $3
  RETURNING ${secretColumns}`;

const restoreSecrets = `INSERT INTO secrets (${kept}, key, revision, updated_at)
  SELECT ${kept}, key, revision, updated_at FROM deleted_secrets WHERE ${ofVault} AND with_vault`;

/** Each secret's versions by their whole key: without statistics the planner would join the whole vault to itself. */
const restoreVersions = `INSERT INTO secret_versions (${versionColumns})
  SELECT found.* FROM (SELECT id FROM deleted_secrets WHERE ${ofVault} AND with_vault OFFSET 0) AS s,
    LATERAL (SELECT ${versionColumns} FROM deleted_secret_versions WHERE ${ofVault} AND secret_id = s.id OFFSET 0) AS found`;

const forgetRestored = `DELETE FROM deleted_secrets WHERE ${ofVault} AND with_vault RETURNING id`;

/** Moves secrets with their versions to where they can be restored from, and back. */
@Injectable()
export class DeletedSecretsRepository {
  constructor(private readonly database: Database) {}

  /** Moves all secrets of a locked vault away. */
  async withdrawAll(transaction: Transaction, vault: VaultPlace, deletion: Deletion): Promise<void> {
    await this.withdraw(transaction, vault, null, deletion);
  }

  /** Moves one secret of a locked vault away. */
  async withdrawOne(
    transaction: Transaction,
    vault: VaultPlace,
    id: string,
    deletion: Deletion,
  ): Promise<void> {
    await this.withdraw(transaction, vault, id, deletion);
  }

  /** Brings back what was moved away with a vault. @returns how many secrets */
  async restoreAll(transaction: Transaction, { organizationId, id }: VaultPlace): Promise<number> {
    const place = [organizationId, id];
    await transaction.rows(restoreSecrets, place);
    await transaction.rows(restoreVersions, place);
    return (await transaction.rows(forgetRestored, place)).length;
  }

  /**
   * Brings one secret of a locked vault back.
   *
   * @param key its name from now on; undefined: as before
   * @returns undefined when there is none that can be restored now
   * @throws RestoredKeyTaken
   */
  async restoreOne(
    transaction: Transaction,
    { organizationId, id: vaultId }: AuthorizedVault,
    id: string,
    key: string | undefined,
  ): Promise<Secret | undefined> {
    const values = [organizationId, vaultId, id];
    if ((await transaction.rows(lockOne, values)).length === 0) return undefined;
    try {
      const [secret] = await transaction.rows<Secret>(restoreOne, [...values, key ?? null]);
      await transaction.rows(
        `INSERT INTO secret_versions (${versionColumns})
         SELECT ${versionColumns} FROM deleted_secret_versions WHERE ${ofVault} AND secret_id = $3`,
        values,
      );
      await this.deleteOne(transaction, values);
      return secret;
    } catch (error) {
      throw isUniqueViolation(error, 'secrets_key_unique') ? new RestoredKeyTaken() : error;
    }
  }

  /** Deletes one secret of a held vault for good. @returns whether there was one that could be restored now */
  async purgeOne(
    transaction: Transaction,
    { organizationId, id: vaultId }: AuthorizedVault,
    id: string,
  ): Promise<boolean> {
    const values = [organizationId, vaultId, id];
    if ((await transaction.rows(lockOne, values)).length === 0) return false;
    await this.deleteOne(transaction, values);
    return true;
  }

  /** Deletes for good what could still be restored of a vault. */
  async purgeAll(transaction: Transaction, { organizationId, id }: VaultPlace): Promise<void> {
    await transaction.rows(`DELETE FROM deleted_secret_versions WHERE ${ofVault}`, [organizationId, id]);
    await transaction.rows(`DELETE FROM deleted_secrets WHERE ${ofVault}`, [organizationId, id]);
  }

  /** The vaults in which the window of single secrets has ended. */
  findEnded(): Promise<VaultPlace[]> {
    return this.database.rows<VaultPlace>(
      `SELECT DISTINCT organization_id AS "organizationId", vault_id AS id FROM deleted_secrets
       WHERE restorable_until <= now() AND NOT with_vault`,
    );
  }

  /**
   * Deletes single secrets of a vault for good whose window has ended, except those that somebody else has locked. Holds the
   * vault as writers do, so that no rotation of its key meets the deletion halfway.
   *
   * @returns the ids of at most `limit`
   */
  async purgeEnded(
    transaction: Transaction,
    { organizationId, id }: VaultPlace,
    limit: number,
  ): Promise<string[]> {
    const place = [organizationId, id];
    await transaction.rows(`SELECT 1 FROM vaults WHERE organization_id = $1 AND id = $2 FOR SHARE`, place);
    const rows = await transaction.rows<{ id: string }>(
      `DELETE FROM deleted_secrets WHERE ${ofVault} AND id = ANY(ARRAY(
         SELECT id FROM deleted_secrets WHERE ${ofVault} AND restorable_until <= now() AND NOT with_vault
         ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED))
       RETURNING id`,
      [...place, limit],
    );
    return rows.map((row) => row.id);
  }

  list(
    vault: AuthorizedVault,
    query: ListQuery,
    page: PageRequest,
  ): Promise<{ rows: DeletedSecret[]; total: number }> {
    const conditions = new Conditions()
      .add('s.restorable_until > now() AND NOT s.with_vault AND s.organization_id = ?', vault.organizationId)
      .add('s.vault_id = ?', vault.id)
      .addCommon(query, { created: 's.created_at', updated: 's.updated_at', search: 's.key' });
    const from = 'deleted_secrets s LEFT JOIN users u ON u.id = s.deleted_by';
    return listRows<DeletedSecret>(this.database, { columns, from, conditions, page });
  }

  /** In as few statements as there are tables, however many secrets they are. */
  private async withdraw(
    transaction: Transaction,
    { organizationId, id: vaultId }: VaultPlace,
    secretId: string | null,
    { deletedBy, deletedAt, restorableUntil }: Deletion,
  ): Promise<void> {
    const values = [organizationId, vaultId, secretId];
    await transaction.rows(copySecrets, [...values, deletedBy, deletedAt, restorableUntil]);
    for (const statement of moveVersions) await transaction.rows(statement, values);
  }

  private async deleteOne(transaction: Transaction, values: string[]): Promise<void> {
    await transaction.rows(`DELETE FROM deleted_secrets WHERE ${ofVault} AND id = $3`, values);
  }
}
