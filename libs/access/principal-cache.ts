import { LRUCache } from 'lru-cache';
import type { Invalidation, InvalidationChannel } from '@credvault/database/invalidation-channel.js';
import type { Principal } from './actor.js';

const capacity = 50_000;
/** Grants, and vaults and projects that keys are bound to, which all principals together may hold: some 200 bytes each. */
const grantCapacity = 1_000_000;

/**
 * Principals by the digest of their credential, so that a warm credential costs no database access.
 *
 * It is only ever as good as the invalidation channel: while that one is not certainly healthy, every request asks the
 * database. A load that began before an invalidation arrived is used once and not kept (generation counter), because
 * what it read may be what the invalidation was about.
 */
export class PrincipalCache {
  private generation = 0;
  private readonly loads = new Map<string, { generation: number; principal: Promise<Principal | null> }>();
  private readonly keysByOwner = new Map<string, Set<string>>();
  private readonly principals = new LRUCache<string, Principal>({
    max: capacity,
    maxSize: grantCapacity,
    sizeCalculation: ({ grants, projects, vaultIds, projectIds, teamIds }) =>
      [grants, projects, vaultIds, projectIds].reduce(
        (size, part) => size + (part?.size ?? 0),
        1 + (teamIds?.length ?? 0),
      ),
    dispose: (principal, key) => this.unlink(principal, key),
  });

  constructor(private readonly channel: Pick<InvalidationChannel, 'isHealthy' | 'onInvalidation'>) {
    channel.onInvalidation((invalidation) => this.invalidate(invalidation));
  }

  /**
   * The principal of a credential.
   *
   * @param digest digest of the token, as text
   * @param load reads it from the database; null when there is none
   */
  async get(digest: string, load: () => Promise<Principal | null>): Promise<Principal | null> {
    const healthy = this.channel.isHealthy();
    const cached = healthy ? this.principals.get(digest) : undefined;
    if (cached) return cached;
    const { generation } = this;
    const principal = await this.loadOnce(digest, load);
    if (principal && healthy && generation === this.generation) {
      this.principals.set(digest, principal);
      // One with more grants than the cache may hold is not kept.
      if (this.principals.has(digest)) for (const owner of owners(principal)) this.link(owner, digest);
    }
    return principal;
  }

  /**
   * Of many requests with one credential that come at once, one asks the database: a flood with a single token costs one
   * connection. Nobody joins a load that began before an invalidation.
   */
  private loadOnce(digest: string, load: () => Promise<Principal | null>): Promise<Principal | null> {
    const { generation } = this;
    const underWay = this.loads.get(digest);
    if (underWay?.generation === generation) return underWay.principal;
    const principal = load().finally(() => {
      if (this.loads.get(digest)?.principal === principal) this.loads.delete(digest);
    });
    this.loads.set(digest, { generation, principal });
    return principal;
  }

  /** Forgets what an invalidation names; this process's own changes call it without waiting for the channel. */
  invalidate(invalidation: Invalidation | 'everything'): void {
    this.generation++;
    if (invalidation === 'everything') {
      this.principals.clear();
      return;
    }
    for (const key of [...(this.keysByOwner.get(`${invalidation.kind}:${invalidation.id}`) ?? [])]) {
      this.principals.delete(key);
    }
  }

  private link(owner: string, key: string): void {
    const keys = this.keysByOwner.get(owner);
    if (keys) keys.add(key);
    else this.keysByOwner.set(owner, new Set([key]));
  }

  private unlink(principal: Principal, key: string): void {
    for (const owner of owners(principal)) {
      const keys = this.keysByOwner.get(owner);
      keys?.delete(key);
      if (keys?.size === 0) this.keysByOwner.delete(owner);
    }
  }
}

/** What an invalidation may name to mean this principal. */
function owners(principal: Principal): string[] {
  const { credentialId, userId, organizationId, plan, roleId, teamIds = [] } = principal;
  const projectIds = new Set([...(principal.projects?.keys() ?? []), ...(principal.projectIds ?? [])]);
  return [
    `credential:${credentialId}`,
    `user:${userId}`,
    `organization:${organizationId}`,
    `plan:${plan}`,
    ...(roleId === undefined ? [] : [`role:${roleId}`]),
    ...teamIds.map((id) => `team:${id}`),
    ...[...projectIds].map((id) => `project:${id}`),
  ];
}
