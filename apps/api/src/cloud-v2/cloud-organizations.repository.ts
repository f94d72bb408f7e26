import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';

/** What only this API says of an organization. */
export interface CloudOrganizationFacts {
  email: string | null;
  /** The number of its plan as it was given here; null: never. */
  planType: number | null;
  notificationsEnabled: boolean;
}

interface FactsRow extends CloudOrganizationFacts {
  organizationId: string;
}

@Injectable()
export class CloudOrganizationsRepository {
  constructor(private readonly database: Database) {}

  /** What is known of each of these organizations, by UUID; nothing of those that were never touched here. */
  async findAll(organizationIds: string[]): Promise<Map<string, CloudOrganizationFacts>> {
    const rows = await this.database.rows<FactsRow>(
      `SELECT organization_id AS "organizationId", email, plan_type AS "planType",
         notifications_enabled AS "notificationsEnabled"
       FROM cloud_organizations WHERE organization_id = ANY($1::uuid[])`,
      [organizationIds],
    );
    return new Map(rows.map((row) => [row.organizationId, row]));
  }

  /** Stores what is given; what is undefined stays as it is. */
  async save(
    transaction: Transaction,
    organizationId: string,
    { email, planType, notificationsEnabled }: Partial<CloudOrganizationFacts>,
  ): Promise<void> {
    await transaction.rows(
      `INSERT INTO cloud_organizations AS present (organization_id, email, plan_type, notifications_enabled)
       VALUES ($1, $2, $3, coalesce($4, true))
       ON CONFLICT (organization_id) DO UPDATE SET email = coalesce($2, present.email),
         plan_type = coalesce($3, present.plan_type),
         notifications_enabled = coalesce($4, present.notifications_enabled)`,
      [organizationId, email ?? null, planType ?? null, notificationsEnabled ?? null],
    );
  }
}
