import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';

export type LinkPurpose = 'setup' | 'invitation' | 'password_reset' | 'email_change';

export interface AccountLink {
  purpose: LinkPurpose;
  email: string | null;
  user_id: string | null;
}

/** A link that was mailed to an address for an account. */
export interface MailedLink {
  userId: string;
  email: string;
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

  /** Puts a link that is mailed in the place of the one before it, of the same purpose and account. */
  async replaceMailed(
    transaction: Transaction,
    link: MailedLink & { digest: Buffer; purpose: LinkPurpose; expiresAt: Date },
  ): Promise<void> {
    await transaction.rows(
      `INSERT INTO account_links (digest, purpose, email, user_id, expires_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (user_id, purpose) WHERE email IS NOT NULL DO UPDATE
       SET digest = excluded.digest, email = excluded.email, expires_at = excluded.expires_at, created_at = now()`,
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

  /** Which account gets which address by the link of a change, without taking it. */
  async findEmailChange(transaction: Transaction, digest: Buffer): Promise<MailedLink | undefined> {
    const [link] = await transaction.rows<MailedLink>(
      `SELECT user_id AS "userId", email FROM account_links
       WHERE digest = $1 AND purpose = 'email_change' AND expires_at > now()`,
      [digest],
    );
    return link;
  }

  /** Takes away every link of a person for these purposes. */
  async deleteOf(transaction: Transaction, userId: string, purposes: LinkPurpose[]): Promise<void> {
    await transaction.rows(`DELETE FROM account_links WHERE user_id = $1 AND purpose = ANY($2)`, [
      userId,
      purposes,
    ]);
  }
}
