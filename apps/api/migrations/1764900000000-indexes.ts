import type { MigrationInterface, QueryRunner } from 'typeorm';

const statements = [
  // Came into a migration that had run on some databases already.
  `CREATE INDEX IF NOT EXISTS vaults_created_idx ON vaults (organization_id, created_at, id)`,
  // A change of password or second factor looks for a person's sessions in every organization.
  `CREATE INDEX sessions_person_idx ON sessions (user_id)`,
  `CREATE INDEX account_links_user_idx ON account_links (user_id)`,
  // A role is deleted only while no invitation names it.
  `CREATE INDEX invitations_role_idx ON invitations (organization_id, custom_role_id)
   WHERE custom_role_id IS NOT NULL`,
];

/** Indexes without which some statements read a whole table. Each blocks writes to its table while it is built. */
export class Indexes1764900000000 implements MigrationInterface {
  readonly name = 'Indexes1764900000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
