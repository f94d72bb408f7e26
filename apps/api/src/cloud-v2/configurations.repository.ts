import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';

/** Whose configurations: one member's in an organization, or the organization's own. */
export interface ConfigurationOwner {
  organizationId: string;
  userId: string | null;
}

export interface Configuration {
  key: string;
  value: unknown;
}

const ofOwner = `organization_id = $1 AND user_id IS NOT DISTINCT FROM $2::uuid`;

@Injectable()
export class ConfigurationsRepository {
  constructor(private readonly database: Database) {}

  list({ organizationId, userId }: ConfigurationOwner): Promise<Configuration[]> {
    return this.database.rows<Configuration>(
      `SELECT key, value FROM cloud_configurations WHERE ${ofOwner} ORDER BY key`,
      [organizationId, userId],
    );
  }

  async find(
    { organizationId, userId }: ConfigurationOwner,
    key: string,
  ): Promise<Configuration | undefined> {
    const [row] = await this.database.rows<Configuration>(
      `SELECT key, value FROM cloud_configurations WHERE ${ofOwner} AND key = $3`,
      [organizationId, userId, key],
    );
    return row;
  }

  /** Of everything that writes configurations of an owner, one goes on at a time. */
  async lock(transaction: Transaction, { organizationId, userId }: ConfigurationOwner): Promise<void> {
    await transaction.rows(
      `SELECT pg_advisory_xact_lock(hashtextextended('configurations of ' || $1 || ' ' || $2, 0))`,
      [organizationId, userId ?? ''],
    );
  }

  /** @returns false when there is none of this name */
  async update(
    transaction: Transaction,
    { organizationId, userId }: ConfigurationOwner,
    { key, value }: Configuration,
  ): Promise<boolean> {
    const rows = await transaction.rows<{ key: string }>(
      `WITH changed AS (
         UPDATE cloud_configurations SET value = $4::jsonb, updated_at = now() WHERE ${ofOwner} AND key = $3
         RETURNING key
       ) SELECT key FROM changed`,
      [organizationId, userId, key, JSON.stringify(value)],
    );
    return rows.length > 0;
  }

  async delete(
    transaction: Transaction,
    { organizationId, userId }: ConfigurationOwner,
    key: string,
  ): Promise<void> {
    await transaction.rows(`DELETE FROM cloud_configurations WHERE ${ofOwner} AND key = $3`, [
      organizationId,
      userId,
      key,
    ]);
  }

  async count(transaction: Transaction, { organizationId, userId }: ConfigurationOwner): Promise<number> {
    const [row] = await transaction.rows<{ count: number }>(
      `SELECT count(*)::int AS count FROM cloud_configurations WHERE ${ofOwner}`,
      [organizationId, userId],
    );
    return row?.count ?? 0;
  }

  async insert(
    transaction: Transaction,
    { organizationId, userId }: ConfigurationOwner,
    { key, value }: Configuration,
  ): Promise<void> {
    await transaction.rows(
      `INSERT INTO cloud_configurations (organization_id, user_id, key, value) VALUES ($1, $2, $3, $4::jsonb)`,
      [organizationId, userId, key, JSON.stringify(value)],
    );
  }
}
