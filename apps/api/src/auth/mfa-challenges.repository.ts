import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';

/** A sign-in that waits for its second factor. */
export interface ChallengeRow {
  organization_id: string;
  user_id: string;
  /** Digest of the hash of the password that was proved. */
  password_digest: Buffer;
}

/** Sign-ins that wait for their second factor, by the digest of their one-time token. */
@Injectable()
export class MfaChallengesRepository {
  constructor(private readonly database: Database) {}

  /** Keeps a challenge, and takes those out of the way whose time is over. */
  async insert(
    transaction: Transaction,
    digest: Buffer,
    challenge: ChallengeRow,
    expiresAt: Date,
  ): Promise<void> {
    await transaction.rows(
      `INSERT INTO mfa_challenges (digest, organization_id, user_id, password_digest, expires_at)
       VALUES ($1, $2, $3, $4, $5)`,
      [digest, challenge.organization_id, challenge.user_id, challenge.password_digest, expiresAt],
    );
  }

  /** A challenge that can still be answered. */
  async find(digest: Buffer, mostTries: number): Promise<ChallengeRow | undefined> {
    const [row] = await this.database.rows<ChallengeRow>(
      `SELECT organization_id, user_id, password_digest FROM mfa_challenges
       WHERE digest = $1 AND expires_at > now() AND tries < $2`,
      [digest, mostTries],
    );
    return row;
  }

  /** Counts a try before it is made, so that tries at once count like tries one after the other; false: there is none left. */
  async takeTry(digest: Buffer, mostTries: number): Promise<boolean> {
    const rows = await this.database.rows(
      `UPDATE mfa_challenges SET tries = tries + 1
       WHERE digest = $1 AND expires_at > now() AND tries < $2 RETURNING 1`,
      [digest, mostTries],
    );
    return rows.length > 0;
  }

  /** Uses a challenge up: whoever gets true is the only one who does. */
  async take(transaction: Transaction, digest: Buffer): Promise<boolean> {
    const rows = await transaction.rows(`DELETE FROM mfa_challenges WHERE digest = $1 RETURNING 1`, [digest]);
    return rows.length > 0;
  }
}
