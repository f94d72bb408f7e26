import { randomBytes } from 'node:crypto';
import { vaultOf } from '../support/fixtures.js';
import { grantTo, roleOf, teamOf } from '../support/teams.js';
import type { PreparedRequest } from './operation-cases.js';
import type { World } from './world.js';

type Case = (world: World) => Promise<PreparedRequest>;

const newName = (): string => `Name ${randomBytes(4).toString('hex')}`;

async function onRole({ jane }: World): Promise<PreparedRequest> {
  return { person: jane, params: { roleId: (await roleOf(jane, {})).id } };
}

async function onTeam({ jane }: World): Promise<PreparedRequest> {
  return { person: jane, params: { teamId: (await teamOf(jane)).id } };
}

/** On a team with one member. */
async function onTeamMember({ jane, members: { viewer } }: World): Promise<PreparedRequest> {
  const { id } = await teamOf(jane, [viewer]);
  return { person: jane, params: { teamId: id, memberId: viewer.userId } };
}

/** On a vault that is granted to one member. */
async function onGrant({ jane, members: { viewer } }: World): Promise<PreparedRequest> {
  const { id: vaultId } = await vaultOf(jane);
  const grant = await grantTo(jane, vaultId, viewer, 'editor');
  return { person: jane, params: { vaultId, grantId: grant.id } };
}

const byJane: Case = ({ jane }) => Promise.resolve({ person: jane, params: {} });

/** How roles, teams and grants are used rightly. */
export const grantCases: Record<string, Case> = {
  listRoles: byJane,
  createRole: async (world) => ({
    ...(await byJane(world)),
    body: { name: newName(), description: 'Ships', scopes: ['vault:read'], reachesAllVaults: true },
    otherBody: { name: newName(), scopes: ['*'] },
  }),
  getRole: onRole,
  updateRole: async (world) => ({
    ...(await onRole(world)),
    body: { name: newName(), scopes: ['vault:read'], reachesAllVaults: true },
  }),
  deleteRole: onRole,
  listTeams: byJane,
  createTeam: async (world) => ({
    ...(await byJane(world)),
    body: { name: newName(), description: 'Charges' },
    otherBody: { name: newName() },
  }),
  getTeam: onTeam,
  updateTeam: async (world) => ({ ...(await onTeam(world)), body: { name: newName() } }),
  deleteTeam: onTeam,
  listTeamMembers: onTeamMember,
  addTeamMember: async (world) => ({
    ...(await onTeam(world)),
    body: { memberId: world.members.viewer.userId },
    otherBody: { memberId: world.members.auditor.userId },
  }),
  getTeamMember: onTeamMember,
  removeTeamMember: onTeamMember,
  listGrants: onGrant,
  createGrant: async (world) => ({
    ...(await onGrant(world)),
    body: { memberId: world.members.auditor.userId, level: 'reader' },
    otherBody: { memberId: world.members.auditor.userId, level: 'manager' },
  }),
  getGrant: onGrant,
  updateGrant: async (world) => ({ ...(await onGrant(world)), body: { level: 'manager' } }),
  deleteGrant: onGrant,
};
