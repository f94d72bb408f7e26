import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Actor, RequestOrigin } from '@credvault/access/actor.js';
import { FailedCredentials } from '@credvault/access/failed-credentials.js';
import { stepUpLifetime } from '@credvault/access/step-up.js';
import { settingsToken, type Settings } from '@credvault/config/settings.js';
import { TokenDigester } from '@credvault/crypto/token-digest.js';
import { mintToken, parseToken } from '@credvault/crypto/tokens.js';
import { publicId, uuidOf } from '@credvault/database/typed-id.js';
import { isForeignKeyViolation } from '@credvault/database/postgres-errors.js';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import { randomState } from 'openid-client';
import { newCompletionCode, spelledCode } from './completion-code.js';
import { OpenIdProviders, type SignInBinding } from './openid-providers.js';
import { redirectUri, type ProviderConfiguration } from './provider-configuration.js';
import { ProviderConfigurationsRepository } from './provider-configurations.repository.js';
import { domainOf } from './proved-identity.js';
import {
  SignInAttemptsRepository,
  type AnsweredAttempt,
  type Linker,
  type SignInAttempt,
} from './sign-in-attempts.repository.js';
import {
  CompletionRefused,
  SignInPending,
  SignInUnknown,
  SingleSignOnUnknown,
} from './single-sign-on.errors.js';
import { SingleSignOnLimits } from './single-sign-on-limits.js';

/** Long enough to find the phone that the provider asks for. */
const lifetime = 10 * 60_000;
/** Codes that may be tried before the sign-in has to begin again. */
const mostTries = 5;

/** Whose provider somebody wants to sign in by; exactly one is there. */
export interface SignInTarget {
  organizationId?: string;
  domain?: string;
  email?: string;
}

/** How a sign-in goes on: in a browser, and then with what that shows beside the token. */
export interface BegunSignIn {
  authorizationUrl: string;
  signInToken: string;
  expiresAt: Date;
}

/**
 * The way through a provider. Three things finish it: the provider's answer, which is bound to the one question by state, nonce and
 * PKCE; the token of whoever began; and a code that only the browser which came back has seen. So nobody signs somebody else in
 * to their own account, and nobody gets a session by a link that somebody else clicked.
 */
@Injectable()
export class SignInAttemptsService {
  constructor(
    private readonly configurations: ProviderConfigurationsRepository,
    private readonly attempts: SignInAttemptsRepository,
    private readonly providers: OpenIdProviders,
    private readonly limits: SingleSignOnLimits,
    private readonly failures: FailedCredentials,
    private readonly digester: TokenDigester,
    @Inject(settingsToken) private readonly settings: Settings,
  ) {}

  /** @throws SingleSignOnUnknown, ProviderUnusable, ProviderBusy, OutboundFailed, TooManyAttempts */
  async begin(target: SignInTarget, stepsUp: boolean, origin: RequestOrigin): Promise<BegunSignIn> {
    await this.limits.takeBeginning(addressBlock(origin.ip));
    const configuration = await this.find(target);
    if (!configuration?.enabled) throw new SingleSignOnUnknown();
    return this.ask(configuration, { stepsUp, linker: null });
  }

  /** As `begin`, with the provider of the actor's organization, to link an identity to the actor's account. */
  async beginLink(actor: Actor): Promise<BegunSignIn> {
    await this.limits.takeBeginning(addressBlock(actor.origin.ip));
    const configuration = await this.configurations.find(actor.organizationId);
    if (!configuration?.enabled) throw new SingleSignOnUnknown();
    const linker = { userId: actor.userId, sessionId: actor.credentialId };
    return this.ask(configuration, { stepsUp: false, linker });
  }

  /**
   * Takes what a provider sent a browser back with, once.
   *
   * @param publicOrganizationId the one in the address that the browser was sent to
   * @returns the code that the browser shows
   * @throws SignInUnknown, ProviderAnswerRefused, ProviderUnusable, ProviderBusy, OutboundFailed
   */
  async comeBack(publicOrganizationId: string, answer: URLSearchParams): Promise<string> {
    const organizationId = uuidOf('organization', publicOrganizationId);
    const state = answer.get('state');
    if (organizationId === undefined || state === null) throw new SignInUnknown();
    const digest = this.digester.digest(state);
    // Any web page can make a browser bring a state: only one that was given out leads to anything, once, and to give it out was
    // counted. So no answer closes the address that it came from.
    const attempt = await this.attempts.takeState(digest, organizationId);
    if (!attempt) throw new SignInUnknown();
    try {
      return await this.identify(attempt, { state, digest, answer });
    } catch (error) {
      await this.attempts.deleteByState(digest);
      throw error;
    }
  }

