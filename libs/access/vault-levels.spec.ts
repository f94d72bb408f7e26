import { allScopes } from './scopes.js';
import {
  knownVaults,
  levelAllows,
  levelFor,
  levelOfRank,
  rankOf,
  reachInto,
  vaultLevels,
} from './vault-levels.js';

describe('levels of a grant', () => {
  it('each allow what the one below does, and more', () => {
    const allowed = vaultLevels.map((level) => allScopes.filter((scope) => levelAllows(level, scope)));
    expect(allowed).toEqual([
      ['vault:read', 'secret:list', 'secret:read'],
      ['vault:read', 'secret:list', 'secret:read', 'secret:write'],
      ['vault:read', 'secret:list', 'secret:read', 'vault:write', 'secret:write'],
    ]);
  });

  it('name the least that allows something, and none for what is no matter of vaults', () => {
    expect(levelFor('secret:read')).toBe('reader');
    expect(levelFor('secret:write')).toBe('editor');
    expect(levelFor('vault:write')).toBe('manager');
    expect(levelFor('team:manage')).toBeUndefined();
  });

  it('are kept as numbers from 1, and no other number is one', () => {
    expect(vaultLevels.map(rankOf)).toEqual([1, 2, 3]);
    expect(vaultLevels.map((level) => levelOfRank(rankOf(level)))).toEqual([...vaultLevels]);
    for (const rank of [0, 4, -1, Number.NaN]) expect(() => levelOfRank(rank)).toThrow('no level');
  });
});

describe('the reach of a principal', () => {
  const grants = new Map([
    ['a', 'reader'],
    ['b', 'manager'],
  ] as const);
  const vaultIds = new Set(['b', 'c']);

  it('is everything when neither grants nor the credential narrow it', () => {
    expect(reachInto({}, 'a')).toBe('manager');
    expect(knownVaults({})).toBeUndefined();
  });

  it('is what is granted', () => {
    expect(['a', 'b', 'c'].map((id) => reachInto({ grants }, id))).toEqual(['reader', 'manager', undefined]);
    expect([...(knownVaults({ grants }) ?? [])]).toEqual(['a', 'b']);
  });

  it('is what the credential is for', () => {
    expect(['a', 'b', 'c'].map((id) => reachInto({ vaultIds }, id))).toEqual([
      undefined,
      'manager',
      'manager',
    ]);
    expect([...(knownVaults({ vaultIds }) ?? [])]).toEqual(['b', 'c']);
  });

  it('is both at once: a key never reaches further than its owner', () => {
    const reach = ['a', 'b', 'c'].map((id) => reachInto({ grants, vaultIds }, id));
    expect(reach).toEqual([undefined, 'manager', undefined]);
    expect([...(knownVaults({ grants, vaultIds }) ?? [])]).toEqual(['b']);
  });
});
