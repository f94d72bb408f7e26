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

  /** Puts a setup token in the place of the one before it. */
  async replaceSetup(digest: Buffer, expiresAt: Date): Promise<void> {
    await this.database.transaction(async (transaction) => {
      await transaction.rows(`DELETE FROM account_links WHERE purpose = 'setup'`);
      await transaction.rows(
        `INSERT INTO account_links (digest, purpose, expires_at) VALUES ($1, 'setup', $2)
         ON CONFLICT DO NOTHING`,
        [digest, expiresAt],
      );
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

  async deleteExpired(): Promise<void> {
    await this.database.rows(`DELETE FROM account_links WHERE expires_at < now()`);
  }
}
