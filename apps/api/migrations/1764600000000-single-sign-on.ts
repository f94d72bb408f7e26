import type { MigrationInterface, QueryRunner } from 'typeorm';

const configurations = [
  // `id` is another one with each other issuer or client: what was begun with the one before ends. The role may have been
  // deleted since; then nobody new comes in.
  `CREATE TABLE single_sign_on (
    organization_id uuid PRIMARY KEY REFERENCES organizations ON DELETE CASCADE,
    id uuid NOT NULL,
    issuer text NOT NULL,
    client_id text NOT NULL,
    client_secret bytea,
    domain text NOT NULL,
    domain_token text NOT NULL,
    domain_verified_at timestamptz(3),
    default_role text NOT NULL,
    custom_role_id uuid,
    enabled boolean NOT NULL,
    configured_by uuid NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now(),
    CHECK ((default_role = 'custom') = (custom_role_id IS NOT NULL)),
    CHECK (default_role <> 'owner')
  )`,
  // A domain counts for one organization, once it is proven.
  `CREATE UNIQUE INDEX single_sign_on_domain_key ON single_sign_on (domain) WHERE domain_verified_at IS NOT NULL`,
];

const identities = [
  // Whom a provider means by a subject. It ends with the membership.
  `CREATE TABLE external_identities (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    user_id uuid NOT NULL,
    email text,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    last_used_at timestamptz(3),
    PRIMARY KEY (organization_id, id),
    CONSTRAINT external_identities_subject_key UNIQUE (organization_id, issuer, subject),
    FOREIGN KEY (organization_id, user_id) REFERENCES memberships ON DELETE CASCADE
  )`,
  `CREATE INDEX external_identities_user_idx ON external_identities (organization_id, user_id, created_at, id)`,
];

const attempts = [
  // A sign-in under way. Verifier and nonce are derived from the state, which only its digest is kept of.
  `CREATE TABLE single_sign_on_attempts (
    state_digest bytea PRIMARY KEY,
    token_digest bytea NOT NULL UNIQUE,
    organization_id uuid NOT NULL REFERENCES single_sign_on ON DELETE CASCADE,
    configuration_id uuid NOT NULL,
    steps_up boolean NOT NULL,
    link_user_id uuid,
    link_session_id uuid,
    came_back boolean NOT NULL DEFAULT false,
    code_digest bytea,
    claims jsonb,
    tries smallint NOT NULL DEFAULT 0,
    expires_at timestamptz(3) NOT NULL,
    CHECK ((link_user_id IS NULL) = (link_session_id IS NULL)),
    CHECK ((code_digest IS NULL) = (claims IS NULL))
  )`,
  `CREATE INDEX single_sign_on_attempts_organization_idx ON single_sign_on_attempts (organization_id)`,
  `CREATE INDEX single_sign_on_attempts_expires_idx ON single_sign_on_attempts (expires_at)`,
];

const credentials = [
  // A session that a provider vouched for ends with that identity, and what it made acts in the organization only, as it does.
  `ALTER TABLE sessions
    ADD COLUMN external_identity_id uuid,
    ADD CONSTRAINT sessions_external_identity_fkey FOREIGN KEY (organization_id, external_identity_id)
      REFERENCES external_identities ON DELETE CASCADE NOT VALID`,
  `ALTER TABLE sessions VALIDATE CONSTRAINT sessions_external_identity_fkey`,
  `CREATE INDEX sessions_external_identity_idx ON sessions (organization_id, external_identity_id)
   WHERE external_identity_id IS NOT NULL`,
  `ALTER TABLE api_tokens ADD COLUMN from_provider boolean NOT NULL DEFAULT false`,
];

/** Single sign-on of organizations by OpenID Connect, and the external identities of people. */
export class SingleSignOn1764600000000 implements MigrationInterface {
  readonly name = 'SingleSignOn1764600000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...configurations, ...identities, ...attempts, ...credentials]) {
      await runner.query(statement);
    }
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
