import { generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';

/** Somebody who has an account at a provider. */
export interface ProviderAccount {
  sub: string;
  email?: string;
  email_verified?: boolean;
  name?: string;
}

/** What the service calls itself at the provider. */
export const client = { clientId: 'credvault', clientSecret: 'a secret that two share' };

/** The environment with which a service may call a provider on this machine. */
export const allowingProvider = { CREDVAULT_OUTBOUND_ALLOW: '127.0.0.1/32' };

/** The provider that signs people in asks a page of its own who they are; here a header of the browser says so. */
const accountHeader = 'x-account';

/** A real OpenID Connect provider on this machine. */
export interface OpenIdProvider {
  issuer: string;
  /** Whom it knows, by `sub`. */
  accounts: Map<string, ProviderAccount>;
  /** Where it may send browsers back to. */
  redirectUris: Set<string>;
  /** Where a browser ends up that begins at `url` and signs in there as `sub`: outside the provider. */
  browse(url: string, sub: string): Promise<URL>;
  stop(): Promise<void>;
}

/** Starts a provider. It keeps no process alive. */
export async function startOpenIdProvider(): Promise<OpenIdProvider> {
  const accounts = new Map<string, ProviderAccount>();
  const redirectUris = new Set<string>();
  let answer: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
  const server = createServer((request, response) => answer(request, response)).unref();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, configurationOf(accounts));
  provider.Client.prototype.redirectUriAllowed = (uri) => redirectUris.has(uri);
  answer = (request, response) => void answerAs(provider, request, response);
  return {
    issuer,
    accounts,
    redirectUris,
    browse: (url, sub) => browse(issuer, url, sub),
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function configurationOf(accounts: Map<string, ProviderAccount>): Record<string, unknown> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        redirect_uris: ['http://127.0.0.1/unused'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    cookies: { keys: ['a key of tests'] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_context: unknown, sub: string) => ({
      accountId: sub,
      claims: () => accounts.get(sub) ?? { sub },
    }),
    interactions: { url: () => '/interaction' },
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' }] },
    // Everybody agrees to everything.
    loadExistingGrant: async (context: GrantContext) => {
      const { client: asking, session, provider } = context.oidc;
      const grant = new provider.Grant({ clientId: asking.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
    ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
  };
}

interface GrantContext {
  oidc: { client: { clientId: string }; session: { accountId: string }; provider: Provider };
}

async function answerAs(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!request.url?.startsWith('/interaction')) return provider.callback()(request, response);
  const accountId = request.headers[accountHeader];
  return provider.interactionFinished(request, response, { login: { accountId, ts: now() } });
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** Follows redirects inside the provider, with its cookies, as a browser does. */
async function browse(issuer: string, start: string, sub: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = new URL(start);
  for (let step = 0; url.origin === issuer; step += 1) {
    if (step === 10) throw new Error('The provider sends the browser round and round.');
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
    const reply = await fetch(url, { redirect: 'manual', headers: { cookie, [accountHeader]: sub } });
    for (const line of reply.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = reply.headers.get('location');
    if (location === null) throw new Error(`The provider stops with ${reply.status}: ${await reply.text()}`);
    url = new URL(location, url);
  }
  return url;
}
