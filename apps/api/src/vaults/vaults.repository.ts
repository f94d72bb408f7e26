import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { knownProjects, reachIntoProject } from '@credvault/access/project-levels.js';
import { knownVaults } from '@credvault/access/vault-levels.js';
import type { KeyOwner } from '@credvault/crypto/keyring.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Conditions, pageOfRows, listRows } from '@credvault/database/list-rows.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import type { AuthorizedVault } from './authorized-vault.js';
import type { VaultsQuery } from './vault.dto.js';
import { Vault } from './vault.entity.js';
import type { Place } from './vault-places.js';

const columns = `id, organization_id AS "organizationId", name, description, secret_count AS "secretCount",
  max_versions AS "maxVersions", project_id AS "projectId", environment, key_version AS "keyVersion", revision, created_by AS "createdBy",
  created_at AS "createdAt", updated_at AS "updatedAt"`;

const selectVault = {
  name: 'select_vault',
  text: `SELECT ${columns} FROM vaults WHERE organization_id = $1 AND id = $2`,
};

const addToSecretCount = {
  name: 'add_to_secret_count',
  text: `UPDATE vaults SET secret_count = secret_count + $3 WHERE organization_id = $1 AND id = $2
    RETURNING key_version AS "keyVersion"`,
};

@Injectable()
export class VaultsRepository {
  constructor(private readonly database: Database) {}

  async find({ organizationId, id }: AuthorizedVault): Promise<Vault | undefined> {
    return (await this.database.execute<Vault>(selectVault, [organizationId, id]))[0];
  }

  lock(transaction: Transaction, { organizationId, id }: AuthorizedVault): Promise<Vault | null> {
    return transaction.manager.findOne(Vault, {
      where: { organizationId, id },
      lock: { mode: 'for_no_key_update' },
    });
  }

  /** Holds the vault's data key where it is until the transaction ends; other writers of the vault are let through. */
  holdKey(transaction: Transaction, { organizationId, id }: AuthorizedVault): Promise<Vault | null> {
    return transaction.manager.findOne(Vault, {
      where: { organizationId, id },
      lock: { mode: 'pessimistic_read' },
    });
  }

  async insert(transaction: Transaction, vault: Vault): Promise<void> {
    await transaction.manager.insert(Vault, vault);
  }

  async update(
    transaction: Transaction,
    { organizationId, id }: AuthorizedVault,
    fields: Partial<Pick<Vault, 'name' | 'description' | 'maxVersions' | keyof Place | 'updatedAt'>>,
  ): Promise<void> {
    await transaction.manager.update(
      Vault,
      { organizationId, id },
      { ...fields, revision: () => 'revision + 1' },
    );
  }

  /**
   * Adds to the count of secrets, in the transaction that makes or deletes them; holds the vault as `lock` does, and tells
   * the version of its data key. Undefined when there is no such vault.
   */
  async addToSecretCount(
    transaction: Transaction,
    { organizationId, id }: AuthorizedVault,
    change: number,
  ): Promise<number | undefined> {
    const [row] = await transaction.execute<{ keyVersion: number }>(addToSecretCount, [
      organizationId,
      id,
      change,
    ]);
    return row?.keyVersion;
  }

  async delete(transaction: Transaction, { organizationId, id }: AuthorizedVault): Promise<void> {
    await transaction.manager.delete(Vault, { organizationId, id });
  }

  /** Which of these vaults the organization has. */
  async findExisting(organizationId: string, ids: readonly string[]): Promise<Set<string>> {
    const rows = await this.database.rows<{ id: string }>(
      `SELECT id FROM vaults WHERE organization_id = $1 AND id = ANY($2::uuid[])`,
      [organizationId, ids],
    );
    return new Set(rows.map(({ id }) => id));
  }

  async countAll(transaction: Transaction, organizationId: string): Promise<number> {
    const [row] = await transaction.rows<{ count: number }>(
      `SELECT count(*)::int AS count FROM vaults WHERE organization_id = $1`,
      [organizationId],
    );
    return row?.count ?? 0;
  }

  /** The vaults of an organization, and the secrets in them. */
  async countWithSecrets(organizationId: string): Promise<{ vaults: number; secrets: number }> {
    const [row] = await this.database.rows<{ vaults: number; secrets: number }>(
      `SELECT count(*)::int AS vaults, coalesce(sum(secret_count), 0)::float8 AS secrets
       FROM vaults WHERE organization_id = $1`,
      [organizationId],
    );
    return row ?? { vaults: 0, secrets: 0 };
  }

  /** Locks every vault of an organization against every writer, in one order. */
  async lockAll(transaction: Transaction, organizationId: string): Promise<void> {
    await transaction.rows(`SELECT 1 FROM vaults WHERE organization_id = $1 ORDER BY id FOR UPDATE`, [
      organizationId,
    ]);
  }

