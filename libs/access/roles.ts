import { allScopes, withImplied, type Scope } from './scopes.js';

/** The built-in roles, from the most to the least. */
export const builtInRoles = ['owner', 'admin', 'developer', 'viewer', 'auditor', 'billing'] as const;

export type Role = (typeof builtInRoles)[number];

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

/** What each built-in role is for, in a sentence. */
export const roleDescriptions: Record<Role, string> = {
  owner: 'Does everything, the subscription included. An organization has at least one.',
  admin: 'Does everything but the subscription.',
  developer: 'Works with the vaults that are granted, and makes vaults and API keys.',
  viewer: 'Sees the vaults that are granted and the names in them, never a value.',
  auditor: 'Sees what a viewer sees, and the audit trail of the whole organization.',
  billing: 'Sees the organization and changes its subscription.',
};

/** The built-in roles that reach every vault; the statement in `member-rights.ts` names the same ones. */
const farReaching: readonly string[] = ['owner', 'admin'] satisfies Role[];

const noScopes: ReadonlySet<Scope> = new Set();

/** Whether a text names a built-in role. */
export function isBuiltInRole(text: string): text is Role {
  return Object.hasOwn(roleScopes, text);
}

/**
 * Names of roles that no organization gives its own: `custom`, which memberships say instead of a name, and the roles of the
 * cloud-style API.
 */
const furtherNames = ['custom', 'org_admin', 'org_member', 'project_admin', 'project_member'];

/**
 * Whether a custom role of this name would be taken for another one: in any case, and in characters that stand for the same ones, such
 * as fullwidth letters (NFKC, UAX #15).
 */
export function isReservedRoleName(name: string): boolean {
  const folded = name.normalize('NFKC').toLowerCase();
  return isBuiltInRole(folded) || furtherNames.includes(folded);
}

/** The scopes of a role; a role nobody knows may do nothing. */
export function scopesOfRole(role: string): ReadonlySet<Scope> {
  return isBuiltInRole(role) ? roleScopes[role] : noScopes;
}

/** Whether members with this built-in role reach every vault of the organization, granted or not. */
export function reachesAllVaults(role: string): boolean {
  return farReaching.includes(role);
}
