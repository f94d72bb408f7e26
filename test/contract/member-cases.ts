import { TokenDigester } from '@credvault/crypto/token-digest.js';
import { mintToken } from '@credvault/crypto/tokens.js';
import { newUuid, publicId, uuidOf } from '@credvault/database/typed-id.js';
import { expectStatus, newAddress, newEmail, password, type Person, signUp } from '../support/people.js';
import type { PreparedRequest } from './operation-cases.js';
import type { World } from './world.js';

type Case = (world: World) => Promise<PreparedRequest>;

const onOrganization = ({ jane }: World): PreparedRequest => ({
  person: jane,
  params: { organizationId: jane.organizationId },
});

/** On a member who has nothing but the membership: written by SQL. */
async function onMember(world: World): Promise<PreparedRequest> {
  const { person, params } = onOrganization(world);
  const id = newUuid();
  await world.service.database.rows(
    `WITH somebody AS (
       INSERT INTO users (id, email, name, password_hash) VALUES ($1, $2, 'Somebody', 'none') RETURNING id
     )
     INSERT INTO memberships (organization_id, user_id, role) SELECT $3, id, 'developer' FROM somebody`,
    [id, newEmail(), uuidOf('organization', person.organizationId)],
  );
  return { person, params: { ...params, memberId: publicId('user', id) } };
}

async function inviteBy(person: Person, email = newEmail()): Promise<string> {
  const path = `/organizations/${person.organizationId}/invitations`;
  const reply = await person.client.post(path, { email, role: 'developer' });
  return expectStatus(reply, 201).data<{ id: string }>().id;
}

async function onInvitation(world: World): Promise<PreparedRequest> {
  const { person, params } = onOrganization(world);
  return { person, params: { ...params, invitationId: await inviteBy(person) } };
}

/** The token of a new invitation. It went to a mailbox that there is none of, so the invitation gets another one. */
async function invitationToken({ service, jane }: World, email?: string): Promise<string> {
  const token = mintToken('cvinv_');
  const digest = service.app.get(TokenDigester, { strict: false }).digest(token);
  const id = await inviteBy(jane, email);
  await service.database.rows(`UPDATE invitations SET digest = $2 WHERE id = $1`, [
    uuidOf('invitation', id),
    digest,
  ]);
  return token;
}

async function asNewcomer(world: World): Promise<PreparedRequest> {
  const body = { token: await invitationToken(world), password, name: 'Bob Invited' };
  // Tries with tokens are limited by address.
  return { person: { ...world.jane, address: newAddress() }, params: {}, body };
}

async function asGuest(world: World): Promise<PreparedRequest> {
  const person = await signUp(world.service, 'Gus Guest');
  const body = { token: await invitationToken(world, person.email) };
  return { person, params: {}, body, otherBody: { token: mintToken('cvinv_') } };
}

/** How members and invitations are used rightly. */
export const memberCases: Record<string, Case> = {
  listMembers: (world) => Promise.resolve(onOrganization(world)),
  getMember: onMember,
  updateMember: async (world) => ({ ...(await onMember(world)), body: { role: 'viewer' } }),
  removeMember: onMember,
  createInvitation: (world) =>
    Promise.resolve({
      ...onOrganization(world),
      body: { email: newEmail(), role: 'developer' },
      otherBody: { email: newEmail(), role: 'viewer' },
    }),
  listInvitations: (world) => Promise.resolve(onOrganization(world)),
  getInvitation: onInvitation,
  deleteInvitation: onInvitation,
  acceptInvitation: asNewcomer,
  acceptOwnInvitation: asGuest,
};