  /**
   * The attempt that a token and a code finish; it is not used up.
   *
   * @throws CompletionRefused, SignInPending, TooManyAttempts
   */
  async proved(signInToken: string, code: string, origin: RequestOrigin): Promise<AnsweredAttempt> {
    const block = addressBlock(origin.ip);
    this.failures.assertOpen(block);
    const digest = this.digestOfToken(signInToken);
    const isToken = parseToken(signInToken)?.prefix === 'cvsso_';
    const attempt = isToken ? await this.attempts.takeTry(digest, mostTries) : undefined;
    if (!attempt && isToken && (await this.attempts.isPending(digest))) throw new SignInPending();
    if (attempt && timingSafeEqual(attempt.codeDigest, this.digestOfCode(code))) return attempt;
    this.failures.count(block);
    throw new CompletionRefused();
  }

  /** What the database finds an attempt by. */
  digestOfToken(signInToken: string): Buffer {
    return this.digester.digest(signInToken);
  }

  private async find({
    organizationId,
    domain,
    email,
  }: SignInTarget): Promise<ProviderConfiguration | undefined> {
    if (organizationId === undefined) {
      return this.configurations.findByDomain(domain ?? domainOf(email ?? ''));
    }
    const uuid = uuidOf('organization', organizationId);
    return uuid === undefined ? undefined : this.configurations.find(uuid);
  }

  private async ask(
    configuration: ProviderConfiguration,
    { stepsUp, linker }: { stepsUp: boolean; linker: Linker | null },
  ): Promise<BegunSignIn> {
    const { organizationId, id: configurationId } = configuration;
    const state = randomState();
    const signInToken = mintToken('cvsso_');
    const expiresAt = new Date(Date.now() + lifetime);
    const attempt = { organizationId, configurationId, stepsUp, linker };
    const binding = this.bindingOf(state, attempt);
    const authorizationUrl = await this.providers.authorizationUrl(configuration, binding);
    const digests = { state: this.digester.digest(state), token: this.digestOfToken(signInToken) };
    try {
      await this.attempts.insert(digests, attempt, expiresAt);
    } catch (error) {
      // Single sign-on was switched off for good meanwhile.
      throw isForeignKeyViolation(error) ? new SingleSignOnUnknown() : error;
    }
    return { authorizationUrl, signInToken, expiresAt };
  }

  private async identify(
    attempt: SignInAttempt,
    { state, digest, answer }: { state: string; digest: Buffer; answer: URLSearchParams },
  ): Promise<string> {
    const configuration = await this.configurations.find(attempt.organizationId);
    if (!configuration?.enabled || configuration.id !== attempt.configurationId) throw new SignInUnknown();
    const identity = await this.providers.identify(configuration, this.bindingOf(state, attempt), answer);
    const code = newCompletionCode();
    const saved = await this.attempts.saveAnswer(digest, { codeDigest: this.digestOfCode(code), identity });
    if (!saved) throw new SignInUnknown();
    return code;
  }

  /** Verifier and nonce come from the state, so that the database holds nothing that could stand in for them. */
  private bindingOf(state: string, { organizationId, stepsUp }: SignInAttempt): SignInBinding {
    const derive = (what: string): string =>
      this.digester.digest(`single sign-on ${what} of ${state}`).toString('base64url');
    return {
      redirectUri: redirectUri(this.settings.publicUrl, publicId('organization', organizationId)),
      state,
      nonce: derive('nonce'),
      codeVerifier: derive('code verifier'),
      maxAge: stepsUp ? stepUpLifetime / 1000 : undefined,
    };
  }

  private digestOfCode(code: string): Buffer {
    return this.digester.digest(`single sign-on code ${spelledCode(code)}`);
  }
}
