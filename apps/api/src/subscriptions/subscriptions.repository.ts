import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Subscription } from './subscription.entity.js';

/** What an organization says when it changes its subscription. */
export type SubscriptionFields = Partial<Pick<Subscription, 'billing' | 'notificationsEnabled'>>;

/** What organizations have said about their subscriptions; one that has said nothing has no row. */
@Injectable()
export class SubscriptionsRepository {
  constructor(private readonly database: Database) {}

  find(organizationId: string): Promise<Subscription | null> {
    return this.database.manager.findOneBy(Subscription, { organizationId });
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
