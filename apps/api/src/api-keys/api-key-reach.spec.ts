import type { VaultLevel } from '@credvault/access/vault-levels.js';
import { namesMore, type KeyBinding } from './api-key-binding.js';
import { narrow, type BoundReach } from './api-key-reach.js';

const levels = (fields: Record<string, VaultLevel>): Map<string, VaultLevel> =>
  new Map(Object.entries(fields));

function reach(vaults: Record<string, VaultLevel>, projects: Record<string, VaultLevel> = {}): BoundReach {
  return { vaults: levels(vaults), projects: levels(projects) };
}

describe('a key under its owner', () => {
  it('reaches what the owner does when it is bound to nothing', () => {
    const owner = { grants: levels({ a: 'reader' }), projects: levels({}) };
    expect(narrow(owner, undefined, null)).toEqual(owner);
    expect(narrow({}, undefined, null)).toEqual({});
  });

  it('keeps the levels of its owner where it is bound, which needs no list of its own', () => {
    const owner = { grants: levels({ a: 'reader', b: 'manager' }), projects: levels({ p: 'editor' }) };
    expect(narrow(owner, reach({ a: 'manager' }, { p: 'manager' }), ['live'])).toEqual({
      vaultIds: new Set(['a']),
      projectIds: new Set(['p']),
      environments: new Set(['live']),
      grants: owner.grants,
      projects: owner.projects,
    });
  });

  it('has the lower level of both where something is granted to it lower', () => {
    const lowered = reach({ a: 'reader', b: 'manager', c: 'editor' }, { p: 'reader' });
    const owner = { grants: levels({ a: 'manager', b: 'editor' }), projects: levels({}) };
    const { grants, projects } = narrow(owner, lowered, null);
    expect([grants, projects]).toEqual([levels({ a: 'reader', b: 'editor' }), levels({})]);
    const all = narrow({}, lowered, null);
    expect([all.grants, all.projects]).toEqual([lowered.vaults, lowered.projects]);
  });

  it('has no project of an owner who has vaults alone', () => {
    const { projects } = narrow(
      { grants: levels({ a: 'manager' }) },
      reach({ a: 'reader' }, { p: 'manager' }),
      null,
    );
    expect(projects).toEqual(new Map());
  });
});

describe('a change of what a key names', () => {
  const bound: KeyBinding = {
    vaultIds: ['a'],
    projectIds: ['p'],
    environments: ['live', 'test'],
    granted: [],
  };
  const granted = (level: VaultLevel): KeyBinding['granted'] => [{ vaultId: 'v', projectId: null, level }];

  it.each<[string, boolean, Partial<KeyBinding>, Partial<KeyBinding>]>([
    ['nothing', false, {}, {}],
    ['fewer vaults', false, {}, { vaultIds: null }],
    ['another vault', true, {}, { vaultIds: ['a', 'b'] }],
    ['a vault instead of none', true, { vaultIds: null }, { vaultIds: ['a'] }],
    ['no project', false, {}, { projectIds: null, environments: null }],
    ['another project', true, {}, { projectIds: ['p', 'q'] }],
    ['fewer environments', false, {}, { environments: ['test'] }],
    ['another environment', true, {}, { environments: ['live', 'next'] }],
    ['all environments', true, {}, { environments: null }],
    ['some environments instead of all', false, { environments: null }, {}],
    ['no bounds', true, {}, { vaultIds: null, projectIds: null, environments: null }],
    ['a grant', true, {}, { granted: granted('reader') }],
    ['a higher grant', true, { granted: granted('reader') }, { granted: granted('editor') }],
    ['a lower grant', false, { granted: granted('editor') }, { granted: granted('reader') }],
  ])('to %s reaches further: %s', (_what, expected, present, next) => {
    expect(namesMore({ ...bound, ...present }, { ...bound, ...next })).toBe(expected);
  });

  it('never widens a key that is bound to nothing', () => {
    const free: KeyBinding = { vaultIds: null, projectIds: null, environments: null, granted: [] };
    expect([namesMore(free, bound), namesMore(free, free)]).toEqual([false, false]);
  });
});
