import { jest } from '@jest/globals';
import type { Principal } from './actor.js';
import type { CredentialResolver } from './credential-registry.js';
import { LastUsed, type CredentialUse } from './last-used.js';

const start = new Date('2026-01-01T00:00:00.000Z');

function principal(credentialId: string): Principal {
  return { credentialId, organizationId: 'o', credentialType: 'api_key' } as unknown as Principal;
}

describe('the last use of credentials', () => {
  const saved: CredentialUse[][] = [];
  const resolver = {
    saveLastUsed: (uses: CredentialUse[]) => Promise.resolve(void saved.push(uses)),
  } as unknown as CredentialResolver;
  let lastUsed: LastUsed;

  beforeEach(() => {
    jest.useFakeTimers({ now: start });
    saved.length = 0;
    lastUsed = new LastUsed();
  });

  afterEach(() => jest.useRealTimers());

  /** Seconds after the start of each use that was written, in the order of writing. */
  function secondsSaved(): number[][] {
    return saved.map((uses) => uses.map(({ at }) => (at.getTime() - start.getTime()) / 1_000));
  }

  it('is written soon, and once for many', async () => {
    for (let i = 0; i < 100; i += 1) lastUsed.touch(resolver, principal('a'));
    lastUsed.touch(resolver, principal('b'));
    await jest.advanceTimersByTimeAsync(3_000);
    expect(secondsSaved()).toEqual([[0, 0]]);
  });

  it('is written at most once a minute, and what came within it at its end', async () => {
    for (const second of [0, 10, 20, 50, 70, 90]) {
      await jest.advanceTimersByTimeAsync(start.getTime() + second * 1_000 - Date.now());
      lastUsed.touch(resolver, principal('a'));
    }
    await jest.advanceTimersByTimeAsync(180_000);
    expect(secondsSaved()).toEqual([[0], [50], [90]]);
  });

  it('is written at shutdown, however soon after the last time', async () => {
    lastUsed.touch(resolver, principal('a'));
    await jest.advanceTimersByTimeAsync(3_000);
    lastUsed.touch(resolver, principal('a'));
    await lastUsed.flush();
    expect(secondsSaved()).toEqual([[0], [3]]);
  });

  it('needs no timer when nothing is used any more', async () => {
    lastUsed.touch(resolver, principal('a'));
    await jest.advanceTimersByTimeAsync(180_000);
    expect(jest.getTimerCount()).toBe(0);
  });
});
