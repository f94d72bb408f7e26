import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import * as openid from 'openid-client';
import { settingsToken, type Settings } from '@credvault/config/settings.js';
import { ProviderSecretCipher } from '@credvault/crypto/provider-secret-cipher.js';
import { OutboundClient } from '@credvault/outbound/outbound-client.js';
import type { ProviderConfiguration } from './provider-configuration.js';
import { provedIdentity, type ProvedIdentity } from './proved-identity.js';
import { asProviderError } from './provider-errors.js';
import { httpWithin, providerFetch } from './provider-fetch.js';
import { ProviderAnswerRefused, ProviderUnusable } from './single-sign-on.errors.js';
import { SingleSignOnLimits } from './single-sign-on-limits.js';

/** What binds an answer of a provider to the one question it answers; all but the address come from the state. */
export interface SignInBinding {
  redirectUri: string;
  state: string;
  nonce: string;
  /** Secret of PKCE (RFC 7636), 43 characters. */
  codeVerifier: string;
  /** Seconds since the person last signed in at the provider, at most; undefined: any. */
  maxAge?: number;
}

/** What is known of a provider for a while. */
interface KnownProvider {
  server: openid.ServerMetadata;
  keys?: openid.ExportedJWKSCache;
}

/** Milliseconds that the documents of a provider are believed: keys and addresses change, and seldom at once. */
const knownFor = 5 * 60_000;
/** Characters of documents that are kept, of all providers together. */
const mostKept = 8 * 1024 * 1024;
/** Seconds that the clocks of service and provider may differ. */
const clockTolerance = 30;
/** Seconds that openid-client waits; the guarded client gives up before. */
const timeoutSeconds = 15;
const scope = 'openid email profile';

/**
 * Speaks OpenID Connect with the providers of organizations (authorization code flow with PKCE, OpenID Connect Core 1.0). Every call
 * goes through the guarded client, and ID tokens are checked with the keys of the issuer, though they come from it directly.
 */
@Injectable()
export class OpenIdProviders {
  private readonly known = new LRUCache<string, KnownProvider>({
    ttl: knownFor,
    maxSize: mostKept,
    sizeCalculation: (known) => JSON.stringify(known).length,
  });
  private readonly beingFound = new Map<string, Promise<KnownProvider>>();
  private readonly allowsHttp: (url: URL) => boolean;

  constructor(
    private readonly outbound: OutboundClient,
    private readonly cipher: ProviderSecretCipher,
    private readonly limits: SingleSignOnLimits,
    @Inject(settingsToken) settings: Settings,
  ) {
    this.allowsHttp = httpWithin(settings.outboundAllow);
  }

