import type { MigrationInterface, QueryRunner } from 'typeorm';

const extensions = [
  // Both are "trusted": the owner of the database may create them (PostgreSQL 13 and later).
  `CREATE EXTENSION IF NOT EXISTS pg_trgm`,
  `CREATE EXTENSION IF NOT EXISTS btree_gin`,
];

const accounts = [
  `CREATE TABLE organizations (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    plan text NOT NULL DEFAULT 'free',
    vault_count integer NOT NULL DEFAULT 0,
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now()
  )`,
  `CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    name text NOT NULL,
    password_hash text NOT NULL,
    is_superuser boolean NOT NULL DEFAULT false,
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now()
  )`,
  `CREATE UNIQUE INDEX users_email_key ON users (lower(email))`,
  `CREATE TABLE memberships (
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    role text NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, user_id)
  )`,
  `CREATE INDEX memberships_user_idx ON memberships (user_id, created_at)`,
  `CREATE TABLE account_links (
    digest bytea PRIMARY KEY,
    purpose text NOT NULL CHECK (purpose IN ('setup', 'invitation', 'password_reset')),
    email text,
    user_id uuid REFERENCES users ON DELETE CASCADE,
    expires_at timestamptz(3) NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT now()
  )`,
  // At most one setup token lives at any time, whatever the number of processes that started.
  `CREATE UNIQUE INDEX account_links_one_setup ON account_links (purpose) WHERE purpose = 'setup'`,
  `CREATE TABLE sign_in_addresses (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    address_block cidr NOT NULL,
    last_used_at timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, address_block)
  )`,
];

const credentials = [
  `CREATE TABLE sessions (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    access_digest bytea NOT NULL UNIQUE,
    access_expires_at timestamptz(3) NOT NULL,
    refresh_expires_at timestamptz(3) NOT NULL,
    absolute_expires_at timestamptz(3) NOT NULL,
    ip inet,
    user_agent text,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    last_used_at timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, user_id) REFERENCES memberships ON DELETE CASCADE
  )`,
  `CREATE INDEX sessions_user_idx ON sessions (organization_id, user_id)`,
  `CREATE TABLE refresh_tokens (
    digest bytea PRIMARY KEY,
    organization_id uuid NOT NULL,
    session_id uuid NOT NULL,
    issued_at timestamptz(3) NOT NULL DEFAULT now(),
    replaced_at timestamptz(3),
    FOREIGN KEY (organization_id, session_id) REFERENCES sessions ON DELETE CASCADE
  )`,
  `CREATE INDEX refresh_tokens_session_idx ON refresh_tokens (organization_id, session_id)`,
  `CREATE TABLE api_tokens (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    hint text NOT NULL,
    digest bytea NOT NULL UNIQUE,
    expires_at timestamptz(3),
    paused_at timestamptz(3),
    last_used_at timestamptz(3),
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, user_id) REFERENCES memberships ON DELETE CASCADE
  )`,
  `CREATE INDEX api_tokens_user_idx ON api_tokens (organization_id, user_id, id)`,
];

const vaults = [
  `CREATE TABLE vaults (
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    secret_count integer NOT NULL DEFAULT 0,
    max_versions integer NOT NULL DEFAULT 100,
    key_version integer NOT NULL DEFAULT 1,
    revision integer NOT NULL DEFAULT 1,
    created_by uuid NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id)
  )`,
  `CREATE INDEX vaults_name_idx ON vaults (organization_id, name, id)`,
  `CREATE TABLE data_keys (
    organization_id uuid NOT NULL,
    owner_type text NOT NULL,
    owner_id uuid NOT NULL,
    version integer NOT NULL,
    root_key_id text NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, owner_type, owner_id, version)
  )`,
  `CREATE TABLE secrets (
    organization_id uuid NOT NULL,
    vault_id uuid NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    type text NOT NULL,
    current_version integer NOT NULL DEFAULT 1,
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now(),
    CONSTRAINT secrets_key_unique UNIQUE (organization_id, vault_id, key),
    FOREIGN KEY (organization_id, vault_id) REFERENCES vaults ON DELETE CASCADE
  )`,
  `CREATE INDEX secrets_created_idx ON secrets (organization_id, vault_id, created_at, id)`,
  `CREATE INDEX secrets_updated_idx ON secrets (organization_id, vault_id, updated_at, id)`,
  `CREATE INDEX secrets_type_idx ON secrets (organization_id, vault_id, type, id)`,
  // Every search reads the list of entries that wait to be merged, so it is kept short (default: 4 MB, 7 ms a search).
  `CREATE INDEX secrets_search_idx ON secrets USING gin (vault_id, lower(key) gin_trgm_ops)
   WITH (gin_pending_list_limit = 64)`,
  // The last index: as long as the table has no statistics, every index that ends in the id seems to find one secret as
  // well as this one, and the planner takes the youngest of them. The others read the whole vault.
  `ALTER TABLE secrets ADD PRIMARY KEY (organization_id, vault_id, id)`,
  `CREATE TABLE secret_versions (
    organization_id uuid NOT NULL,
    vault_id uuid NOT NULL,
    secret_id uuid NOT NULL,
    version integer NOT NULL,
    key_version integer NOT NULL,
    value bytea NOT NULL,
    notes bytea,
    created_by uuid NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, vault_id, secret_id, version),
    FOREIGN KEY (organization_id, vault_id, secret_id) REFERENCES secrets ON DELETE CASCADE
  )`,
  `CREATE TABLE secret_imports (
    organization_id uuid NOT NULL,
    vault_id uuid NOT NULL,
    id uuid NOT NULL,
    result jsonb NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, vault_id, id),
    FOREIGN KEY (organization_id, vault_id) REFERENCES vaults ON DELETE CASCADE
  )`,
  `CREATE INDEX secret_imports_created_idx ON secret_imports (created_at)`,
];

