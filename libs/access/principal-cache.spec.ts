import type { Invalidation } from '@credvault/database/invalidation-channel.js';
import type { Principal } from './actor.js';
import { PrincipalCache } from './principal-cache.js';

type Listener = (invalidation: Invalidation | 'everything') => void;

/** A channel whose health and messages the test decides. */
class Channel {
  healthy = true;
  private readonly listeners: Listener[] = [];

  isHealthy(): boolean {
    return this.healthy;
  }

  onInvalidation(listener: Listener): void {
    this.listeners.push(listener);
  }

  tell(invalidation: Invalidation | 'everything'): void {
    for (const listener of this.listeners) listener(invalidation);
  }
}

function principal(credentialId: string, userId = 'user-1'): Principal {
  return {
    credentialType: 'api_token',
    credentialId,
    userId,
    organizationId: 'organization-1',
    scopes: new Set(),
    isSuperuser: false,
    paused: false,
    plan: 'free',
  };
}

describe('PrincipalCache', () => {
  const channel = new Channel();
  let cache: PrincipalCache;
  let loads = 0;
  const load = (credentialId: string, userId?: string) => async () => {
    loads++;
    return Promise.resolve(principal(credentialId, userId));
  };

  beforeEach(() => {
    channel.healthy = true;
    cache = new PrincipalCache(channel);
    loads = 0;
  });

  it('loads a principal once while the channel is healthy', async () => {
    await cache.get('digest', load('a'));
    await cache.get('digest', load('a'));
    expect(loads).toBe(1);
  });

  it('asks every time while the channel is not healthy, and keeps nothing of it', async () => {
    channel.healthy = false;
    await cache.get('digest', load('a'));
    await cache.get('digest', load('a'));
    expect(loads).toBe(2);
    channel.healthy = true;
    await cache.get('digest', load('a'));
    expect(loads).toBe(3);
  });

  it('does not trust what it kept once the channel is not healthy', async () => {
    await cache.get('digest', load('a'));
    channel.healthy = false;
    await cache.get('digest', load('a'));
    expect(loads).toBe(2);
  });

  it.each([
    ['its credential', { kind: 'credential', id: 'a' }],
    ['its user', { kind: 'user', id: 'user-1' }],
    ['everything', 'everything' as const],
  ])('forgets when told of %s', async (_what, invalidation) => {
    await cache.get('digest', load('a'));
    channel.tell(invalidation);
    await cache.get('digest', load('a'));
    expect(loads).toBe(2);
  });

  it('keeps what an invalidation does not name', async () => {
    await cache.get('digest', load('a'));
    channel.tell({ kind: 'credential', id: 'b' });
    channel.tell({ kind: 'user', id: 'user-2' });
    await cache.get('digest', load('a'));
    expect(loads).toBe(1);
  });

  it('does not keep what was being loaded while an invalidation arrived', async () => {
    const loading = cache.get('digest', async () => {
      channel.tell({ kind: 'credential', id: 'a' });
      return Promise.resolve(principal('a'));
    });
    expect(await loading).toMatchObject({ credentialId: 'a' });
    await cache.get('digest', load('a'));
    expect(loads).toBe(1);
  });

  it('does not remember that there was none', async () => {
    expect(await cache.get('digest', () => Promise.resolve(null))).toBeNull();
    expect(await cache.get('digest', load('a'))).toMatchObject({ credentialId: 'a' });
  });
});
