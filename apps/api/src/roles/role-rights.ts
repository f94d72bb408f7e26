import type { Actor } from '@credvault/access/actor.js';
import type { MemberRights } from '@credvault/access/member-rights.js';
import type { Rights } from '@credvault/access/rights.js';
import { allScopes, withImplied, type Scope } from '@credvault/access/scopes.js';
import type { RequestedScope } from './role.dto.js';
import type { Role } from './role.entity.js';

/** In the order of the catalogue, with those that are implied; `*` stands for all that the actor has. */
export function scopesOf(requested: readonly RequestedScope[], actor: Actor): Scope[] {
  const named = requested.filter((scope) => scope !== '*');
  const all = withImplied(requested.includes('*') ? [...named, ...actor.scopes] : named);
  return allScopes.filter((scope) => all.has(scope));
}

/** What is granted to somebody, by UUID. */
export type Granted = Pick<MemberRights, 'grants' | 'projects'>;

/** What a role gives to somebody to whom these vaults and projects are granted. */
export function rightsOf(
  { scopes, reachesAllVaults: reachesAll }: { scopes: Iterable<Scope>; reachesAllVaults: boolean },
  { grants = new Map(), projects = new Map() }: Granted = {},
): Rights {
  return reachesAll ? { scopes } : { scopes, grants, projects };
}

/** Whether a role lets its members do more than before. */
export function widens(present: Role, next: Role): boolean {
  const moreScopes = !new Set(next.scopes).isSubsetOf(withImplied(present.scopes));
  return moreScopes || (next.reachesAllVaults && !present.reachesAllVaults);
}

/** Whoever reached every vault could grant themselves any: what they keep is for somebody else to say. */
export function losesReach(present: Role, next: Role): boolean {
  return present.reachesAllVaults && !next.reachesAllVaults;
}
