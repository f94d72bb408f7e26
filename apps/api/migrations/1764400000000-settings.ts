import type { MigrationInterface, QueryRunner } from 'typeorm';

const settings = [
  // null: no bound beyond that of the product. Addresses are CIDR blocks in their shortest spelling, as those of API keys.
  `ALTER TABLE organizations
    ADD COLUMN session_lifetime_hours integer CHECK (session_lifetime_hours BETWEEN 1 AND 2160),
    ADD COLUMN require_mfa boolean NOT NULL DEFAULT false,
    ADD COLUMN allowed_ips text[] CHECK (cardinality(allowed_ips) BETWEEN 1 AND 100),
    ADD COLUMN max_token_lifetime_days integer CHECK (max_token_lifetime_days BETWEEN 1 AND 3650),
    ADD COLUMN max_key_lifetime_days integer CHECK (max_key_lifetime_days BETWEEN 1 AND 3650),
    ADD COLUMN recovery_window_days integer NOT NULL DEFAULT 0 CHECK (recovery_window_days BETWEEN 0 AND 90)`,
];

const sessions = [
  // When somebody signed in; a switch to another organization opens a session that is not younger than that. Of the sessions
  // that are open already nothing better is known.
  `ALTER TABLE sessions ADD COLUMN signed_in_at timestamptz(3) NOT NULL DEFAULT now()`,
  `UPDATE sessions SET signed_in_at = created_at`,
];

const invalidation = [
  `CREATE TRIGGER invalidate_settings
   AFTER UPDATE OF session_lifetime_hours, require_mfa, allowed_ips, max_token_lifetime_days, max_key_lifetime_days
   ON organizations
   FOR EACH ROW EXECUTE FUNCTION credvault_invalidate('organization', 'id')`,
  // Whether a person has a second factor comes with their principal.
  `CREATE TRIGGER invalidate AFTER INSERT OR UPDATE OF enabled_at OR DELETE ON authenticators
   FOR EACH ROW EXECUTE FUNCTION credvault_invalidate_either('user', 'user_id')`,
];

/** What an organization decides about sessions, second factors, addresses, lifetimes and recovery. */
export class OrganizationSettings1764400000000 implements MigrationInterface {
  readonly name = 'OrganizationSettings1764400000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...settings, ...sessions, ...invalidation]) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
