import type { TokenDigester } from '@credvault/crypto/token-digest.js';
import { parseToken, type TokenPrefix } from '@credvault/crypto/tokens.js';
import type { Transaction } from '@credvault/database/database.js';
import type { Invalidation } from '@credvault/database/invalidation-channel.js';
import type { CredentialType, Principal } from './actor.js';
import type { CredentialUse, LastUsed } from './last-used.js';
import type { PrincipalCache } from './principal-cache.js';

/**
 * Finds the principal behind one kind of credential. Declared here and implemented by the domain that issues the
 * credential (`cvs_` by auth, `ck_live_` by api-tokens), which registers itself at boot.
 */
export interface CredentialResolver {
  readonly prefix: TokenPrefix;
  readonly credentialType: CredentialType;
  /** Reads the principal of a token's digest; null when there is none or it was revoked. */
  findPrincipal(digest: Buffer): Promise<Principal | null>;
  /** Saves when credentials were last used; called at most once a minute for each credential. */
  saveLastUsed(uses: CredentialUse[]): Promise<void>;
  /**
   * Stops a credential that has leaked: pauses it, or ends it where it cannot be paused.
   *
   * @returns false when it was stopped already
   */
  stop(transaction: Transaction, principal: Principal): Promise<boolean>;
}

/** Turns a token into a principal: checks its form, digests it, and asks the cache before the resolver of its prefix. */
export class CredentialRegistry {
  private readonly leakable = new Map<TokenPrefix, (digest: Buffer) => Promise<Principal | null>>();
  private readonly resolvers = new Map<TokenPrefix, CredentialResolver>();

  constructor(
    private readonly digester: TokenDigester,
    private readonly cache: PrincipalCache,
    private readonly lastUsed: LastUsed,
  ) {}

  register(resolver: CredentialResolver): void {
    this.resolvers.set(resolver.prefix, resolver);
  }

  /** Forgets cached principals at once: for this process's own changes, which need not wait for the channel. */
  invalidate(invalidation: Invalidation): void {
    this.cache.invalidate(invalidation);
  }

  /** The principal of a token, or null when the token is garbage, of an unknown kind, or unknown. */
  async findPrincipal(text: string): Promise<Principal | null> {
    const parsed = parseToken(text);
    const resolver = parsed && this.resolvers.get(parsed.prefix);
    if (!resolver) return null;
    const digest = this.digester.digest(text);
    return this.cache.get(digest.toString('base64'), () => resolver.findPrincipal(digest));
  }

  /** Takes a search for tokens that open nothing at the door and are worth as much, such as refresh tokens. */
  registerLeakable(prefix: TokenPrefix, find: (digest: Buffer) => Promise<Principal | null>): void {
    this.leakable.set(prefix, find);
  }

  /** As `findPrincipal`, also for tokens that are none at the door. */
  async findLeaked(text: string): Promise<Principal | null> {
    const prefix = parseToken(text)?.prefix;
    const find = prefix && this.leakable.get(prefix);
    return find ? find(this.digester.digest(text)) : this.findPrincipal(text);
  }

  /** Notes that a credential was used, for its `lastUsedAt`. */
  noteUse(principal: Principal): void {
    const resolver = this.resolverOf(principal);
    if (resolver) this.lastUsed.touch(resolver, principal);
  }

  /**
   * Stops a credential wherever it is used.
   *
   * @returns false when it was stopped already
   */
  async stop(transaction: Transaction, principal: Principal): Promise<boolean> {
    const stopped = (await this.resolverOf(principal)?.stop(transaction, principal)) ?? false;
    transaction.afterCommit(() => this.invalidate({ kind: 'credential', id: principal.credentialId }));
    return stopped;
  }

  private resolverOf({ credentialType }: Principal): CredentialResolver | undefined {
    return [...this.resolvers.values()].find((resolver) => resolver.credentialType === credentialType);
  }
}
