import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Subscription } from './subscription.entity.js';

/** What an organization says when it changes its subscription. */
export type SubscriptionFields = Partial<Pick<Subscription, 'billing' | 'notificationsEnabled'>>;

/** What organizations have said about their subscriptions; one that has said nothing has no row. */
@Injectable()
export class SubscriptionsRepository {
  constructor(private readonly database: Database) {}

  /** @param transaction the one the caller is in, if it is in one */
  find(organizationId: string, transaction?: Transaction): Promise<Subscription | null> {
    return (transaction ?? this.database).manager.findOneBy(Subscription, { organizationId });
  }

  /** Whether each of these organizations wants mail, by UUID; nothing of those that have said nothing. */
  async findNotified(organizationIds: readonly string[]): Promise<Map<string, boolean>> {
    const rows = await this.database.rows<{ id: string; enabled: boolean }>(
      `SELECT organization_id AS id, notifications_enabled AS enabled FROM subscriptions
       WHERE organization_id = ANY($1::uuid[])`,
      [organizationIds],
    );
    return new Map(rows.map(({ id, enabled }) => [id, enabled]));
  }

  /** The row of an organization that the caller has locked; it is made if there is none. */
  async ensure(transaction: Transaction, organizationId: string): Promise<Subscription> {
    await transaction.rows(`INSERT INTO subscriptions (organization_id) VALUES ($1) ON CONFLICT DO NOTHING`, [
      organizationId,
    ]);
    return transaction.manager.findOneByOrFail(Subscription, { organizationId });
  }

  async update(transaction: Transaction, organizationId: string, fields: SubscriptionFields): Promise<void> {
    await transaction.rows(
      `UPDATE subscriptions SET
         billing = CASE WHEN $2 THEN $3::jsonb ELSE billing END,
         notifications_enabled = coalesce($4, notifications_enabled),
         revision = revision + 1, updated_at = now()
       WHERE organization_id = $1`,
      [
        organizationId,
        fields.billing !== undefined,
        fields.billing ? JSON.stringify(fields.billing) : null,
        fields.notificationsEnabled ?? null,
      ],
    );
  }
}
