import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { grantsAtStake } from '@credvault/access/grants-at-stake.js';
import type { MemberKind } from '@credvault/access/member-id.js';
import { rankOf } from '@credvault/access/vault-levels.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import type { Deletion } from './recovery-window.js';
import type { VaultPlace } from './vault-parts.js';

/** A vault that can be restored, as a list shows it. */
export interface DeletedVault extends Deletion {
  id: string;
  name: string;
  description: string;
  secretCount: number;
  /** What `deletedBy` is; null when nobody of that id exists any more. */
  deletedByKind: MemberKind | null;
  createdAt: Date;
  updatedAt: Date;
}

/** What a vault that is restored or purged has to be known by. */
export interface LockedDeletedVault extends VaultPlace {
  secretCount: number;
  projectId: string | null;
  environment: string | null;
}

const kept = `organization_id, id, name, description, secret_count, max_versions, key_version, created_by, created_at`;

const insertDeleted = `INSERT INTO deleted_vaults
    (${kept}, revision, updated_at, project_id, environment, deleted_by, deleted_at, restorable_until)
  SELECT ${kept}, revision, updated_at, project_id, environment, $3, $4, $5
  FROM vaults WHERE organization_id = $1 AND id = $2`;

/**
 * That whoever deleted a vault `d` would manage it if it were restored now: they are still the member that they were, and by a grant
 * that would come back with it, or by one of its project.
 */
const deleterManages = `EXISTS (SELECT 1 FROM memberships m
    WHERE m.organization_id = d.organization_id AND m.user_id = d.deleted_by AND m.created_at <= d.deleted_at)
  AND EXISTS (SELECT 1 FROM ${grantsAtStake} g
    WHERE g.organization_id = d.organization_id AND (g.vault_id = d.id OR g.project_id = d.project_id)
      AND g.level = ${rankOf('manager')} AND (g.user_id = d.deleted_by OR g.team_id IN (
        SELECT t.team_id FROM team_members t WHERE t.organization_id = d.organization_id AND t.user_id = d.deleted_by)))`;

/** The clock is read once the lock is had: whoever waited for it may have waited beyond the end. */
const selectLocked = `WITH locked AS MATERIALIZED (
    SELECT * FROM deleted_vaults d
    WHERE organization_id = $1 AND id = $2 AND ($3::uuid IS NULL OR deleted_by = $3 AND ${deleterManages}) FOR UPDATE)
  SELECT organization_id AS "organizationId", id, secret_count AS "secretCount", project_id AS "projectId", environment
  FROM locked WHERE restorable_until > clock_timestamp()`;

const reinstate = `INSERT INTO vaults (${kept}, revision, updated_at, project_id, environment)
  SELECT ${kept}, revision + 1, clock_timestamp(), $3::uuid, $4::text FROM deleted_vaults
  WHERE organization_id = $1 AND id = $2
  ON CONFLICT (organization_id, project_id, environment) WHERE environment IS NOT NULL DO NOTHING
  RETURNING id`;

const columns = `d.id, d.name, d.description, d.secret_count AS "secretCount", d.created_at AS "createdAt",
  d.updated_at AS "updatedAt", d.deleted_by AS "deletedBy", u.kind AS "deletedByKind", d.deleted_at AS "deletedAt",
  d.restorable_until AS "restorableUntil"`;

@Injectable()
export class DeletedVaultsRepository {
  constructor(private readonly database: Database) {}

  /** Copies a vault to where it can be restored from. */
  async insert(
    transaction: Transaction,
    { organizationId, id }: VaultPlace,
    { deletedBy, deletedAt, restorableUntil }: Deletion,
  ): Promise<void> {
    await transaction.rows(insertDeleted, [organizationId, id, deletedBy, deletedAt, restorableUntil]);
  }

  /**
   * Locks a vault that can be restored now.
   *
   * @param deleter who must have deleted it, and would manage it still; undefined: whoever it was
   */
  async lock(
    transaction: Transaction,
    { organizationId, id }: VaultPlace,
    deleter: string | undefined,
  ): Promise<LockedDeletedVault | undefined> {
    const [row] = await transaction.rows<LockedDeletedVault>(selectLocked, [
      organizationId,
      id,
      deleter ?? null,
    ]);
    return row;
  }

