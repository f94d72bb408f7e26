import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';

/** The authenticator app of a person: the secret that counts, and one that waits for its first code. */
export interface AuthenticatorRow {
  secret: Buffer | null;
  pending_secret: Buffer | null;
}

/** What a person may know of their own second factor. */
export interface MfaStateRow {
  enabled_at: Date | null;
  recovery_codes_left: number;
}

/** Authenticator apps and recovery codes, all of one user each. */
@Injectable()
export class MfaRepository {
  constructor(private readonly database: Database) {}

  async state(userId: string): Promise<MfaStateRow> {
    const [row] = await this.database.rows<MfaStateRow>(
      `SELECT (SELECT enabled_at FROM authenticators WHERE user_id = $1) AS enabled_at,
         (SELECT count(*)::int FROM recovery_codes WHERE user_id = $1) AS recovery_codes_left`,
      [userId],
    );
    return row ?? { enabled_at: null, recovery_codes_left: 0 };
  }

  async isEnabled(transaction: Transaction, userId: string): Promise<boolean> {
    const rows = await transaction.rows(
      `SELECT 1 FROM authenticators WHERE user_id = $1 AND enabled_at IS NOT NULL`,
      [userId],
    );
    return rows.length > 0;
  }

  /** Whether an organization that a person belongs to asks its people for a second factor. */
  async isRequired(transaction: Transaction, userId: string): Promise<boolean> {
    const rows = await transaction.rows(
      `SELECT 1 FROM memberships m JOIN organizations o ON o.id = m.organization_id
       WHERE m.user_id = $1 AND o.require_mfa LIMIT 1`,
      [userId],
    );
    return rows.length > 0;
  }

  /** The authenticator of a person; `pending_secret` is null once its time is over. */
  async find(transaction: Transaction, userId: string): Promise<AuthenticatorRow | undefined> {
    const [row] = await transaction.rows<AuthenticatorRow>(
      `SELECT secret, CASE WHEN pending_until > now() THEN pending_secret END AS pending_secret
       FROM authenticators WHERE user_id = $1`,
      [userId],
    );
    return row;
  }

  /** Keeps a secret until its first code comes, in place of another one that waits. */
  async savePending(
    transaction: Transaction,
    userId: string,
    pending: { secret: Buffer; until: Date },
  ): Promise<void> {
    await transaction.rows(
      `INSERT INTO authenticators (user_id, pending_secret, pending_until) VALUES ($1, $2, $3)
       ON CONFLICT (user_id) DO UPDATE SET pending_secret = $2, pending_until = $3`,
      [userId, pending.secret, pending.until],
    );
  }

  /** Makes the secret that waited the one that counts; the code of `step` is used with it. */
  async enable(transaction: Transaction, userId: string, step: number): Promise<void> {
    await transaction.rows(
      `UPDATE authenticators SET secret = pending_secret, last_step = $2, enabled_at = now(),
         pending_secret = NULL, pending_until = NULL
       WHERE user_id = $1`,
      [userId, step],
    );
  }

  /**
   * Uses the code of a time step up, in one statement: of two uses at once, the second waits here and then finds that the
   * step is no later than the last one any more.
   *
   * @param secret the ciphertext of the secret that the code is of, which must still be the one that counts
   * @returns false when it was used before
   */
  async useStep(transaction: Transaction, userId: string, secret: Buffer, step: number): Promise<boolean> {
    const rows = await transaction.rows(
      `UPDATE authenticators SET last_step = $3 WHERE user_id = $1 AND secret = $2 AND last_step < $3 RETURNING 1`,
      [userId, secret, step],
    );
    return rows.length > 0;
  }

  /** Uses a recovery code up; false when the person has none like it. */
  async useRecoveryCode(transaction: Transaction, userId: string, digest: Buffer): Promise<boolean> {
    const rows = await transaction.rows(
      `DELETE FROM recovery_codes WHERE user_id = $1 AND digest = $2 RETURNING 1`,
      [userId, digest],
    );
    return rows.length > 0;
  }

  async replaceRecoveryCodes(transaction: Transaction, userId: string, digests: Buffer[]): Promise<void> {
    await transaction.rows(`DELETE FROM recovery_codes WHERE user_id = $1`, [userId]);
    await transaction.rows(`INSERT INTO recovery_codes (user_id, digest) SELECT $1, unnest($2::bytea[])`, [
      userId,
      digests,
    ]);
  }

  /** Takes away all that makes up the second factor of a person; false when they have none. */
  async remove(transaction: Transaction, userId: string): Promise<boolean> {
    const removed = await transaction.rows<{ was_enabled: boolean }>(
      `DELETE FROM authenticators WHERE user_id = $1 RETURNING enabled_at IS NOT NULL AS was_enabled`,
      [userId],
    );
    await transaction.rows(`DELETE FROM recovery_codes WHERE user_id = $1`, [userId]);
    await transaction.rows(`DELETE FROM mfa_challenges WHERE user_id = $1`, [userId]);
    return removed.some((row) => row.was_enabled);
  }
}
