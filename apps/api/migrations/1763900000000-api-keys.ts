import type { MigrationInterface, QueryRunner } from 'typeorm';

const plans = [
  // null: unlimited.
  `CREATE TABLE plans (
    name text PRIMARY KEY,
    position smallint NOT NULL,
    api_key_requests_per_minute integer CHECK (api_key_requests_per_minute > 0),
    token_requests_per_minute integer CHECK (token_requests_per_minute > 0),
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now()
  )`,
  // API keys: the tiers of the API-keys document. Personal tokens: standard, pro and enterprise of the REST reference.
  `INSERT INTO plans (name, position, api_key_requests_per_minute, token_requests_per_minute) VALUES
    ('free', 1, 100, 60), ('starter', 2, 500, 60), ('pro', 3, 2000, 300), ('enterprise', 4, NULL, NULL)`,
  // What was negotiated with one organization goes before its plan.
  `ALTER TABLE organizations
    ADD COLUMN api_key_requests_per_minute integer CHECK (api_key_requests_per_minute > 0),
    ADD COLUMN token_requests_per_minute integer CHECK (token_requests_per_minute > 0),
    ADD COLUMN leaked_tokens text NOT NULL DEFAULT 'report' CHECK (leaked_tokens IN ('report', 'pause'))`,
  `ALTER TABLE organizations ADD CONSTRAINT organizations_plan_fkey FOREIGN KEY (plan) REFERENCES plans NOT VALID`,
  `ALTER TABLE organizations VALIDATE CONSTRAINT organizations_plan_fkey`,
];

const keys = [
  // The owner is no foreign key: a key outlives its owner's membership as a key that is refused and says why.
  `CREATE TABLE api_keys (
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    created_by uuid NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    hint text NOT NULL,
    scopes text[] NOT NULL,
    vault_ids uuid[],
    allowed_ips text[],
    expires_at timestamptz(3),
    paused_at timestamptz(3),
    last_used_at timestamptz(3),
    last_rotated_at timestamptz(3),
    rotation_due_at timestamptz(3) NOT NULL,
    rotation_due_noted boolean NOT NULL DEFAULT false,
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id)
  )`,
  `CREATE INDEX api_keys_created_idx ON api_keys (organization_id, created_at, id)`,
  `CREATE INDEX api_keys_user_idx ON api_keys (user_id, organization_id, id)`,
  `CREATE INDEX api_keys_search_idx ON api_keys USING gin (organization_id, lower(name) gin_trgm_ops)`,
  `CREATE INDEX api_keys_rotation_due_idx ON api_keys (rotation_due_at) WHERE NOT rotation_due_noted`,
  // The present secret has no end; an earlier one does, also after it has passed.
  `CREATE TABLE api_key_secrets (
    digest bytea PRIMARY KEY,
    organization_id uuid NOT NULL,
    api_key_id uuid NOT NULL,
    id uuid NOT NULL,
    hint text NOT NULL,
    by_owner boolean NOT NULL,
    ends_at timestamptz(3),
    last_used_at timestamptz(3),
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    FOREIGN KEY (organization_id, api_key_id) REFERENCES api_keys ON DELETE CASCADE
  )`,
  `CREATE UNIQUE INDEX api_key_secrets_key_idx ON api_key_secrets (organization_id, api_key_id, id)`,
  `CREATE UNIQUE INDEX api_key_secrets_one_present ON api_key_secrets (organization_id, api_key_id) WHERE ends_at IS NULL`,
];

const records = [
  // Of two records that one request writes, the one that the history of requests leaves out.
  `ALTER TABLE audit_events ADD COLUMN secondary boolean NOT NULL DEFAULT false`,
];

const invalidation = [
  `CREATE TRIGGER invalidate
   AFTER UPDATE OF user_id, scopes, vault_ids, allowed_ips, expires_at, paused_at OR DELETE ON api_keys
   FOR EACH ROW EXECUTE FUNCTION credvault_invalidate('credential', 'id')`,
  `CREATE TRIGGER invalidate AFTER UPDATE OF digest, ends_at OR DELETE ON api_key_secrets
   FOR EACH ROW EXECUTE FUNCTION credvault_invalidate('credential', 'api_key_id')`,
  `CREATE TRIGGER invalidate AFTER UPDATE OF plan, api_key_requests_per_minute, token_requests_per_minute ON organizations
   FOR EACH ROW EXECUTE FUNCTION credvault_invalidate('organization', 'id')`,
  `CREATE TRIGGER invalidate AFTER UPDATE OF api_key_requests_per_minute, token_requests_per_minute ON plans
   FOR EACH ROW EXECUTE FUNCTION credvault_invalidate('plan', 'name')`,
];

/** API keys with their secrets, plans with their limits, and what organizations decide about leaked tokens. */
export class ApiKeys1763900000000 implements MigrationInterface {
  readonly name = 'ApiKeys1763900000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...plans, ...keys, ...records, ...invalidation]) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
