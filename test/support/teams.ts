import { randomBytes } from 'node:crypto';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import type { VaultLevel } from '@credvault/access/vault-levels.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import type { CreateGrantDto, GrantDto } from '../../apps/api/src/grants/grant.dto.js';
import type { CreateRoleDto, RoleDto } from '../../apps/api/src/roles/role.dto.js';
import type { TeamDto } from '../../apps/api/src/teams/team.dto.js';
import type { Reply } from './client.js';
import { expectStatus, memberOf, type Person } from './people.js';
import type { TestService } from './service.js';
import type { Wire } from './wire.js';

export type GrantAnswer = Wire<GrantDto>;
export type RoleAnswer = Wire<RoleDto>;
export type TeamAnswer = Wire<TeamDto>;

/** To whom something is granted in tests: a person, a team or an API key. */
export type Grantee = Pick<Person, 'userId'> | Pick<TeamAnswer, 'id'> | { keyId: string };

/** A grantee as requests name it. */
export function named(to: Grantee): Pick<CreateGrantDto, 'memberId' | 'teamId' | 'keyId'> {
  if ('keyId' in to) return { keyId: to.keyId };
  return 'userId' in to ? { memberId: to.userId } : { teamId: to.id };
}

/** Asks for a grant. */
export function askToGrant(
  by: Pick<Person, 'client'>,
  vaultId: string,
  to: Grantee,
  level: VaultLevel,
): Promise<Reply> {
  const body: CreateGrantDto = { ...named(to), level };
  return by.client.post(`/vaults/${vaultId}/grants`, body);
}

/** Grants a vault. */
export async function grantTo(
  by: Pick<Person, 'client'>,
  vaultId: string,
  to: Grantee,
  level: VaultLevel = 'reader',
): Promise<GrantAnswer> {
  return expectStatus(await askToGrant(by, vaultId, to, level), 201).data<GrantAnswer>();
}

/** Makes a team with these members. */
export async function teamOf(by: Person, members: Pick<Person, 'userId'>[] = []): Promise<TeamAnswer> {
  const reply = await by.client.post('/teams', { name: `Team ${randomBytes(4).toString('hex')}` });
  const team = expectStatus(reply, 201).data<TeamAnswer>();
  for (const { userId } of members) await join(by, team, userId);
  return team;
}

/** Adds a member to a team. */
export async function join(by: Person, team: Pick<TeamAnswer, 'id'>, memberId: string): Promise<void> {
  expectStatus(await by.client.post(`/teams/${team.id}/members`, { memberId }), 201);
}

/** Makes a custom role, with a name of its own unless one is given. */
export async function roleOf(by: Person, fields: Partial<CreateRoleDto>): Promise<RoleAnswer> {
  const name = `Role ${randomBytes(4).toString('hex')}`;
  const reply = await by.client.post('/roles', { name, scopes: ['organization:read'], ...fields });
  return expectStatus(reply, 201).data<RoleAnswer>();
}

/** A member of the organization of `owner` with a custom role: written by SQL. */
export async function memberWithRole(
  service: TestService,
  owner: Person,
  role: Pick<RoleAnswer, 'id'>,
): Promise<Person> {
  const person = await memberOf(service, owner, 'viewer');
  const userId = uuidOf('user', person.userId) ?? '';
  await service.database.rows(
    `UPDATE memberships SET role = 'custom', custom_role_id = $2 WHERE user_id = $1`,
    [userId, uuidOf('role', role.id)],
  );
  service.app.get(CredentialRegistry, { strict: false }).invalidate({ kind: 'user', id: userId });
  return person;
}
