import type { MigrationInterface, QueryRunner } from 'typeorm';

const links = [
  `ALTER TABLE account_links DROP CONSTRAINT account_links_purpose_check`,
  `ALTER TABLE account_links ADD CONSTRAINT account_links_purpose_check
    CHECK (purpose IN ('setup', 'invitation', 'password_reset', 'email_change')) NOT VALID`,
  `ALTER TABLE account_links VALIDATE CONSTRAINT account_links_purpose_check`,
  // A link of an account that names an address was mailed to it, and there is one of each purpose: the newest. Links that the
  // operator hands out name none, so that nobody takes them away by asking for a mail.
  `CREATE UNIQUE INDEX account_links_one_mailed ON account_links (user_id, purpose) WHERE email IS NOT NULL`,
];

/** One-time links that are mailed: resets of passwords, and changes of e-mail addresses. */
export class MailLinks1764100000000 implements MigrationInterface {
  readonly name = 'MailLinks1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of links) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
