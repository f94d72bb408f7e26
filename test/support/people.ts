import { randomBytes } from 'node:crypto';
import type { Type } from '@nestjs/common';
import type { Transaction } from '@credvault/database/database.js';
import { publicId, uuidOf } from '@credvault/database/typed-id.js';
import { genReqId } from '@credvault/http/request-id.js';
import { AccountLinksService } from '../../apps/api/src/auth/account-links.service.js';
import type { MintedApiTokenDto } from '../../apps/api/src/api-tokens/api-token.dto.js';
import type { RegisteredDto, SessionTokensDto } from '../../apps/api/src/auth/session.dto.js';
import { SessionsService } from '../../apps/api/src/auth/sessions.service.js';
import type { MintedInvitationDto } from '../../apps/api/src/members/invitation.dto.js';
import type { MemberDto } from '../../apps/api/src/members/member.dto.js';
import { OrganizationsService } from '../../apps/api/src/organizations/organizations.service.js';
import { UsersService } from '../../apps/api/src/users/users.service.js';
import { Client, type Reply } from './client.js';
import type { TestService } from './service.js';
import type { Wire } from './wire.js';

/** Somebody with an account, signed in and with a personal token. */
export interface Person {
  /** Public id, `usr_…`. */
  userId: string;
  /** Public id of the organization they act in, `org_…`. */
  organizationId: string;
  name: string;
  email: string;
  password: string;
  /** Access token of their session, `cvs_…`. */
  session: string;
  refreshToken: string;
  /** Personal token, `ck_live_…`. */
  token: string;
  /** Public id of that token, `tok_…`. */
  tokenId: string;
  /** Speaks with the personal token. */
  client: Client;
  /** Speaks with the session. */
  sessionClient: Client;
  /** Where their requests seem to come from; nobody else's do, so limits do not cross. */
  address: string;
}

/** Who registered and has not signed in yet. */
type Account = Pick<Person, 'userId' | 'organizationId' | 'name' | 'email' | 'password' | 'address'>;

/** The password of everybody in tests; long and on no list. */
export const password = 'quiet marmots fold seven maps';

let addresses = 0;

/** An address of 10.0.0.0/8 that nothing else in this suite comes from. */
export function newAddress(): string {
  addresses += 1;
  return `10.${(addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses & 255}`;
}

/** Somebody with an organization of their own. The first one of a service registers with the setup token. */
export async function signUp(service: TestService, name = 'Jane Developer'): Promise<Person> {
  const users = await service.database.rows(`SELECT 1 FROM users LIMIT 1`);
  return users.length === 0 ? signIn(service, await register(service, name)) : enter(service, name);
}

/** Somebody whose one membership is in the organization of `owner`, with that role: written by SQL. */
export function memberOf(service: TestService, owner: Person, role: string): Promise<Person> {
  return enter(service, `A ${role}`, { organizationId: owner.organizationId, role });
}

/** An invitation to the organization of `owner`, with its token: the service of the test has no mail server. */
export async function invite(
  owner: Person,
  fields: { email?: string; role?: string } = {},
): Promise<{ id: string; email: string; role: string; token: string }> {
  const body = { email: newEmail(), role: 'developer', ...fields };
  const reply = await owner.sessionClient.post(`/organizations/${owner.organizationId}/invitations`, body);
  const { id, token = '' } = expectStatus(reply, 201).data<Wire<MintedInvitationDto>>();
  return { ...body, id, token };
}

/** Somebody new who accepts an invitation to the organization of `owner`, and signs in. */
export async function joinAs(service: TestService, owner: Person, role: string): Promise<Person> {
  const { email, token } = await invite(owner, { role });
  const [address, name] = [newAddress(), `An invited ${role}`];
  const visitor = new Client(service, { address });
  expectStatus(await visitor.post('/invitations/accept', { token, password, name }), 200);
  const reply = await owner.client.get(`/organizations/${owner.organizationId}/members`, {
    query: { search: email },
  });
  const [member] = expectStatus(reply, 200).data<Wire<MemberDto>[]>();
  const { organizationId } = owner;
  return signIn(service, { userId: member?.id ?? '', organizationId, name, email, password, address });
}

