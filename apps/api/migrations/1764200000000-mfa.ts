import type { MigrationInterface, QueryRunner } from 'typeorm';

const factors = [
  // The secret that counts, and one that waits for its first code. Both are ciphertexts tied to the user.
  `CREATE TABLE authenticators (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    secret bytea,
    last_step bigint NOT NULL DEFAULT 0,
    enabled_at timestamptz(3),
    pending_secret bytea,
    pending_until timestamptz(3),
    CHECK ((secret IS NULL) = (enabled_at IS NULL)),
    CHECK ((pending_secret IS NULL) = (pending_until IS NULL))
  )`,
  `CREATE TABLE recovery_codes (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    digest bytea NOT NULL,
    PRIMARY KEY (user_id, digest)
  )`,
];

const challenges = [
  // Whoever leaves the organization takes the sign-in with them that was to open a session in it.
  `CREATE TABLE mfa_challenges (
    digest bytea PRIMARY KEY,
    organization_id uuid NOT NULL,
    user_id uuid NOT NULL,
    password_digest bytea NOT NULL,
    tries smallint NOT NULL DEFAULT 0,
    expires_at timestamptz(3) NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    FOREIGN KEY (organization_id, user_id) REFERENCES memberships ON DELETE CASCADE
  )`,
  `CREATE INDEX mfa_challenges_user_idx ON mfa_challenges (organization_id, user_id)`,
  `CREATE INDEX mfa_challenges_expires_idx ON mfa_challenges (expires_at)`,
];

const stepUp = [
  // Sessions that are open already, and those that the version before still opens, have to step up first.
  `ALTER TABLE sessions ADD COLUMN stepped_up_at timestamptz(3)`,
  `CREATE TRIGGER invalidate_step_up AFTER UPDATE OF stepped_up_at ON sessions
   FOR EACH ROW EXECUTE FUNCTION credvault_invalidate('credential', 'id')`,
];

/** A second factor for people, sign-ins that wait for it, and when a session last proved who it stands for. */
export class Mfa1764200000000 implements MigrationInterface {
  readonly name = 'Mfa1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...factors, ...challenges, ...stepUp]) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
