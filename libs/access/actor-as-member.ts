import type { Actor } from './actor.js';
import type { MemberRights } from './member-rights.js';
import { lowerOf, type VaultLevel } from './vault-levels.js';

type Levels = ReadonlyMap<string, VaultLevel>;

/**
 * An actor with no more rights than a membership gives them.
 *
 * @param rights what they may do as a member, read after a lock; undefined: they are no member any more
 */
export function actorAsMember(actor: Actor, rights: MemberRights | undefined): Actor {
  const scopes = actor.scopes.intersection(rights?.scopes ?? new Set());
  const { grants, projects } = rights ?? { grants: new Map(), projects: new Map() };
  // A bound key may have less of a vault than its owner.
  const narrow = (own: Levels | undefined, given: Levels | undefined): Levels | undefined =>
    actor.vaultIds && own ? lowerOf(own, given) : given;
  return {
    ...actor,
    scopes,
    grants: narrow(actor.grants, grants),
    projects: narrow(actor.projects, projects),
  };
}
