import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether an organization has single sign-on comes with every principal, so every process hears when that changes. */
export class ProviderInPrincipals1765200000000 implements MigrationInterface {
  readonly name = 'ProviderInPrincipals1765200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TRIGGER invalidate AFTER INSERT OR UPDATE OF enabled OR DELETE ON single_sign_on
       FOR EACH ROW EXECUTE FUNCTION credvault_invalidate_either('organization', 'organization_id')`,
    );
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
