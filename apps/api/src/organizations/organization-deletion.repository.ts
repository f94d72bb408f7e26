import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import type { Transaction } from '@credvault/database/database.js';
import { Organization } from './organization.entity.js';

type Member = Pick<Actor, 'organizationId' | 'userId'>;

/** Members other than the one who asks; a kind of which there are none is left out. */
export type OtherMembers = Partial<Record<'members' | 'serviceAccounts', number>>;

/** How long a deletion waits for what somebody has locked, in milliseconds; well below the second after which PostgreSQL looks for a deadlock. */
const patienceMs = 200;

/** What the deletion of an organization reads and does. */
@Injectable()
export class OrganizationDeletionRepository {
  /**
   * Locks an organization so that nothing new can be made in it. What came into it a moment ago may be locked by somebody who waits
   * for the organization; from now on this transaction gives way to them, for `Database.yieldingTransaction`.
   */
  async lock(transaction: Transaction, id: string): Promise<Organization | null> {
    const organization = await this.lockRow(transaction, id);
    await transaction.rows(`SET LOCAL lock_timeout = ${patienceMs}`);
    return organization;
  }

  private lockRow(transaction: Transaction, id: string): Promise<Organization | null> {
    return transaction.manager.findOne(Organization, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  async isOwner(transaction: Transaction, { organizationId, userId }: Member): Promise<boolean> {
    const rows = await transaction.rows(
      `SELECT 1 FROM memberships WHERE organization_id = $1 AND user_id = $2 AND role = 'owner'`,
      [organizationId, userId],
    );
    return rows.length > 0;
  }

  async countOthers(transaction: Transaction, { organizationId, userId }: Member): Promise<OtherMembers> {
    const rows = await transaction.rows<{ kind: 'members' | 'serviceAccounts'; count: number }>(
      `SELECT CASE u.kind WHEN 'service' THEN 'serviceAccounts' ELSE 'members' END AS kind, count(*)::int AS count
       FROM memberships m JOIN users u ON u.id = m.user_id
       WHERE m.organization_id = $1 AND m.user_id <> $2 GROUP BY u.kind`,
      [organizationId, userId],
    );
    return Object.fromEntries(rows.map(({ kind, count }) => [kind, count]));
  }

  /**
   * Deletes an organization. What refers to it goes with it; what does not is named here. The trail stays, because what
   * happened has happened.
   */
  async delete(transaction: Transaction, id: string): Promise<void> {
    await transaction.rows(
      `DELETE FROM users u USING memberships m
       WHERE m.organization_id = $1 AND u.id = m.user_id AND u.kind = 'service'`,
      [id],
    );
    await transaction.rows(`DELETE FROM idempotency_keys WHERE organization_id = $1`, [id]);
    await transaction.rows(`DELETE FROM late_audit_events WHERE organization_id = $1`, [id]);
    await transaction.manager.delete(Organization, { id });
  }
}
