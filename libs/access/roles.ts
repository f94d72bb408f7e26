import { allScopes, withImplied, type Scope } from './scopes.js';

export type Role = 'owner' | 'admin' | 'developer' | 'viewer' | 'auditor' | 'billing';

const readOnly: Scope[] = ['vault:read', 'secret:list', 'key:read', 'project:read', 'organization:read'];

/** What each built-in role may do. A viewer lists and an auditor reads logs and lists; neither reveals a value. */
const roleScopes: Record<Role, ReadonlySet<Scope>> = {
  owner: withImplied(allScopes),
  admin: withImplied(allScopes.filter((scope) => scope !== 'billing:manage')),
  developer: withImplied(
    allScopes.filter(
      (scope) => !['logs:read', 'team:manage', 'settings:modify', 'billing:manage'].includes(scope),
    ),
  ),
  viewer: withImplied(readOnly),
  auditor: withImplied([...readOnly, 'logs:read']),
  billing: withImplied(['organization:read', 'billing:manage']),
};

const noScopes: ReadonlySet<Scope> = new Set();

/** The scopes of a role; a role nobody knows may do nothing. */
export function scopesOfRole(role: string): ReadonlySet<Scope> {
  return Object.hasOwn(roleScopes, role) ? roleScopes[role as Role] : noScopes;
}
