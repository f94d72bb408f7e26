import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';

/** What only this API says of an organization. */
export interface CloudOrganizationFacts {
  email: string | null;
  /** The number of its plan as it was given here; null: never. */
  planType: number | null;
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
      `SELECT organization_id AS "organizationId", email, plan_type AS "planType"
       FROM cloud_organizations WHERE organization_id = ANY($1::uuid[])`,
      [organizationIds],
    );
    return new Map(rows.map((row) => [row.organizationId, row]));
  }

  /** Stores what is given; what is undefined stays as it is, and a null takes the address away. */
  async save(
    transaction: Transaction,
    organizationId: string,
    { email, planType }: Partial<CloudOrganizationFacts>,
  ): Promise<void> {
    await transaction.rows(
      `INSERT INTO cloud_organizations AS present (organization_id, email, plan_type) VALUES ($1, $2, $3)
       ON CONFLICT (organization_id) DO UPDATE SET plan_type = coalesce($3, present.plan_type),
         email = CASE WHEN $4 THEN $2 ELSE present.email END`,
      [organizationId, email ?? null, planType ?? null, email !== undefined],
    );
  }
}
