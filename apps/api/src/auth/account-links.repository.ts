import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';

export type LinkPurpose = 'setup' | 'invitation' | 'password_reset';

export interface AccountLink {
  purpose: LinkPurpose;
  email: string | null;
  user_id: string | null;
}

/** One-time tokens that are no credentials: they open an account or a new password, and are stored as digests. */
@Injectable()
export class AccountLinksRepository {
  constructor(private readonly database: Database) {}

  /** Lets no other registration, and no new setup token, go on before this transaction ends. */
  async lockRegistration(transaction: Transaction): Promise<void> {
    await transaction.rows(`SELECT pg_advisory_xact_lock(hashtext('credvault:registration'))`);
  }

  /** Puts a setup token in the place of the one before it: of processes that start at once, the last one's is good. */
  async replaceSetup(digest: Buffer, expiresAt: Date): Promise<void> {
    await this.database.transaction(async (transaction) => {
      await this.lockRegistration(transaction);
      await transaction.rows(`DELETE FROM account_links WHERE purpose = 'setup'`);
      await this.insert(transaction, { digest, purpose: 'setup', expiresAt });
    });
  }

  async insert(
    transaction: Transaction,
    link: { digest: Buffer; purpose: LinkPurpose; email?: string; userId?: string; expiresAt: Date },
  ): Promise<void> {
    await transaction.rows(
      `INSERT INTO account_links (digest, purpose, email, user_id, expires_at) VALUES ($1, $2, $3, $4, $5)`,
      [link.digest, link.purpose, link.email, link.userId, link.expiresAt],
    );
  }

  /** Takes a link out of the table: whoever gets it is the only one who does. */
  async take(
    transaction: Transaction,
    digest: Buffer,
    purposes: LinkPurpose[],
  ): Promise<AccountLink | undefined> {
    const [link] = await transaction.rows<AccountLink>(
      `DELETE FROM account_links WHERE digest = $1 AND purpose = ANY($2) AND expires_at > now()
       RETURNING purpose, email, user_id`,
      [digest, purposes],
    );
    return link;
  }

  /** Whose password a reset link is for, without taking it. */
  async findResetOwner(transaction: Transaction, digest: Buffer): Promise<string | null> {
    const [link] = await transaction.rows<Pick<AccountLink, 'user_id'>>(
      `SELECT user_id FROM account_links WHERE digest = $1 AND purpose = 'password_reset' AND expires_at > now()`,
      [digest],
    );
    return link?.user_id ?? null;
  }

  /** Takes away every link that could still reset a person's password. */
  async deleteResetsOf(transaction: Transaction, userId: string): Promise<void> {
    await transaction.rows(`DELETE FROM account_links WHERE user_id = $1 AND purpose = 'password_reset'`, [
      userId,
    ]);
  }
}