const records = [
  `CREATE TABLE audit_events (
    organization_id uuid NOT NULL,
    occurred_at timestamptz(3) NOT NULL,
    id uuid NOT NULL,
    type text NOT NULL,
    outcome text NOT NULL,
    reason text,
    actor_type text NOT NULL,
    actor_id uuid,
    credential_type text,
    credential_id uuid,
    resource_type text,
    resource_id uuid,
    resource_ids uuid[],
    vault_id uuid,
    details jsonb,
    method text,
    route text,
    status smallint,
    ip inet,
    user_agent text,
    request_id text,
    count integer NOT NULL DEFAULT 1,
    PRIMARY KEY (organization_id, occurred_at, id)
  ) PARTITION BY RANGE (occurred_at)`,
  `CREATE INDEX audit_events_actor_idx ON audit_events (organization_id, actor_id, occurred_at, id)`,
  `CREATE INDEX audit_events_credential_idx ON audit_events (organization_id, credential_id, occurred_at, id)`,
  `CREATE INDEX audit_events_resource_idx ON audit_events (organization_id, resource_id, occurred_at, id)`,
  `CREATE INDEX audit_events_type_idx ON audit_events (organization_id, type, occurred_at, id)`,
  `CREATE INDEX audit_events_vault_idx ON audit_events (organization_id, vault_id, occurred_at, id)
   WHERE vault_id IS NOT NULL`,
  `CREATE INDEX audit_events_resources_idx ON audit_events USING gin (resource_ids) WHERE resource_ids IS NOT NULL`,
  `CREATE TABLE refused_requests (
    minute timestamptz(0) NOT NULL,
    address_block cidr NOT NULL,
    status smallint NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (minute, address_block, status)
  )`,
  `CREATE TABLE idempotency_keys (
    organization_id uuid NOT NULL,
    actor_id uuid NOT NULL,
    method text NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    body_digest bytea NOT NULL,
    status smallint NOT NULL,
    resource_id uuid,
    resource_version integer,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, actor_id, method, route, key)
  )`,
  `CREATE INDEX idempotency_keys_created_idx ON idempotency_keys (created_at)`,
];

const service = [
  `CREATE TABLE system_keys (
    name text PRIMARY KEY,
    root_key_id text NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT now()
  )`,
  `CREATE TABLE instances (
    id uuid PRIMARY KEY,
    host text NOT NULL,
    pid integer NOT NULL,
    root_key_ids text[] NOT NULL,
    started_at timestamptz(3) NOT NULL DEFAULT now(),
    seen_at timestamptz(3) NOT NULL DEFAULT now()
  )`,
];

/**
 * Whatever changes what a cached principal or data key may do says so inside its own transaction, so that no code path,
 * operator command or hand-written SQL can forget to. The channel's name and payload are read by `InvalidationChannel`.
 */
const invalidation = [
  `CREATE FUNCTION credvault_invalidate() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     PERFORM pg_notify('credvault_invalidation', TG_ARGV[0] || ':' || (to_jsonb(OLD) ->> TG_ARGV[1]));
     RETURN NULL;
   END $$`,
  `CREATE TRIGGER invalidate AFTER UPDATE OF access_digest, access_expires_at OR DELETE ON sessions
   FOR EACH ROW EXECUTE FUNCTION credvault_invalidate('credential', 'id')`,
  `CREATE TRIGGER invalidate AFTER UPDATE OF digest, expires_at, paused_at OR DELETE ON api_tokens
   FOR EACH ROW EXECUTE FUNCTION credvault_invalidate('credential', 'id')`,
  `CREATE TRIGGER invalidate AFTER UPDATE OR DELETE ON memberships
   FOR EACH ROW EXECUTE FUNCTION credvault_invalidate('user', 'user_id')`,
  `CREATE TRIGGER invalidate AFTER UPDATE OF is_superuser OR DELETE ON users
   FOR EACH ROW EXECUTE FUNCTION credvault_invalidate('user', 'id')`,
  `CREATE TRIGGER invalidate AFTER UPDATE OF key_version OR DELETE ON vaults
   FOR EACH ROW EXECUTE FUNCTION credvault_invalidate('vault', 'id')`,
  `CREATE TRIGGER invalidate AFTER DELETE ON data_keys
   FOR EACH ROW EXECUTE FUNCTION credvault_invalidate('vault', 'owner_id')`,
];

/** The first schema: accounts, credentials, vaults with their secrets, the audit trail, and the service's own tables. */
export class Foundation1763700000000 implements MigrationInterface {
  readonly name = 'Foundation1763700000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [
      ...extensions,
      ...accounts,
      ...credentials,
      ...vaults,
      ...records,
      ...service,
      ...invalidation,
    ]) {
      await runner.query(statement);
    }
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
