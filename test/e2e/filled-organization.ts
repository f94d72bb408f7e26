import { randomBytes } from 'node:crypto';
import { newUuid, uuidOf } from '@credvault/database/typed-id.js';
import { secretOf, vaultOf } from '../support/fixtures.js';
import { apiKeyOf } from '../support/keys.js';
import { expectStatus, memberOf, type Person } from '../support/people.js';
import { projectOf } from '../support/projects.js';
import { withdraw } from '../support/recovery.js';
import type { TestService } from '../support/service.js';

/** Runs SQL whose first parameter is the organization. */
type Run = (sql: string, ...values: unknown[]) => Promise<unknown>;

/** Puts something of everything into an organization, by SQL where another way is not the matter of these tests. */
export async function fill(service: TestService, person: Person): Promise<string> {
  const organizationId = uuidOf('organization', person.organizationId);
  const [serviceAccount, role, team] = [newUuid(), newUuid(), newUuid()];
  const vault = await vaultOf(person);
  await secretOf(person, vault.id);
  await apiKeyOf(person);
  await memberOf(service, person, 'developer');
  const run: Run = (sql, ...values) => service.database.rows(sql, [organizationId, ...values]);
  await service.database.rows(`INSERT INTO users (id, name, kind) VALUES ($1, 'Robot', 'service')`, [
    serviceAccount,
  ]);
  await run(`INSERT INTO roles (organization_id, id, name, scopes) VALUES ($1, $2, 'Deployer', '{}')`, role);
  await run(
    `INSERT INTO memberships (organization_id, user_id, role, custom_role_id) VALUES ($1, $2, 'custom', $3)`,
    serviceAccount,
    role,
  );
  await run(`INSERT INTO teams (organization_id, id, name) VALUES ($1, $2, 'Backend')`, team);
  await run(
    `INSERT INTO team_members (organization_id, team_id, user_id) VALUES ($1, $2, $3)`,
    team,
    serviceAccount,
  );
  const deleted = await vaultOf(person);
  await secretOf(person, deleted.id);
  for (const { id } of [vault, deleted]) {
    await run(
      `INSERT INTO grants (organization_id, id, vault_id, team_id, level, created_by) VALUES ($1, $2, $3, $4, 1, $2)`,
      newUuid(),
      uuidOf('vault', id),
      team,
    );
  }
  await withdraw(person, `/vaults/${deleted.id}`);
  await countRequests(service, person);
  await fillSingleSignOn(run, uuidOf('user', person.userId));
  await run(`INSERT INTO cloud_organizations (organization_id, email) VALUES ($1, 'ops@example.com')`);
  await run(`INSERT INTO cloud_configurations (organization_id, key, value) VALUES ($1, 'theme', '"dark"')`);
  const project = await projectOf(person);
  await vaultOf(person, { projectId: project.id, environment: 'production' });
  for (const [email, age] of [
    ['new@example.com', '+1 day'],
    ['old@example.com', '-1 day'],
  ]) {
    await run(
      `INSERT INTO invitations (organization_id, id, email, role, custom_role_id, digest, invited_by, expires_at)
       VALUES ($1, $2, $3, 'custom', $4, $6, $2, now() + $5::interval)`,
      newUuid(),
      email,
      role,
      age,
      randomBytes(32),
    );
  }
  expectStatus(
    await person.client.post('/vaults', { name: 'Second' }, { headers: { 'idempotency-key': newUuid() } }),
    201,
  );
  return serviceAccount;
}

/** A provider, somebody whom it knows, and a sign-in that is under way. */
async function fillSingleSignOn(run: Run, userId: string | undefined): Promise<void> {
  await run(
    `INSERT INTO single_sign_on (organization_id, id, issuer, client_id, domain, domain_token, default_role, enabled, configured_by)
     VALUES ($1, $2, 'https://id.example.com', 'credvault', 'example.com', 'token', 'viewer', true, $3)`,
    newUuid(),
    userId,
  );
  await run(
    `INSERT INTO external_identities (organization_id, id, issuer, subject, user_id)
     VALUES ($1, $2, 'https://id.example.com', 'somebody', $3)`,
    newUuid(),
    userId,
  );
  await run(
    `INSERT INTO single_sign_on_attempts (organization_id, configuration_id, state_digest, token_digest, steps_up, expires_at)
     VALUES ($1, $2, $3, $4, false, now() + interval '1 minute')`,
    newUuid(),
    randomBytes(32),
    randomBytes(32),
  );
}

/** Lets an organization say something about its subscription, and keeps a count of its requests, one recorded late. */
async function countRequests(service: TestService, person: Person): Promise<void> {
  expectStatus(await person.client.patch('/subscription', { notificationsEnabled: false }), 200);
  await service.database.rows(
    `WITH late AS (
       INSERT INTO audit_events (organization_id, occurred_at, id, type, outcome, actor_type)
       VALUES ($1, now() - interval '1 hour', gen_random_uuid(), 'vault.listed', 'success', 'user')
     )
     INSERT INTO request_counts (organization_id, month, counted_until, next_until, next_after)
     VALUES ($1, now(), now(), now(), pg_current_xact_id())`,
    [uuidOf('organization', person.organizationId)],
  );
}
