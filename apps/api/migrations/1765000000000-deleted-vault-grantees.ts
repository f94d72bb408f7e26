import type { MigrationInterface, QueryRunner } from 'typeorm';

// Whoever hands out or takes what is granted to somebody also looks at what would come back to them with a deleted vault.
const statements = ['user_id', 'team_id', 'api_key_id'].map(
  (grantee) =>
    `CREATE INDEX deleted_vault_grants_${grantee}_idx ON deleted_vault_grants (organization_id, ${grantee})
     WHERE ${grantee} IS NOT NULL`,
);

/** The grants of deleted vaults, by whom they are to. */
export class DeletedVaultGrantees1765000000000 implements MigrationInterface {
  readonly name = 'DeletedVaultGrantees1765000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