  /**
   * Puts a locked vault back, into its project and environment if they are still there, and the environment has no other
   * vault by now.
   *
   * @returns the project it is in
   */
  async reinstate(transaction: Transaction, vault: LockedDeletedVault): Promise<string | null> {
    const { organizationId, id } = vault;
    const { projectId, environment } = await this.holdPlace(transaction, vault);
    const rows = await transaction.rows(reinstate, [organizationId, id, projectId, environment]);
    if (rows.length === 0) await transaction.rows(reinstate, [organizationId, id, projectId, null]);
    return projectId;
  }

  async delete(transaction: Transaction, { organizationId, id }: VaultPlace): Promise<void> {
    await transaction.rows(`DELETE FROM deleted_vaults WHERE organization_id = $1 AND id = $2`, [
      organizationId,
      id,
    ]);
  }

  /** Locks every deleted vault of an organization, in one order. */
  async lockAll(transaction: Transaction, organizationId: string): Promise<void> {
    await transaction.rows(`SELECT 1 FROM deleted_vaults WHERE organization_id = $1 ORDER BY id FOR UPDATE`, [
      organizationId,
    ]);
  }

  /** How many vaults of an organization can still be restored. */
  async countAll(transaction: Transaction, organizationId: string): Promise<number> {
    const [row] = await transaction.rows<{ count: number }>(
      `SELECT count(*)::int AS count FROM deleted_vaults
       WHERE organization_id = $1 AND restorable_until > clock_timestamp()`,
      [organizationId],
    );
    return row?.count ?? 0;
  }

  /** The vaults whose window has ended. */
  findEnded(): Promise<VaultPlace[]> {
    return this.database.rows<VaultPlace>(
      `SELECT organization_id AS "organizationId", id FROM deleted_vaults WHERE restorable_until <= now()
       ORDER BY restorable_until`,
    );
  }

  /** Locks a vault whose window has ended, unless somebody else has it; tells how many secrets went with it. */
  async lockEnded(transaction: Transaction, { organizationId, id }: VaultPlace): Promise<number | undefined> {
    const [row] = await transaction.rows<{ secretCount: number }>(
      `SELECT secret_count AS "secretCount" FROM deleted_vaults
       WHERE organization_id = $1 AND id = $2 AND restorable_until <= now() FOR UPDATE SKIP LOCKED`,
      [organizationId, id],
    );
    return row?.secretCount;
  }

  /** @param deleter as for `lock` */
  list(
    { organizationId, vaultIds }: Pick<Actor, 'organizationId' | 'vaultIds'>,
    deleter: string | undefined,
    query: ListQuery,
    page: PageRequest,
  ): Promise<{ rows: DeletedVault[]; total: number }> {
    const conditions = new Conditions()
      .add('d.restorable_until > now() AND d.organization_id = ?', organizationId)
      .add('d.id = ANY(?::uuid[])', vaultIds && [...vaultIds])
      .add(`d.deleted_by = ? AND ${deleterManages}`, deleter)
      .addCommon(query, { created: 'd.created_at', updated: 'd.updated_at', search: 'd.name' });
    const from = 'deleted_vaults d LEFT JOIN users u ON u.id = d.deleted_by';
    return listRows<DeletedVault>(this.database, { columns, from, conditions, page });
  }

  /** What is left of a vault's place in a project, which then stays until the transaction ends. */
  private async holdPlace(
    transaction: Transaction,
    { organizationId, projectId, environment }: LockedDeletedVault,
  ): Promise<{ projectId: string | null; environment: string | null }> {
    if (projectId === null) return { projectId: null, environment: null };
    const projects = await transaction.rows(
      `SELECT 1 FROM projects WHERE organization_id = $1 AND id = $2 FOR KEY SHARE`,
      [organizationId, projectId],
    );
    if (projects.length === 0) return { projectId: null, environment: null };
    const environments = await transaction.rows(
      `SELECT 1 FROM project_environments WHERE organization_id = $1 AND project_id = $2 AND name = $3 FOR KEY SHARE`,
      [organizationId, projectId, environment],
    );
    return { projectId, environment: environments.length > 0 ? environment : null };
  }
}
