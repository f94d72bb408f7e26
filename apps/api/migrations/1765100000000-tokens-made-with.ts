import type { MigrationInterface, QueryRunner } from 'typeorm';

const tokens = [
  // The personal token that made a token; null: a session did. No foreign key: of what a deleted token has made, the token
  // that made the deleted one takes its place.
  `ALTER TABLE api_tokens ADD COLUMN made_with uuid`,
  `CREATE INDEX api_tokens_made_with_idx ON api_tokens (organization_id, made_with) WHERE made_with IS NOT NULL`,
];

/**
 * Whether an organization wants mail stands in `subscriptions` alone from now on. `cloud_organizations` keeps its column until
 * no version writes it any more; what the version before this one writes there meanwhile, the trigger takes over.
 */
const notifications = [
  `CREATE FUNCTION credvault_take_over_notifications() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     INSERT INTO subscriptions AS present (organization_id, notifications_enabled)
     VALUES (NEW.organization_id, NEW.notifications_enabled)
     ON CONFLICT (organization_id) DO UPDATE SET notifications_enabled = EXCLUDED.notifications_enabled,
       revision = present.revision + 1, updated_at = now();
     RETURN NULL;
   END $$`,
  `CREATE TRIGGER take_over_made AFTER INSERT ON cloud_organizations FOR EACH ROW
   WHEN (NOT NEW.notifications_enabled) EXECUTE FUNCTION credvault_take_over_notifications()`,
  `CREATE TRIGGER take_over_changed AFTER UPDATE OF notifications_enabled ON cloud_organizations FOR EACH ROW
   WHEN (OLD.notifications_enabled IS DISTINCT FROM NEW.notifications_enabled)
   EXECUTE FUNCTION credvault_take_over_notifications()`,
  // True is what it is where nobody has said anything; false somebody has said.
  `INSERT INTO subscriptions AS present (organization_id, notifications_enabled)
   SELECT organization_id, false FROM cloud_organizations WHERE NOT notifications_enabled
   ON CONFLICT (organization_id) DO UPDATE SET notifications_enabled = false, revision = present.revision + 1,
     updated_at = now() WHERE present.notifications_enabled`,
];

/** With which token a token was made, and one place for whether an organization wants mail. */
export class TokensMadeWith1765100000000 implements MigrationInterface {
  readonly name = 'TokensMadeWith1765100000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...tokens, ...notifications]) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