  /** For the operator, who names a vault by its id alone. */
  async findOrganization(id: string): Promise<string | undefined> {
    const [row] = await this.database.rows<{ organizationId: string }>(
      `SELECT organization_id AS "organizationId" FROM vaults WHERE id = $1`,
      [id],
    );
    return row?.organizationId;
  }

  /** Locks the vault of a data key against every writer, and reads which version is current. */
  async lockKeyVersion(
    transaction: Transaction,
    { organizationId, id }: KeyOwner,
  ): Promise<number | undefined> {
    const [row] = await transaction.rows<{ keyVersion: number }>(
      `SELECT key_version AS "keyVersion" FROM vaults WHERE organization_id = $1 AND id = $2 FOR NO KEY UPDATE`,
      [organizationId, id],
    );
    return row?.keyVersion;
  }

  async setKeyVersion(
    transaction: Transaction,
    { organizationId, id }: KeyOwner,
    keyVersion: number,
  ): Promise<void> {
    await transaction.manager.update(Vault, { organizationId, id }, { keyVersion });
  }

  /** A page of the vaults that somebody may know of. */
  async list(actor: Actor, query: VaultsQuery, page: PageRequest): Promise<{ rows: Vault[]; total: number }> {
    const conditions = new Conditions().add('organization_id = ?', actor.organizationId);
    const [inOrganization, known] = [conditions.values.length, knownVaults(actor)];
    conditions.add('project_id = ANY(?::uuid[])', projectsOf(actor, query));
    conditions.add('environment = ?', query.environment);
    conditions.addCommon(query, { created: 'created_at', updated: 'updated_at', search: 'name' });
    const list = { columns, from: 'vaults', conditions, page };
    if (conditions.values.length === inOrganization) return this.unfiltered(actor, known, list);
    conditions.add('id = ANY(?::uuid[])', known && [...known]);
    return listRows<Vault>(this.database, list);
  }

  /**
   * Without filters, the number comes from the organization's counter, or where many vaults are granted from the grants: a vault
   * that has just been deleted may be counted for as long as a grant that was taken back still counts.
   */
  private async unfiltered(
    { organizationId, vaultIds }: Actor,
    known: ReadonlySet<string> | undefined,
    list: VaultList,
  ): Promise<{ rows: Vault[]; total: number }> {
    if (known === undefined) {
      const [rows, [counter]] = await Promise.all([
        pageOfRows<Vault>(this.database, list),
        this.database.rows<{ total: number }>(
          `SELECT vault_count AS total FROM organizations WHERE id = $1`,
          [organizationId],
        ),
      ]);
      return { rows, total: counter?.total ?? 0 };
    }
    const many = vaultIds === undefined && known.size >= manyVaults;
    const rows = many ? await this.pageOfMany(known, list) : undefined;
    if (rows) return { rows, total: known.size };
    list.conditions.add('id = ANY(?::uuid[])', [...known]);
    return listRows<Vault>(this.database, list);
  }

  /**
   * The page of somebody who may know of many vaults: what the organization's own list has at that place, less what they may
   * not know of. Thousands of ids would take longer to send and to plan with than the page to read.
   *
   * @returns undefined when so few of the organization's vaults are known that the page is not filled
   */
  private async pageOfMany(known: ReadonlySet<string>, list: VaultList): Promise<Vault[] | undefined> {
    const wanted = list.page.offset + list.page.limit + 1;
    const limit = Math.min(2 * wanted, readAtOnce);
    const rows = await pageOfRows<Vault>(this.database, {
      ...list,
      page: { ...list.page, offset: 0, limit },
    });
    const shown = rows.filter(({ id }) => known.has(id));
    const isWhole = shown.length >= wanted || rows.length <= limit;
    return isWhole ? shown.slice(list.page.offset, wanted) : undefined;
  }
}

interface VaultList {
  columns: string;
  from: string;
  conditions: Conditions;
  page: PageRequest;
}

/** From so many vaults on, somebody's list is read from the organization's. */
const manyVaults = 1_000;
/** Vaults that are read at once for that. */
const readAtOnce = 2_000;

/** The projects in which to look: the one that is asked for, or those whose environments somebody may know of. */
function projectsOf(actor: Actor, { projectId, environment }: VaultsQuery): string[] | undefined {
  if (projectId === undefined) {
    const known = environment === undefined ? undefined : knownProjects(actor);
    return known && [...known];
  }
  const id = uuidOf('project', projectId);
  return id !== undefined && reachIntoProject(actor, id) !== undefined ? [id] : [];
}
