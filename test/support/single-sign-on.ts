import type { SessionTokensDto } from '../../apps/api/src/auth/session.dto.js';
import type { BegunSingleSignOnDto } from '../../apps/api/src/single-sign-on/single-sign-on.dto.js';
import type { SingleSignOnDto } from '../../apps/api/src/single-sign-on/provider-configuration.dto.js';
import { Client, type Reply } from './client.js';
import type { NameServer } from './name-server.js';
import { client as atProvider, type OpenIdProvider } from './openid-provider.js';
import { expectStatus, newAddress, type Person } from './people.js';
import type { TestService } from './service.js';
import type { Wire } from './wire.js';

export type SingleSignOnAnswer = Wire<SingleSignOnDto>;
export type Begun = Wire<BegunSingleSignOnDto>;
export type Tokens = Wire<SessionTokensDto>;

/** What an organization says of a provider, usually. */
export function configurationBy(
  { issuer }: Pick<OpenIdProvider, 'issuer'>,
  domain: string,
): Record<string, unknown> {
  return { issuer, ...atProvider, domain, defaultRole: 'developer', enabled: true };
}

/** The path of single sign-on of the organization that somebody acts in. */
export function pathOf({ organizationId }: Pick<Person, 'organizationId'>): string {
  return `/organizations/${organizationId}/single-sign-on`;
}

/** Sets single sign-on of the owner's organization up, and tells the provider where to send people back to. */
export async function setUp(
  owner: Person,
  provider: OpenIdProvider,
  fields: Record<string, unknown>,
): Promise<SingleSignOnAnswer> {
  const reply = await owner.client.put(pathOf(owner), {
    ...configurationBy(provider, 'example.com'),
    ...fields,
  });
  const answer = expectStatus(reply, 200).data<SingleSignOnAnswer>();
  provider.redirectUris.add(answer.redirectUri);
  return answer;
}

/** Publishes the proof of the domain, and has the service look. */
export async function proveDomain(owner: Person, names: NameServer): Promise<SingleSignOnAnswer> {
  const { domainChallenge, domain } = expectStatus(
    await owner.client.get(pathOf(owner)),
    200,
  ).data<SingleSignOnAnswer>();
  names.texts.set(domainChallenge.name, [domainChallenge.value]);
  const reply = await owner.client.post(`${pathOf(owner)}/verify-domain`, { domain });
  return expectStatus(reply, 200).data<SingleSignOnAnswer>();
}

/** Somebody without a credential, from an address of their own. */
export function visitorOf(service: TestService): Client {
  return new Client(service, { address: newAddress() });
}

export async function begin(visitor: Client, target: Record<string, unknown>): Promise<Begun> {
  return expectStatus(await visitor.post('/auth/single-sign-on', target), 200).data<Begun>();
}

/** What the browser is shown where the provider sends it. */
export function comeBack(visitor: Client, { pathname, search }: URL): Promise<Reply> {
  return visitor.get(pathname + search, { fromRoot: true, undocumented: true });
}

/** The code that the browser shows. */
export function codeIn(reply: Reply): string {
  const [, code] = /^ {4}(\S{4}-\S{4})$/m.exec(expectStatus(reply, 200).text) ?? [];
  return code ?? '';
}

/** Goes through the provider as `sub`; gives what finishes the sign-in. */
export async function proveTo(
  visitor: Client,
  provider: OpenIdProvider,
  begun: Begun,
  sub: string,
): Promise<{ signInToken: string; code: string }> {
  const back = await provider.browse(begun.authorizationUrl, sub);
  return { signInToken: begun.signInToken, code: codeIn(await comeBack(visitor, back)) };
}

export function complete(visitor: Client, proof: { signInToken: string; code: string }): Promise<Reply> {
  return visitor.post('/auth/single-sign-on/complete', proof);
}

/** All of a sign-in. */
export async function signInBy(
  service: TestService,
  provider: OpenIdProvider,
  target: Record<string, unknown>,
  sub: string,
): Promise<Reply> {
  const visitor = visitorOf(service);
  return complete(visitor, await proveTo(visitor, provider, await begin(visitor, target), sub));
}

/** A client with the session that a sign-in opened. */
export function sessionOf(service: TestService, reply: Reply): Client {
  return visitorOf(service).as(expectStatus(reply, 200).data<Tokens>().accessToken);
}
