import type { MigrationInterface, QueryRunner } from 'typeorm';

const statements = [
  // Words of the cloud-style API that nothing else has; an organization that was never touched there has no row.
  `CREATE TABLE cloud_organizations (
    organization_id uuid PRIMARY KEY REFERENCES organizations ON DELETE CASCADE,
    email text,
    plan_type smallint CHECK (plan_type BETWEEN 1 AND 6),
    notifications_enabled boolean NOT NULL DEFAULT true
  )`,
  // Of the organization itself where `user_id` is null, otherwise of one of its members.
  `CREATE TABLE cloud_configurations (
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    user_id uuid,
    key text NOT NULL,
    value jsonb NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now(),
    FOREIGN KEY (organization_id, user_id) REFERENCES memberships ON DELETE CASCADE
  )`,
  `CREATE UNIQUE INDEX cloud_configurations_organization_key ON cloud_configurations (organization_id, key)
   WHERE user_id IS NULL`,
  `CREATE UNIQUE INDEX cloud_configurations_user_key ON cloud_configurations (organization_id, user_id, key)
   WHERE user_id IS NOT NULL`,
];

/** What the cloud-style API keeps of its own. */
export class CloudV21764800000000 implements MigrationInterface {
  readonly name = 'CloudV21764800000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
