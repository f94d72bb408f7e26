import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When and by whom something was deleted, and until when it can be restored: fixed at deletion. */
const deletion = `deleted_by uuid NOT NULL,
    deleted_at timestamptz(3) NOT NULL,
    restorable_until timestamptz(3) NOT NULL`;

// What is deleted moves here, column by column, so that nothing that reads what is there has to leave it out.
const vaults = [
  // The project and the environment are looked up again when the vault is restored: neither waits for it.
  `CREATE TABLE deleted_vaults (
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    secret_count integer NOT NULL,
    max_versions integer NOT NULL,
    key_version integer NOT NULL,
    revision integer NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    project_id uuid,
    environment text,
    ${deletion},
    PRIMARY KEY (organization_id, id)
  )`,
  `CREATE INDEX deleted_vaults_deleted_idx ON deleted_vaults (organization_id, deleted_at, id)`,
  `CREATE INDEX deleted_vaults_restorable_idx ON deleted_vaults (restorable_until)`,
  // Whom they are to is looked up again, too, so that removing a member does not wait for the deletion of a vault.
  `CREATE TABLE deleted_vault_grants (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    vault_id uuid NOT NULL,
    user_id uuid,
    team_id uuid,
    api_key_id uuid,
    level smallint NOT NULL,
    created_by uuid NOT NULL,
    revision integer NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, vault_id) REFERENCES deleted_vaults ON DELETE CASCADE
  )`,
  `CREATE INDEX deleted_vault_grants_vault_idx ON deleted_vault_grants (organization_id, vault_id)`,
];

const secrets = [
  // Those that went with their vault come back with it, and go for good with it.
  `CREATE TABLE deleted_secrets (
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    vault_id uuid NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    type text NOT NULL,
    current_version integer NOT NULL,
    revision integer NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    with_vault boolean NOT NULL,
    ${deletion},
    PRIMARY KEY (organization_id, vault_id, id)
  )`,
  `CREATE INDEX deleted_secrets_deleted_idx ON deleted_secrets (organization_id, vault_id, deleted_at, id)
   WHERE NOT with_vault`,
  `CREATE INDEX deleted_secrets_restorable_idx ON deleted_secrets (restorable_until) WHERE NOT with_vault`,
  `CREATE TABLE deleted_secret_versions (
    organization_id uuid NOT NULL,
    vault_id uuid NOT NULL,
    secret_id uuid NOT NULL,
    version integer NOT NULL,
    key_version integer NOT NULL,
    value bytea NOT NULL,
    notes bytea,
    created_by uuid NOT NULL,
    created_at timestamptz(3) NOT NULL,
    PRIMARY KEY (organization_id, vault_id, secret_id, version),
    FOREIGN KEY (organization_id, vault_id, secret_id) REFERENCES deleted_secrets ON DELETE CASCADE
  )`,
];

/** Deleted vaults and secrets that can be restored until their recovery window ends. */
export class Recovery1764500000000 implements MigrationInterface {
  readonly name = 'Recovery1764500000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...vaults, ...secrets]) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
