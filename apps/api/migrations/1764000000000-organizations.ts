import type { MigrationInterface, QueryRunner } from 'typeorm';

const people = [
  // A service account owns keys and cannot sign in: no address, no password.
  `ALTER TABLE users
    ADD COLUMN kind text NOT NULL DEFAULT 'person' CHECK (kind IN ('person', 'service')),
    ADD COLUMN description text NOT NULL DEFAULT '',
    ALTER COLUMN email DROP NOT NULL,
    ALTER COLUMN password_hash DROP NOT NULL`,
  `ALTER TABLE users ADD CONSTRAINT users_person_has_email CHECK (kind <> 'person' OR email IS NOT NULL) NOT VALID`,
  `ALTER TABLE users VALIDATE CONSTRAINT users_person_has_email`,
];

const roles = [
  `CREATE TABLE roles (
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    scopes text[] NOT NULL,
    reaches_all_vaults boolean NOT NULL DEFAULT false,
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id)
  )`,
  `CREATE UNIQUE INDEX roles_name_key ON roles (organization_id, lower(name))`,
  // A role that somebody has cannot be deleted.
  `ALTER TABLE memberships
    ADD COLUMN custom_role_id uuid,
    ADD COLUMN updated_at timestamptz(3) NOT NULL DEFAULT now(),
    ADD COLUMN revision integer NOT NULL DEFAULT 1,
    ADD CONSTRAINT memberships_custom_role_check CHECK ((role = 'custom') = (custom_role_id IS NOT NULL)) NOT VALID,
    ADD CONSTRAINT memberships_custom_role_fkey FOREIGN KEY (organization_id, custom_role_id) REFERENCES roles NOT VALID`,
  `ALTER TABLE memberships VALIDATE CONSTRAINT memberships_custom_role_check`,
  `ALTER TABLE memberships VALIDATE CONSTRAINT memberships_custom_role_fkey`,
  `CREATE INDEX memberships_created_idx ON memberships (organization_id, created_at, user_id)`,
  `CREATE INDEX memberships_custom_role_idx ON memberships (organization_id, custom_role_id)
   WHERE custom_role_id IS NOT NULL`,
  `CREATE INDEX memberships_owners_idx ON memberships (organization_id) WHERE role = 'owner'`,
];

const invitations = [
  `CREATE TABLE invitations (
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    id uuid NOT NULL,
    email text NOT NULL,
    role text NOT NULL,
    custom_role_id uuid,
    digest bytea NOT NULL UNIQUE,
    invited_by uuid NOT NULL,
    expires_at timestamptz(3) NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, custom_role_id) REFERENCES roles,
    CHECK ((role = 'custom') = (custom_role_id IS NOT NULL))
  )`,
  `CREATE UNIQUE INDEX invitations_email_key ON invitations (organization_id, lower(email))`,
  `CREATE INDEX invitations_expires_idx ON invitations (expires_at)`,
];