/** An e-mail address that nobody has. */
export function newEmail(): string {
  return `${randomBytes(6).toString('hex')}@example.com`;
}

/** The first account of a service, by its own API. */
async function register(service: TestService, name: string): Promise<Account> {
  const address = newAddress();
  const email = newEmail();
  const links = service.app.get(AccountLinksService, { strict: false });
  const { token: setupToken } = await links.issueSetup(undefined);
  const body = { email, password, name, setupToken };
  const reply = await new Client(service, { address }).post('/auth/register', body);
  const { user, organization } = expectStatus(reply, 201).data<Wire<RegisteredDto>>();
  return { userId: user.id, organizationId: organization.id, name, email, password, address };
}

/** The hash of `password`, made once: a computation for every person would be a third of the time that suites take. */
let passwordHash: Promise<string> | undefined;

/** Somebody whom the services made without registration and sign-in, which have suites of their own. */
async function enter(
  service: TestService,
  name: string,
  place?: { organizationId: string; role: string },
): Promise<Person> {
  const of = <T>(type: Type<T>): T => service.app.get(type, { strict: false });
  const address = newAddress();
  const email = newEmail();
  passwordHash ??= of(UsersService).hashNewPassword(password, { addressBlock: address });
  const fields = { email, name, passwordHash: await passwordHash, isSuperuser: false };
  const origin = {
    requestId: genReqId(),
    ip: address,
    method: 'POST',
    route: '/auth/login',
    event: '',
    recorded: true,
  };
  const { userId, organizationId, session } = await service.database.transaction(async (transaction) => {
    const user = await of(UsersService).create(transaction, fields);
    const organizationId = place
      ? await join(transaction, user.id, place)
      : (await of(OrganizationsService).createPersonal(transaction, user)).id;
    const session = await of(SessionsService).openIn(transaction, user.id, organizationId, origin);
    if (!session) throw new Error('Whoever was made is no member.');
    return {
      userId: publicId('user', user.id),
      organizationId: publicId('organization', organizationId),
      session,
    };
  });
  return withToken(service, { userId, organizationId, name, email, password, address }, session);
}

async function join(
  transaction: Transaction,
  userId: string,
  { organizationId, role }: { organizationId: string; role: string },
): Promise<string> {
  const id = uuidOf('organization', organizationId) ?? '';
  await transaction.rows(`INSERT INTO memberships (organization_id, user_id, role) VALUES ($1, $2, $3)`, [
    id,
    userId,
    role,
  ]);
  return id;
}

async function signIn(service: TestService, account: Account): Promise<Person> {
  const visitor = new Client(service, { address: account.address });
  const signedIn = await visitor.post('/auth/login', { email: account.email, password: account.password });
  return withToken(service, account, expectStatus(signedIn, 200).data<Wire<SessionTokensDto>>());
}

/** Gives somebody who is signed in a personal token. */
async function withToken(
  service: TestService,
  account: Account,
  { accessToken, refreshToken }: { accessToken: string; refreshToken: string },
): Promise<Person> {
  const visitor = new Client(service, { address: account.address });
  const sessionClient = visitor.as(accessToken);
  const minted = await sessionClient.post('/api-tokens', { name: 'Tests' });
  const { id, token } = expectStatus(minted, 201).data<Wire<MintedApiTokenDto>>();
  return {
    ...account,
    session: accessToken,
    refreshToken,
    token,
    tokenId: id,
    client: visitor.as(token),
    sessionClient,
  };
}

/** The reply, if it has the status that a test stands on. @throws Error that shows the answer */
export function expectStatus(reply: Reply, status: number): Reply {
  if (reply.status === status) return reply;
  throw new Error(
    `Expected ${status}, but the service answered ${reply.status}: ${reply.text.slice(0, 1_000)}`,
  );
}
