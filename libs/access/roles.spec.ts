import { isReservedRoleName, scopesOfRole } from './roles.js';
import { allScopes, scopeCatalogue, withImplied } from './scopes.js';

describe('roles', () => {
  it('let an owner do everything', () => {
    expect([...scopesOfRole('owner')].sort()).toEqual([...allScopes].sort());
  });

  it.each(['viewer', 'auditor', 'billing'])('let a %s reveal and change nothing', (role) => {
    const scopes = scopesOfRole(role);
    expect(scopes.has('secret:read')).toBe(false);
    expect([...scopes].filter((scope) => scopeCatalogue[scope].group === 'Write')).toEqual([]);
  });

  it('let viewer and auditor list, and only the auditor read the trail', () => {
    expect(scopesOfRole('viewer').has('secret:list')).toBe(true);
    expect(scopesOfRole('auditor').has('secret:list')).toBe(true);
    expect(scopesOfRole('viewer').has('logs:read')).toBe(false);
    expect(scopesOfRole('auditor').has('logs:read')).toBe(true);
  });

  it.each(['nobody', '', 'constructor', '__proto__'])('let the unknown role "%s" do nothing', (role) => {
    expect(scopesOfRole(role).size).toBe(0);
  });
});

describe('the name of a custom role', () => {
  it.each(['owner', 'OWNER', 'Admin', 'ｏｗｎｅｒ', 'custom', 'Org_Admin', 'project_member'])(
    'is not %s',
    (name) => {
      expect(isReservedRoleName(name)).toBe(true);
    },
  );

  it.each(['owners', 'Co-owner', 'org admin', 'customer', 'constructor', '__proto__'])(
    'may be %s',
    (name) => {
      expect(isReservedRoleName(name)).toBe(false);
    },
  );
});

describe('withImplied', () => {
  it('adds what a scope implies, and nothing to one that implies nothing', () => {
    expect([...withImplied(['secret:read'])].sort()).toEqual(['secret:list', 'secret:read']);
    expect([...withImplied(['secret:write'])]).toEqual(['secret:write']);
  });
});
