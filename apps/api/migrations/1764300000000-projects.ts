import type { MigrationInterface, QueryRunner } from 'typeorm';

const projects = [
  // `region` and `backup_location` are words of the cloud-style API, kept for its clients.
  `CREATE TABLE projects (
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    region text,
    backup_location jsonb,
    revision integer NOT NULL DEFAULT 1,
    created_by uuid NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id)
  )`,
  `CREATE INDEX projects_created_idx ON projects (organization_id, created_at, id)`,
  `CREATE TABLE project_environments (
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, project_id, name),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects ON DELETE CASCADE
  )`,
];

const vaults = [
  // A vault belongs to one project at most, and there it may be the one vault of an environment. A project with vaults is not
  // deleted, which its service sees to: so only the deletion of an organization, in whatever order, sets anything to null.
  `ALTER TABLE vaults
    ADD COLUMN project_id uuid,
    ADD COLUMN environment text,
    ADD CONSTRAINT vaults_project_fkey FOREIGN KEY (organization_id, project_id) REFERENCES projects
      ON DELETE SET NULL (project_id) NOT VALID,
    ADD CONSTRAINT vaults_environment_fkey FOREIGN KEY (organization_id, project_id, environment)
      REFERENCES project_environments ON UPDATE CASCADE ON DELETE SET NULL (environment) NOT VALID,
    ADD CONSTRAINT vaults_environment_check CHECK (environment IS NULL OR project_id IS NOT NULL) NOT VALID`,
  `ALTER TABLE vaults VALIDATE CONSTRAINT vaults_project_fkey`,
  `ALTER TABLE vaults VALIDATE CONSTRAINT vaults_environment_fkey`,
  `ALTER TABLE vaults VALIDATE CONSTRAINT vaults_environment_check`,
  // The first page of a list of ten thousand, which is in this order.
  `CREATE INDEX vaults_created_idx ON vaults (organization_id, created_at, id)`,
  `CREATE INDEX vaults_project_idx ON vaults (organization_id, project_id, created_at, id) WHERE project_id IS NOT NULL`,
  `CREATE UNIQUE INDEX vaults_environment_key ON vaults (organization_id, project_id, environment)
   WHERE environment IS NOT NULL`,
];

const grantsAndKeys = [
  // A grant is of a vault or of a project, to a member, a team or an API key.
  `ALTER TABLE grants
    ALTER COLUMN vault_id DROP NOT NULL,
    ADD COLUMN project_id uuid,
    ADD COLUMN api_key_id uuid,
    ADD CONSTRAINT grants_project_fkey FOREIGN KEY (organization_id, project_id) REFERENCES projects ON DELETE CASCADE,
    ADD CONSTRAINT grants_api_key_fkey FOREIGN KEY (organization_id, api_key_id) REFERENCES api_keys ON DELETE CASCADE,
    ADD CONSTRAINT grants_one_object CHECK (num_nonnulls(vault_id, project_id) = 1),
    DROP CONSTRAINT grants_one_subject,
    ADD CONSTRAINT grants_one_grantee CHECK (num_nonnulls(user_id, team_id, api_key_id) = 1)`,
  `CREATE UNIQUE INDEX grants_member_project_key ON grants (organization_id, user_id, project_id)
   WHERE user_id IS NOT NULL AND project_id IS NOT NULL`,
  `CREATE UNIQUE INDEX grants_team_project_key ON grants (organization_id, team_id, project_id)
   WHERE team_id IS NOT NULL AND project_id IS NOT NULL`,
  // Without a condition on the vault, so that it finds all that is granted to a key.
  `CREATE UNIQUE INDEX grants_api_key_vault_key ON grants (organization_id, api_key_id, vault_id)
   WHERE api_key_id IS NOT NULL`,
  `CREATE UNIQUE INDEX grants_api_key_project_key ON grants (organization_id, api_key_id, project_id)
   WHERE api_key_id IS NOT NULL AND project_id IS NOT NULL`,
  `CREATE INDEX grants_project_idx ON grants (organization_id, project_id, created_at, id) WHERE project_id IS NOT NULL`,
  // What a key is narrowed to beside `vault_ids`: the vaults of these projects, in these environments only when they are named.
  `ALTER TABLE api_keys ADD COLUMN project_ids uuid[], ADD COLUMN environments text[]`,
];

const invalidation = [
  // What is granted or bound by project changes with the vaults of the project.
  `CREATE TRIGGER invalidate_project AFTER INSERT OR DELETE OR UPDATE OF project_id, environment ON vaults
   FOR EACH ROW EXECUTE FUNCTION credvault_invalidate_either('project', 'project_id')`,
  `CREATE TRIGGER invalidate_api_key AFTER INSERT OR UPDATE OR DELETE ON grants
   FOR EACH ROW EXECUTE FUNCTION credvault_invalidate_either('credential', 'api_key_id')`,
  `DROP TRIGGER invalidate ON api_keys`,
  `CREATE TRIGGER invalidate
   AFTER UPDATE OF user_id, scopes, vault_ids, project_ids, environments, allowed_ips, expires_at, paused_at OR DELETE ON api_keys
   FOR EACH ROW EXECUTE FUNCTION credvault_invalidate('credential', 'id')`,
];

/** Projects with environments; vaults, grants and API keys may belong to them. */
export class Projects1764300000000 implements MigrationInterface {
  readonly name = 'Projects1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...projects, ...vaults, ...grantsAndKeys, ...invalidation]) {
      await runner.query(statement);
    }
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