const teamsAndGrants = [
  `CREATE TABLE teams (
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id)
  )`,
  `CREATE UNIQUE INDEX teams_name_key ON teams (organization_id, lower(name))`,
  `CREATE TABLE team_members (
    organization_id uuid NOT NULL,
    team_id uuid NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, team_id, user_id),
    FOREIGN KEY (organization_id, team_id) REFERENCES teams ON DELETE CASCADE,
    FOREIGN KEY (organization_id, user_id) REFERENCES memberships ON DELETE CASCADE
  )`,
  `CREATE INDEX team_members_user_idx ON team_members (organization_id, user_id, team_id)`,
  // To a member or a team; level 1 reader, 2 editor, 3 manager.
  `CREATE TABLE grants (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    vault_id uuid NOT NULL,
    user_id uuid,
    team_id uuid,
    level smallint NOT NULL CHECK (level BETWEEN 1 AND 3),
    created_by uuid NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, vault_id) REFERENCES vaults ON DELETE CASCADE,
    FOREIGN KEY (organization_id, user_id) REFERENCES memberships ON DELETE CASCADE,
    FOREIGN KEY (organization_id, team_id) REFERENCES teams ON DELETE CASCADE,
    CONSTRAINT grants_one_subject CHECK (num_nonnulls(user_id, team_id) = 1)
  )`,
  `CREATE UNIQUE INDEX grants_member_key ON grants (organization_id, user_id, vault_id) WHERE user_id IS NOT NULL`,
  `CREATE UNIQUE INDEX grants_team_key ON grants (organization_id, team_id, vault_id) WHERE team_id IS NOT NULL`,
  `CREATE INDEX grants_vault_idx ON grants (organization_id, vault_id, created_at, id)`,
  // Until now every member reached every vault; who was there keeps what their role could do.
  `INSERT INTO grants (organization_id, id, vault_id, user_id, level, created_by)
   SELECT v.organization_id, gen_random_uuid(), v.id, m.user_id,
     CASE m.role WHEN 'developer' THEN 3 ELSE 1 END, v.created_by
   FROM memberships m JOIN vaults v ON v.organization_id = m.organization_id
   WHERE m.role IN ('developer', 'viewer', 'auditor')`,
];

const keySecrets = [
  // Who made a secret in person, and so knows it; null: a program made it. It takes the place of by_owner, which a process
  // of the version before still writes.
  `ALTER TABLE api_key_secrets ADD COLUMN made_by uuid, ALTER COLUMN by_owner SET DEFAULT false`,
  `UPDATE api_key_secrets s SET made_by = k.user_id FROM api_keys k
   WHERE k.organization_id = s.organization_id AND k.id = s.api_key_id AND s.by_owner`,
];

const invalidation = [
  // As credvault_invalidate, also for rows that appear: a grant or a membership widens what a cached principal may do.
  `CREATE FUNCTION credvault_invalidate_either() RETURNS trigger LANGUAGE plpgsql AS $$
   DECLARE
     named text;
   BEGIN
     FOR named IN
       SELECT DISTINCT id FROM unnest(ARRAY[to_jsonb(OLD) ->> TG_ARGV[1], to_jsonb(NEW) ->> TG_ARGV[1]]) AS ids (id)
       WHERE id IS NOT NULL
     LOOP
       PERFORM pg_notify('credvault_invalidation', TG_ARGV[0] || ':' || named);
     END LOOP;
     RETURN NULL;
   END $$`,
  `CREATE TRIGGER invalidate_joined AFTER INSERT ON memberships
   FOR EACH ROW EXECUTE FUNCTION credvault_invalidate_either('user', 'user_id')`,
  `CREATE TRIGGER invalidate AFTER UPDATE OF scopes, reaches_all_vaults OR DELETE ON roles
   FOR EACH ROW EXECUTE FUNCTION credvault_invalidate_either('role', 'id')`,
  `CREATE TRIGGER invalidate AFTER INSERT OR UPDATE OR DELETE ON team_members
   FOR EACH ROW EXECUTE FUNCTION credvault_invalidate_either('user', 'user_id')`,
  `CREATE TRIGGER invalidate_member AFTER INSERT OR UPDATE OR DELETE ON grants
   FOR EACH ROW EXECUTE FUNCTION credvault_invalidate_either('user', 'user_id')`,
  `CREATE TRIGGER invalidate_team AFTER INSERT OR UPDATE OR DELETE ON grants
   FOR EACH ROW EXECUTE FUNCTION credvault_invalidate_either('team', 'team_id')`,
];

/** Service accounts, custom roles, invitations, teams and grants of vaults. */
export class Organizations1764000000000 implements MigrationInterface {
  readonly name = 'Organizations1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [
      ...people,
      ...roles,
      ...invitations,
      ...teamsAndGrants,
      ...keySecrets,
      ...invalidation,
    ]) {
      await runner.query(statement);
    }
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
