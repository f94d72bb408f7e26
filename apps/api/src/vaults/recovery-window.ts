import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import type { Transaction } from '@credvault/database/database.js';

/** Who deletes something that can be restored, and until when. */
export interface Deletion {
  /** UUID of the member. */
  deletedBy: string;
  deletedAt: Date;
  restorableUntil: Date;
}

const day = 24 * 60 * 60_000;

/** For how long an organization keeps what is deleted. */
@Injectable()
export class RecoveryWindow {
  /**
   * A deletion of this moment by the clock of the database, which alone decides when a window ends; undefined where what is
   * deleted is gone for good. What is deleted keeps its end, whatever the organization decides later.
   */
  async deletionBy(
    transaction: Transaction,
    { organizationId, userId: deletedBy }: Pick<Actor, 'organizationId' | 'userId'>,
  ): Promise<Deletion | undefined> {
    const [row] = await transaction.rows<{ days: number; deletedAt: Date }>(
      `SELECT recovery_window_days AS days, clock_timestamp() AS "deletedAt" FROM organizations WHERE id = $1`,
      [organizationId],
    );
    if (!row || row.days === 0) return undefined;
    const { days, deletedAt } = row;
    return { deletedBy, deletedAt, restorableUntil: new Date(deletedAt.getTime() + days * day) };
  }
}
