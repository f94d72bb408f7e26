import { uuidOf } from '@credvault/database/typed-id.js';
import type { MintedApiTokenDto } from '../../apps/api/src/api-tokens/api-token.dto.js';
import type { SessionTokensDto } from '../../apps/api/src/auth/session.dto.js';
import type { OrganizationDto } from '../../apps/api/src/organizations/organization.dto.js';
import type { Reply } from './client.js';
import { expectStatus, type Person } from './people.js';
import type { TestService } from './service.js';
import type { Wire } from './wire.js';

export type OrganizationAnswer = Wire<OrganizationDto>;
export type TokensAnswer = Wire<SessionTokensDto>;

/** Makes one more organization of a person, who goes on acting where they did. */
export async function organizationOf(person: Person, name = 'Acme'): Promise<OrganizationAnswer> {
  const reply = await person.sessionClient.post('/organizations', { name });
  return expectStatus(reply, 201).data<OrganizationAnswer>();
}

/** Asks for the tokens of a session in another organization. */
export function askToSwitch(person: Person, organizationId: string): Promise<Reply> {
  return person.sessionClient.post('/auth/switch', { organizationId });
}

/**
 * The same person in another of their organizations: with the session they switched to, which has stepped up there, and a
 * personal token.
 */
export async function switched(person: Person, organizationId: string): Promise<Person> {
  const reply = await askToSwitch(person, organizationId);
  const { accessToken, refreshToken } = expectStatus(reply, 200).data<TokensAnswer>();
  const sessionClient = person.client.as(accessToken);
  // A switched session has proved nothing yet.
  expectStatus(await sessionClient.post('/auth/step-up', { password: person.password }), 200);
  const minted = await sessionClient.post('/api-tokens', { name: 'Tests' });
  const { id, token } = expectStatus(minted, 201).data<Wire<MintedApiTokenDto>>();
  const client = person.client.as(token);
  return {
    ...person,
    organizationId,
    session: accessToken,
    refreshToken,
    token,
    tokenId: id,
    client,
    sessionClient,
  };
}

/** Makes somebody who has an account a member of one more organization: written by SQL. */
export async function joined(
  service: TestService,
  person: Person,
  organizationId: string,
  role: string,
): Promise<void> {
  await service.database.rows(
    `INSERT INTO memberships (organization_id, user_id, role) VALUES ($1, $2, $3)`,
    [uuidOf('organization', organizationId), uuidOf('user', person.userId), role],
  );
}
