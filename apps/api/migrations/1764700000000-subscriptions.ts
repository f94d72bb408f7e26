import type { MigrationInterface, QueryRunner } from 'typeorm';

const subscriptions = [
  // A plan that the organization would like to have; administrators of the installation see it and decide.
  `ALTER TABLE organizations ADD COLUMN requested_plan text`,
  `ALTER TABLE organizations
    ADD CONSTRAINT organizations_requested_plan_fkey FOREIGN KEY (requested_plan) REFERENCES plans NOT VALID`,
  `ALTER TABLE organizations VALIDATE CONSTRAINT organizations_requested_plan_fkey`,
  // What an organization has said about its subscription; one that has said nothing has no row.
  `CREATE TABLE subscriptions (
    organization_id uuid PRIMARY KEY REFERENCES organizations ON DELETE CASCADE,
    billing jsonb,
    notifications_enabled boolean NOT NULL DEFAULT true,
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now()
  )`,
];

/**
 * Requests of a month are counted once and for all up to a time, `counted_until`; what came later is counted when somebody
 * asks. How that stays exact, `RequestCountsRepository` says.
 */
const requestCounts = [
  `CREATE TABLE request_counts (
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    month date NOT NULL,
    requests bigint NOT NULL DEFAULT 0,
    counted_until timestamptz(3) NOT NULL,
    next_until timestamptz(3) NOT NULL,
    next_after xid8 NOT NULL,
    PRIMARY KEY (organization_id, month)
  )`,
  // No foreign keys: a record must never fail to be written for want of one.
  `CREATE TABLE late_audit_events (
    organization_id uuid NOT NULL,
    occurred_at timestamptz(3) NOT NULL,
    id uuid NOT NULL,
    PRIMARY KEY (organization_id, occurred_at, id)
  )`,
  `CREATE FUNCTION credvault_note_late_event() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     INSERT INTO late_audit_events (organization_id, occurred_at, id)
     VALUES (NEW.organization_id, NEW.occurred_at, NEW.id) ON CONFLICT DO NOTHING;
     RETURN NULL;
   END $$`,
  // The condition costs well under a microsecond, and the function is called for what waited long for the database only.
  `CREATE TRIGGER note_late AFTER INSERT ON audit_events FOR EACH ROW
   WHEN (NEW.occurred_at < clock_timestamp() - interval '5 minutes')
   EXECUTE FUNCTION credvault_note_late_event()`,
];

/** What organizations say about their subscriptions, and how many requests they made. */
export class Subscriptions1764700000000 implements MigrationInterface {
  readonly name = 'Subscriptions1764700000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...subscriptions, ...requestCounts]) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