  /** Whether an issuer may be one: https, or http at an address that the operator has allowed. */
  takesIssuer(issuer: string): boolean {
    if (!URL.canParse(issuer)) return false;
    const url = new URL(issuer);
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && this.allowsHttp(url))) return false;
    return url.search === '' && url.hash === '' && url.username === '' && url.password === '';
  }

  /**
   * Where a browser goes to sign in.
   *
   * @throws ProviderUnusable, ProviderBusy, OutboundFailed
   */
  async authorizationUrl(
    configuration: ProviderConfiguration,
    { redirectUri, state, nonce, codeVerifier, maxAge }: SignInBinding,
  ): Promise<string> {
    const client = await this.clientOf(configuration);
    const code_challenge = await openid.calculatePKCECodeChallenge(codeVerifier);
    return describing(() => {
      const url = openid.buildAuthorizationUrl(client, {
        redirect_uri: redirectUri,
        scope,
        state,
        nonce,
        code_challenge,
        code_challenge_method: 'S256',
        ...(maxAge === undefined ? {} : { max_age: String(maxAge), prompt: 'login' }),
      });
      return url.href;
    });
  }

  /**
   * Who signed in, as the provider says to whoever brings the code.
   *
   * @param answer the query that the browser came back with
   * @throws ProviderAnswerRefused, ProviderUnusable, ProviderBusy, OutboundFailed
   */
  async identify(
    configuration: ProviderConfiguration,
    binding: SignInBinding,
    answer: URLSearchParams,
  ): Promise<ProvedIdentity> {
    const client = await this.clientOf(configuration);
    try {
      const identity = await this.limits.converse(configuration.organizationId, () =>
        exchange(client, binding, answer),
      );
      this.keepKeys(configuration.issuer, client);
      return identity;
    } catch (error) {
      throw asProviderError(error);
    }
  }

  private async clientOf(configuration: ProviderConfiguration): Promise<openid.Configuration> {
    const { server, keys } = await this.find(configuration);
    const { clientId } = configuration;
    const metadata = { [openid.clockTolerance]: clockTolerance };
    const client = new openid.Configuration(server, clientId, metadata, this.proofOf(configuration, server));
    for (const prepare of this.preparations(configuration.issuer)) prepare(client);
    client[openid.customFetch] = providerFetch(this.outbound, this.allowsHttp);
    client.timeout = timeoutSeconds;
    openid.enableNonRepudiationChecks(client);
    if (keys) openid.setJwksCache(client, keys);
    return client;
  }

  /**
   * The documents of a provider, from its well-known address (OpenID Connect Discovery 1.0, section 4). Many who begin at once wait
   * for one call. Only that stands in the lane of the organization: what is known makes nobody wait.
   */
  private find({ organizationId, issuer }: ProviderConfiguration): Promise<KnownProvider> {
    const known = this.known.get(issuer);
    if (known) return Promise.resolve(known);
    const key = `${organizationId} ${issuer}`;
    const found =
      this.beingFound.get(key) ??
      this.limits
        .converse(organizationId, () => describing(() => this.discover(issuer)))
        .finally(() => this.beingFound.delete(key));
    this.beingFound.set(key, found);
    return found;
  }

  private async discover(issuer: string): Promise<KnownProvider> {
    const found = await openid.discovery(new URL(issuer), 'unused', undefined, openid.None(), {
      [openid.customFetch]: providerFetch(this.outbound, this.allowsHttp),
      execute: this.preparations(issuer),
      timeout: timeoutSeconds,
    });
    const discovered = { server: { ...found.serverMetadata() } };
    if (!Array.isArray(discovered.server.token_endpoint_auth_methods_supported ?? [])) {
      throw new TypeError('token_endpoint_auth_methods_supported is no list');
    }
    this.known.set(issuer, discovered);
    return discovered;
  }

  private keepKeys(issuer: string, client: openid.Configuration): void {
    const known = this.known.peek(issuer);
    const keys = openid.getJwksCache(client);
    if (known && keys)
      this.known.set(issuer, { ...known, keys }, { ttl: this.known.getRemainingTTL(issuer) });
  }

  private preparations(issuer: string): ((client: openid.Configuration) => void)[] {
    return new URL(issuer).protocol === 'http:' ? [openid.allowInsecureRequests] : [];
  }

  /** How the service proves itself to the provider: as that says, or as is usual (RFC 8414, section 2). */
  private proofOf(configuration: ProviderConfiguration, server: openid.ServerMetadata): openid.ClientAuth {
    if (configuration.clientSecret === null) return openid.None();
    const secret = this.cipher.open(configuration, configuration.clientSecret).reveal();
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return methods.includes('client_secret_basic')
      ? openid.ClientSecretBasic(secret)
      : openid.ClientSecretPost(secret);
  }
}

/**
 * Does what the documents of a provider decide. They are a stranger's: whatever goes wrong with them, in libraries too, is that the
 * provider cannot be used.
 *
 * @throws ProviderUnusable, OutboundFailed
 */
async function describing<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const failure = asProviderError(error);
    if (!(failure instanceof ProviderAnswerRefused)) throw failure;
    throw new ProviderUnusable('its discovery document is not valid.');
  }
}

async function exchange(
  client: openid.Configuration,
  { redirectUri, state, nonce, codeVerifier, maxAge }: SignInBinding,
  answer: URLSearchParams,
): Promise<ProvedIdentity> {
  const url = new URL(redirectUri);
  url.search = answer.toString();
  const tokens = await openid.authorizationCodeGrant(client, url, {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: codeVerifier,
    idTokenExpected: true,
    maxAge,
  });
  const claims = tokens.claims();
  const server = client.serverMetadata();
  // Providers with many tenants let the issuer of a token differ from their own; here each organization names one.
  if (claims?.iss !== server.issuer)
    throw new ProviderAnswerRefused('the issuer of its token is another one.');
  if (claims.email !== undefined || server.userinfo_endpoint === undefined) return provedIdentity(claims);
  const more = await openid.fetchUserInfo(client, tokens.access_token, claims.sub);
  return provedIdentity({ ...more, sub: claims.sub, auth_time: claims.auth_time });
}
