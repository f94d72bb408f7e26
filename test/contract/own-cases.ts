import { uuidOf } from '@credvault/database/typed-id.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { joined, organizationOf } from '../support/organizations.js';
import type { PreparedRequest } from './operation-cases.js';
import type { World } from './world.js';

/** A request of a member with this role about what is theirs alone; `person` sends it. */
export type OwnCase = (world: World, role: string) => Promise<PreparedRequest>;

const newcomer = ({ service, jane }: World, role: string): Promise<Person> => memberOf(service, jane, role);

async function onOwnSession(world: World, role: string): Promise<PreparedRequest> {
  const person = await newcomer(world, role);
  const sessions = expectStatus(await person.sessionClient.get('/auth/sessions'), 200);
  return { person, params: { sessionId: sessions.data<{ id: string }[]>()[0]?.id ?? '' } };
}

async function onOwnToken(world: World, role: string): Promise<PreparedRequest> {
  const person = await newcomer(world, role);
  const made = await person.sessionClient.post('/api-tokens', { name: 'Laptop' });
  const { id } = expectStatus(made, 201).data<{ id: string }>();
  return { person, params: { tokenId: id, keyId: id }, body: { active: false } };
}

/** To another organization they are a member of. */
async function toOtherOrganization(world: World, role: string): Promise<PreparedRequest> {
  const person = await newcomer(world, role);
  await joined(world.service, person, world.mallory.organizationId, role);
  return { person, params: {}, body: { organizationId: world.mallory.organizationId } };
}

/** On an organization with nothing in it, whose members have others. */
async function onEmptyOrganization({ service }: World, role: string): Promise<PreparedRequest> {
  const owner = await signUp(service, 'Owner of an empty organization');
  const person = await memberOf(service, owner, role);
  await organizationOf(owner);
  await organizationOf(person);
  await service.database.rows(`DELETE FROM memberships WHERE organization_id = $1 AND user_id = $2`, [
    uuidOf('organization', owner.organizationId),
    uuidOf('user', owner.userId),
  ]);
  return { person, params: { organizationId: owner.organizationId } };
}

/**
 * Requests of the access matrix that the usual cases cannot ask for somebody else: what they are about belongs to the caller
 * alone, or goes with the request.
 */
export const ownCases: Record<string, OwnCase> = {
  deleteSession: onOwnSession,
  getApiToken: onOwnToken,
  deleteApiToken: onOwnToken,
  pauseApiToken: onOwnToken,
  resumeApiToken: onOwnToken,
  switchOrganization: toOtherOrganization,
  deleteOrganization: onEmptyOrganization,
  'v2.getApiKey': onOwnToken,
  'v2.deleteApiKey': onOwnToken,
  'v2.updateApiKey': onOwnToken,
  'v2.deleteOrganization': onEmptyOrganization,
};
