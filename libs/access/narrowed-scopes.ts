import type { Principal } from './actor.js';
import type { Scope } from './scopes.js';

/**
 * The scopes that give a credential bound to vaults or projects less than they give a member, with what is missing. All others say
 * the same of both: what they do is done to vaults that one reaches, or to the organization.
 */
export const narrowedScopes = {
  'logs:read': 'A bound key reads the records of its vaults; a member reads the whole trail.',
  'vault:write':
    'A bound key changes its vaults and makes them in its projects; a member makes them anywhere.',
  'project:write': 'A bound key changes its projects; a member makes new ones.',
  'settings:modify':
    'A bound key makes settings stricter; a member loosens them, in person or by a key that is not bound.',
} as const satisfies Partial<Record<Scope, string>>;

/** The scopes that an actor has as a member has them, so that they can give them to one. */
export function scopesAsMember({
  scopes,
  vaultIds,
}: Pick<Principal, 'scopes' | 'vaultIds'>): ReadonlySet<Scope> {
  return vaultIds ? new Set([...scopes].filter((scope) => !Object.hasOwn(narrowedScopes, scope))) : scopes;
}
